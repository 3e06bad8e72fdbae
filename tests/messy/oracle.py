"""What the parts that stand on paper determine: counted over the whole stock, independently of the linker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.messy.faults import GENERIC
from tests.messy.stock import Stock

FIELDS = ("community", "road", "compound", "compound_start", "building", "unit", "room")


@dataclass(frozen=True, slots=True)
class Place:
    """A dwelling's parts in words, as the oracle compares them."""

    community: str
    road: str
    compound: str
    compound_start: str
    building: str
    unit: str
    room: str


def core(name: str) -> str:
    """A compound's name without its general word: 海景花园 → 海景."""
    return next((name.removesuffix(w) for w in GENERIC if name.endswith(w) and len(name) - len(w) >= 2), name)


def bare(number: str) -> str:
    """3号楼 → 3, A座 → A, 31号 → 31."""
    return number.removesuffix("号楼").removesuffix("座").removesuffix("号")


@dataclass(slots=True)
class Oracle:
    """Counts which buildings and dwellings any set of known parts leaves."""

    stock: Stock
    places: list[Place] = field(default_factory=list)
    _groups: dict[tuple[str, ...], dict[tuple[str, ...], tuple[set[int], list[int]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stock = self.stock
        names = [compound or name for compound, name in zip(stock.compound, stock.name, strict=True)]
        roads = [road + number if road else "" for road, number in zip(stock.road, stock.road_no, strict=True)]
        self.places = [
            Place(
                stock.community[at], roads[at], names[at], core(names[at]), bare(stock.number[at]), unit, room
            )
            for at, unit, room in zip(stock.building.tolist(), stock.unit, stock.room, strict=True)
        ]  # fmt: skip

    def left(self, known: Mapping[str, str]) -> tuple[int, int]:
        """The one building and the one dwelling that the known parts leave, -1 where there are several or none."""
        buildings, dwellings = self.all_left(known)
        return (
            next(iter(buildings)) if len(buildings) == 1 else -1,
            dwellings[0] if len(dwellings) == 1 and "room" in known else -1,
        )

    def all_left(self, known: Mapping[str, str]) -> tuple[set[int], list[int]]:
        """Every building and every dwelling that the known parts leave."""
        pattern = tuple(name for name in FIELDS if name in known)
        if pattern not in self._groups:
            groups: dict[tuple[str, ...], tuple[set[int], list[int]]] = {}
            columns = [[getattr(place, name) for place in self.places] for name in pattern]
            parts = zip(*columns, strict=True) if columns else [()] * len(self.places)
            for at, (key, building) in enumerate(zip(parts, self.stock.building.tolist(), strict=True)):
                found = groups.setdefault(key, (set(), []))
                found[0].add(building)
                found[1].append(at)
            self._groups[pattern] = groups
        return self._groups[pattern].get(tuple(known[name] for name in pattern), (set(), []))
