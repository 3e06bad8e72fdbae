"""The known stock that a messy register is written from: what stands where, under which names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geodata.city import make_city
from gridmap.linking.index import Buildings, DwellingIndex, Dwellings

_WORDS = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
OLD_COMPOUNDS: list[str] = _WORDS["old_compounds"]
OLD_ROADS: list[str] = _WORDS["old_roads"]
LEVELS = ("province", "city", "district", "street")
SIDES = ("东", "西", "中")


@dataclass(frozen=True, slots=True)
class Stock:
    """Parallel columns of buildings and dwellings; ``building`` of a dwelling is a position among the buildings.

    ``aliases`` by kind: other name → official name. ``admin``: province, city, district, street.
    """

    admin: tuple[str, ...]
    community: list[str]
    compound: list[str]
    number: list[str]
    name: list[str]
    road: list[str]
    road_no: list[str]
    building: npt.NDArray[np.int64]
    unit: list[str]
    room: list[str]
    aliases: dict[str, dict[str, str]]

    def index(self) -> DwellingIndex:
        """What the linker is given: the stock and its aliases."""
        empty = [""] * len(self.community)
        return DwellingIndex.build(
            Buildings(
                [f"{name}社区居民委员会" for name in self.community],
                self.compound,
                self.number,
                self.name,
                self.road,
                self.road_no,
                empty,
            ),
            Dwellings(self.building, self.unit, self.room, [""] * len(self.unit)),
            aliases=self.aliases,
            admin={level: [name] for level, name in zip(LEVELS, self.admin, strict=True)},
        )


def make_stock(seed: int = 29) -> Stock:
    """The synthetic street, with what it lacks added: lettered blocks, rooms by side, single houses at a road."""
    city = make_city("street", seed=seed)
    random = np.random.default_rng(seed)
    frame = city.buildings
    codes = dict(zip(city.communities["code"], city.communities["name"], strict=True))
    short = [_short(codes.get(cell[:12], "")) for cell in frame["cell"]]
    names = [*city.compounds["name"], ""]
    compound = [names[position] for position in frame["compound"]]
    number = frame["number"].tolist()
    road, road_no = frame["road"].tolist(), frame["road_no"].tolist()
    taken: dict[tuple[str, str], int] = {}
    for key in zip(road, road_no, strict=True):
        taken[key] = taken.get(key, 0) + 1
    building_names = [""] * len(number)
    kinds = frame["kind"].tolist()
    lettered = {place for place in set(frame["compound"]) if place >= 0 and random.random() < 0.1}
    sided = {place for place in range(len(number)) if kinds[place] == "slab" and random.random() < 0.05}
    for place, at in enumerate(frame["compound"]):
        if at in lettered and number[place].endswith("号楼") and int(number[place][:-2]) <= 20:
            number[place] = f"{chr(64 + int(number[place][:-2]))}座"
        alone = road[place] and taken[road[place], road_no[place]] == 1
        if alone and kinds[place] in ("slab", "tower") and random.random() < 0.5:
            building_names[place] = f"{compound[place][:2]}大楼" if random.random() < 0.3 else ""
            compound[place] = number[place] = ""
    building = city.dwellings["building"].to_numpy()
    of_unit = city.units["number"].to_list()
    units_in = np.bincount(city.units["building"].to_numpy(), minlength=len(number))
    unit = [
        "" if units_in[at] == 1 else of_unit[u]
        for at, u in zip(building.tolist(), city.dwellings["unit"].to_list(), strict=True)
    ]
    room = [
        _sided(text) if at in sided else text
        for at, text in zip(building.tolist(), city.dwellings["room"].to_list(), strict=True)
    ]
    return Stock(
        ("海南省", "海口市", "美兰区", "海府路街道"),
        short, compound, number, building_names, road, road_no, building, unit, room,
        _aliases(sorted(set(compound) - {""}), sorted(set(road) - {""}), random),
    )  # fmt: skip


def _short(name: str) -> str:
    return name.removesuffix("居民委员会").removesuffix("社区")


def _sided(room: str) -> str:
    """The second flat of the fifth floor: 502 → 5楼西户; from the fourth on the number stays."""
    floor, flat = int(room[:-2]), int(room[-2:])
    return f"{floor}楼{SIDES[flat - 1]}户" if flat <= len(SIDES) else room


def _aliases(compounds: list[str], roads: list[str], random: np.random.Generator) -> dict[str, dict[str, str]]:
    chosen = random.choice(len(compounds), min(len(OLD_COMPOUNDS), len(compounds)), replace=False)
    olds = dict(zip(OLD_COMPOUNDS, (compounds[at] for at in chosen.tolist()), strict=False))
    at_roads = random.choice(len(roads), min(len(OLD_ROADS), len(roads)), replace=False)
    return {
        "compound": olds,
        "road": dict(zip(OLD_ROADS, (roads[at] for at in at_roads.tolist()), strict=False)),
    }
