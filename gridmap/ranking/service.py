"""Rank the areas below an area, issue a ranking, and compare what was issued with what is counted now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from gridmap.access.policy import Action
from gridmap.access.scope import require_area, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.areas.service import find_area, levels
from gridmap.audit import service as audit
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.indicators.service import Figures
from gridmap.indicators.tree import CELL
from gridmap.ranking.models import IssuedRanking
from gridmap.ranking.rules import Measured, Period, Scheme, Standing, period_before, period_of, rank_areas, schemes
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Order:
    """What is ranked: the areas of a level below an area, over the calendar period that ``day`` lies in. The figures
    are those of the last day of the period, or of ``day`` where the period has not ended."""

    area: str
    level: str
    period: Period
    day: date
    scheme: str = "upkeep"


@dataclass(frozen=True)
class Ranking:
    """A ranking of a period. ``before`` holds the rank of each code in the period before."""

    area: AreaNode
    scheme: Scheme
    level: str
    period: Period
    start: date
    end: date
    as_of: date
    standings: tuple[Standing, ...]
    before: dict[str, int | None]

    def change(self, standing: Standing) -> int | None:
        """Places won (above 0) or lost since the period before."""
        earlier = self.before.get(standing.code)
        return None if earlier is None or standing.rank is None else earlier - standing.rank

    @property
    def ranked(self) -> tuple[Standing, ...]:
        """The areas that have a rank."""
        return tuple(one for one in self.standings if one.rank is not None)

    @property
    def first(self) -> tuple[Standing, ...]:
        """The first areas, as many as the scheme names; ties at the end are all named."""
        return tuple(one for one in self.ranked if (one.rank or 0) <= self.scheme.top)

    @property
    def last(self) -> tuple[Standing, ...]:
        """The last areas, as many as the scheme names, none that is among the first."""
        rest = self.ranked[len(self.first) :]
        return rest[-self.scheme.bottom :] if rest else ()


def rank(unit: UnitOfWork, actor: Actor, figures: Figures, order: Order) -> Ranking:
    """Rank areas; the reading is logged. Call it in a unit of work that writes.

    Raises:
        InvalidInputError: no such scheme or level, or a level with persons or nothing in it.
        PermissionDeniedError, NotFoundError, AreaNotFoundError: as for figures.
    """
    node, scheme = _allowed(unit, actor, order), _scheme(order.scheme)
    start, end = period_of(order.period, order.day)
    as_of = min(end, local_today(unit))
    standings = rank_areas(scheme, _measured(figures, scheme, node, order.level, as_of))
    if not standings:
        raise InvalidInputError(field="Level", reason="there is no area of this level there")
    earlier = rank_areas(scheme, _measured(figures, scheme, node, order.level, period_before(start, order.period)[1]))
    audit.record(
        unit,
        actor,
        "ranking.read",
        region=node.region or audit.INSTALLATION_REGION,
        details={"area": node.code, "level": order.level, "scheme": scheme.id, "from": start, "to": end},
    )
    before = {one.code: one.rank for one in earlier}
    return Ranking(node, scheme, order.level, order.period, start, end, as_of, tuple(standings), before)


def issue(unit: UnitOfWork, actor: Actor, ranking: Ranking) -> UUID:
    """Keep a ranking as it stands, so that it can be shown later as it was issued.

    Raises:
        PermissionDeniedError, NotFoundError: the actor may not report for the area.
        InvalidInputError: the period has not ended.
    """
    require_area(unit, actor, Action.REPORT_READ, ranking.area.id)
    if ranking.end >= local_today(unit):
        raise InvalidInputError(field="Period", reason="it has not ended yet")
    row = IssuedRanking(
        area_id=ranking.area.id,
        scheme=ranking.scheme.id,
        level=ranking.level,
        period=ranking.period.value,
        period_start=ranking.start,
        period_end=ranking.end,
        content=json.dumps(_content(ranking), ensure_ascii=False),
        issued_at=unit.now,
        issued_by=actor.user_id,
    )
    unit.session.add(row)
    unit.session.flush()
    audit.record(
        unit,
        actor,
        "ranking.issue",
        region=ranking.area.region or audit.INSTALLATION_REGION,
        details={"area": ranking.area.code, "ranking": str(row.id), "to": ranking.end},
    )
    return row.id


@dataclass(frozen=True, slots=True)
class Restated:
    """An area whose place in an issued ranking would be another today."""

    code: str
    name: str
    issued: tuple[int | None, str | None]
    now: tuple[int | None, str | None]


@dataclass(frozen=True)
class Issued:
    """A ranking as it was issued (rows: rank, code, name, score), and what counting it again today changes."""

    id: UUID
    issued_at: datetime
    order: Order
    rows: tuple[dict[str, Any], ...]
    restated: tuple[Restated, ...]


def issued_rankings(unit: UnitOfWork, actor: Actor) -> Sequence[IssuedRanking]:
    """The rankings issued for areas that the actor may see, the newest first."""
    scope = scope_of(actor, Action.REPORT_READ)
    query = sa.select(IssuedRanking).order_by(IssuedRanking.issued_at.desc())
    found = unit.session.scalars(query).all()
    if scope.everywhere:
        return found
    allowed = scope.area_ids(unit)
    return [row for row in found if row.area_id in allowed]


def compare_issued(unit: UnitOfWork, actor: Actor, figures: Figures, ranking_id: UUID) -> Issued:
    """An issued ranking beside what the same period gives now: late records may have restated it.

    Raises:
        NotFoundError, PermissionDeniedError.
    """
    row = unit.session.get(IssuedRanking, ranking_id)
    if row is None or row not in issued_rankings(unit, actor):
        raise NotFoundError
    content = json.loads(row.content)
    order = Order(content["area"], row.level, Period(row.period), row.period_start, row.scheme)
    today = {one.code: one for one in rank(unit, actor, figures, order).standings}
    restated = []
    for line in content["standings"]:
        now = today.get(line["code"])
        told = (now.rank, _text(now.score)) if now else (None, None)
        if told != (line["rank"], line["score"]):
            restated.append(Restated(line["code"], line["name"], (line["rank"], line["score"]), told))
    return Issued(row.id, row.issued_at, order, tuple(content["standings"]), tuple(restated))


def _allowed(unit: UnitOfWork, actor: Actor, order: Order) -> AreaNode:
    node = find_area(unit, order.area)
    require_area(unit, actor, Action.STATISTICS_READ, node.id)
    if order.level not in levels().names:
        raise InvalidInputError(field="Level", reason=" | ".join(levels().names))
    return node


def _scheme(name: str) -> Scheme:
    found = schemes().get(name)
    if found is None:
        raise InvalidInputError(field="Scheme", reason=" | ".join(schemes()))
    return found


def _measured(
    figures: Figures, scheme: Scheme, node: AreaNode, level: str, as_of: date
) -> list[tuple[str, str, tuple[Measured, ...]]]:
    """What each criterion finds in the areas of a level below an area; dedicated cells are not ranked."""
    table = figures.table(as_of)
    tree = table.occupancy.snapshot.areas
    inside = tree.below(tree.positions[node.id])
    chosen = table.at_level(level)
    rows = [
        row
        for row, position in enumerate(chosen.rows.tolist())
        if inside[position] and not (level == CELL and tree.kinds[position] == "dedicated")
    ]
    columns = [figures.registry.values(chosen, criterion.indicator) for criterion in scheme.criteria]
    found = []
    for row in rows:
        position = int(chosen.rows[row])
        values = [column.row(row) for column in columns]
        measured = tuple(
            Measured(value.value, int(value.numerator), int(np.nan_to_num(value.denominator or 0))) for value in values
        )
        found.append((tree.codes[position], tree.names[position], measured))
    return found


def _content(ranking: Ranking) -> dict[str, Any]:
    return {
        "area": ranking.area.code,
        "as_of": ranking.as_of.isoformat(),
        "formula": [
            {
                "indicator": one.indicator,
                "floor": one.floor,
                "target": one.target,
                "weight": one.weight,
                "minimum": one.minimum,
            }
            for one in ranking.scheme.criteria
        ],
        "standings": [
            {
                "rank": one.rank,
                "code": one.code,
                "name": one.name,
                "score": _text(one.score),
                "points": [_text(points) for points in one.points],
                "n": [found.numerator for found in one.measured],
                "N": [found.denominator for found in one.measured],
                "change": ranking.change(one),
            }
            for one in ranking.standings
        ],
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:.2f}"
