"""The indicators of a period for one area: what was reported, what the register saw, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from geodata.errors import Phrase
from gridmap.access.policy import Action
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.audit import service as audit
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.indicators.periods import (
    PeriodValue,
    days_of,
    period_indicators,
    period_values,
    register_columns,
    reported_columns,
)
from gridmap.indicators.service import Figures
from gridmap.reports.registry import permitted_area
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """An area and a period, both days included. ``figures`` are what the values are made of, by name; a figure that
    was not reported is missing."""

    area: AreaNode
    start: date
    end: date
    values: tuple[PeriodValue, ...]
    figures: Mapping[str, float]

    @property
    def days(self) -> int:
        """The length of the period."""
        return days_of(self.start, self.end)

    def value(self, indicator_id: str) -> PeriodValue:
        """One value by the id of its indicator."""
        return next(value for value in self.values if value.indicator.id == indicator_id)


def read_period(
    unit: UnitOfWork, actor: Actor, figures: Figures, area: str | UUID, start: date, end: date
) -> PeriodFigures:
    """The indicators of a period for an area that the actor may see; the reading is logged.

    Args:
        unit: must be writing, for the log.

    Raises:
        InvalidInputError: the period ends before it begins, or has not ended yet.
        PermissionDeniedError, NotFoundError, AreaNotFoundError, AreaAmbiguousError: as for reports.
    """
    if start > end:
        raise InvalidInputError(
            field="Period",
            reason=Phrase("it ends on {end}, before it begins on {start}", {"start": start, "end": end}),
        )
    if end > local_today(unit):
        raise InvalidInputError(field="Period", reason=Phrase("{day} lies in the future", {"day": end.isoformat()}))
    node = permitted_area(unit, actor, area, end, Action.STATISTICS_READ)
    # The register is counted at the end of a day: the period opens with the evening before it.
    flows = figures.flows(start - timedelta(days=1), end)
    position = flows.snapshot.areas.positions.get(node.id)
    if position is None:
        raise NotFoundError
    columns = dict(reported_columns(unit, [node.id], start, end)) | dict(register_columns(flows, [position]))
    days = days_of(start, end)
    audit.record(
        unit,
        actor,
        Action.STATISTICS_READ.value,
        region=node.region or audit.INSTALLATION_REGION,
        details={"area": node.code, "from": start.isoformat(), "to": end.isoformat()},
    )
    return PeriodFigures(
        node,
        start,
        end,
        tuple(period_values(columns, days, name)[0] for name in period_indicators()),
        {name: float(values[0]) for name, values in columns.items() if values[0] == values[0]},
    )
