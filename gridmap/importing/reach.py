"""Whose records an import may touch: not those of persons whom somebody else is responsible for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl

from gridmap.access.scope import Scope
from gridmap.areas import repository as areas
from gridmap.areas.node import AreaNode
from gridmap.residents.repository import visible_persons
from gridmap.store.store import UnitOfWork

_CHUNK = 500
"""Persons asked for at once; databases take only so many values in one query."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The scope of whoever hands in, as of a day; ``whole``: it holds all persons that the file can mean."""

    scope: Scope
    today: date
    whole: bool

    def beyond(self, unit: UnitOfWork, known: pl.DataFrame) -> pl.Series:
        """The rows (``at``) of known persons (``at``, ``person_id``, ``region``) whose latest residence lies outside
        the scope."""
        return known["at"].head(0) if self.whole else self.outside(unit, known)

    def outside(self, unit: UnitOfWork, known: pl.DataFrame) -> pl.Series:
        """Like `beyond`, for persons of any region."""
        if self.scope.everywhere:
            return known["at"].head(0)
        within: list[tuple[int, bytes]] = []
        for region in known["region"].unique().to_list():
            ids = known.filter(pl.col("region") == region)["person_id"].to_list()
            for start in range(0, len(ids), _CHUNK):
                persons = [UUID(bytes=key) for key in ids[start : start + _CHUNK]]
                seen = visible_persons(unit, region, persons, self.scope, self.today)
                within += [(region, person.bytes) for person in seen]
        columns = [("region", known.schema["region"]), ("person_id", pl.Binary())]
        mine = pl.DataFrame(within, schema=columns, orient="row")
        return known.join(mine, on=["region", "person_id"], how="anti")["at"]


def reach_of(unit: UnitOfWork, scope: Scope, under: AreaNode, today: date) -> Reach:
    """How far an import for an area reaches: rows are matched with the persons of its whole street, and of every
    street below it."""
    street = next((node for node in areas.ancestors(unit, under.id) if node.region is not None), None)
    return Reach(scope, today, scope.everywhere or street is None or street.id in scope.area_ids(unit))
