"""Where buildings and dwellings lie at a date, and what is known of a dwelling: shared by lists of rooms and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from gridmap.buildings.models import Building, Compound, Dwelling, Unit
from gridmap.buildings.service import building_name
from gridmap.forms.areas import name_at
from gridmap.forms.filling import Given
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.occupancy import NEVER
from gridmap.indicators.tree import CELL, NOWHERE
from gridmap.indicators.words import STATE_WORDS, Tenure
from gridmap.reports.places import Names
from gridmap.store.types import from_day

STATES: Final = {
    "registered": "Registered",
    "floating": "Floating",
    "let": "Let",
    "several": "Several households",
    "vacant": "Vacant",
    "unverified": "Unverified",
}
TENURES: Final = {Tenure.LET.value: "Let", Tenure.OWNER.value: "Owner-occupied", Tenure.VACANT.value: "Vacant"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A room as it is recorded; all but the building may be unknown."""

    building: Building | None
    compound: Compound | None
    staircase: Unit | None
    dwelling: Dwelling | None

    def value(self, key: str) -> Given:
        """What is recorded of it."""
        match key:
            case "compound":
                return self.compound.name if self.compound else None
            case "building":
                return None if self.building is None else self.building.number or self.building.name
            case "unit":
                return self.staircase.name if self.staircase else None
            case "floor":
                return self.dwelling.floor if self.dwelling else None
            case "room":
                return self.dwelling.room if self.dwelling else None
        return self.address()

    def address(self) -> str | None:
        """The building with the room."""
        if self.building is None:
            return None
        parts = [self.staircase.name if self.staircase else "", self.dwelling.room if self.dwelling else ""]
        return f"{building_name(self.building, self.compound)} {'-'.join(part for part in parts if part)}".strip()


@dataclass(frozen=True)
class Ground:
    """The area table of a date with the names of its areas."""

    table: AreaTable
    names: Names

    def place_of(self, region: int, building_id: UUID | None) -> int:
        """The area a building counts in, by position; -1 for none."""
        occupancy = self.table.occupancy
        position = occupancy.snapshot.buildings.positions.get((region, building_id)) if building_id else None
        return NOWHERE if position is None else int(occupancy.snapshot.places(occupancy.divided_on)[0][position])

    def dwelling_at(self, region: int, building_id: UUID | None, dwelling_id: UUID | None) -> int | None:
        """The position of a dwelling."""
        snapshot = self.table.occupancy.snapshot
        building = snapshot.buildings.positions.get((region, building_id)) if building_id and dwelling_id else None
        if building is None or dwelling_id is None:
            return None
        first, last = snapshot.dwellings.first[building : building + 2].tolist()
        found = np.flatnonzero(snapshot.dwellings.ids[first:last] == np.bytes_(dwelling_id.bytes))
        return first + int(found[0]) if len(found) else None

    def area(self, place: int, key: str) -> Given:
        """The name (or code) of the area of a level that a place lies in."""
        if place == NOWHERE:
            return None
        if key == "cell_code":
            tree = self.names.tree
            return tree.codes[place] if tree.levels[place] == CELL else None
        return name_at(self.names.tree, self.names, place, key)

    def dwelling(self, index: int, key: str) -> Given:
        """What is counted of a dwelling by its position: people, households, tenure, state, the last visit."""
        occupancy, words = self.table.occupancy, self.names.words
        match key:
            case "people":
                return int(occupancy.people[index])
            case "households":
                return int(occupancy.households[index])
            case "tenure":
                word = TENURES.get(int(occupancy.tenure[index]))
                return words.gettext(word) if word else None
            case "verified_on":
                day = int(occupancy.visited[index])
                return None if day == NEVER else from_day(day)
        state = occupancy.states(self.table.terms.unverified_days)[index]
        return words.gettext(STATES[STATE_WORDS[int(state)]])
