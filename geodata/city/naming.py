"""Names and codes of areas, roads, compounds and buildings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city.build import Plot, StreetDraft
from geodata.city.layout import Draft
from geodata.city.mesh import Floats, Mesh, Road
from geodata.city.profiles import Names, Profile

NUMERALS = "一二三四五六七八九十"
BAND_M = 150.0


@dataclass(frozen=True, slots=True)
class StreetCode:
    """A street's place in the hierarchy."""

    code: str
    name: str
    district: str


def chinese_number(value: int) -> str:
    """A whole number below 100 in Chinese numerals."""
    tens, ones = divmod(value, 10)
    head = ("" if tens == 1 else NUMERALS[tens - 1]) + "十" if tens else ""
    return head + (NUMERALS[ones - 1] if ones else "")


def street_codes(names: Names, profile: Profile) -> list[StreetCode]:
    """Codes and names of all streets: the real pilot alone, invented ones in larger sizes."""
    count = profile.streets[0] * profile.streets[1]
    if count == 1:
        return [StreetCode(names.pilot["code"], names.pilot["name"], names.pilot["levels"][-1][0])]
    invented = names.invented
    first, second = invented["street_first"], invented["street_second"]
    per_district = -(-count // (1 if count <= 16 else len(invented["districts"])))
    found = []
    for index in range(count):
        district = invented["districts"][index // per_district][0]
        # One first character a row of names, the second moving on by its own step: no two streets share a name.
        name = first[index % len(first)] + second[(index // len(first) + index) % len(second)]
        found.append(
            StreetCode(f"{district}{index % per_district + 1:03d}", name + invented["street_suffix"], district)
        )
    return found


def community_names(names: Names, profile: Profile, street: int) -> list[str]:
    """Names of a street's communities, unique within it."""
    if profile.communities:
        return list(profile.communities)
    first, second = names.invented["community_first"], names.invented["community_second"]
    return [
        first[(street * 7 + index) % len(first)] + second[(street * 5 + index * 3) % len(second)]
        for index in range(len(profile.cells))
    ]


def reading_order(centres: Floats) -> npt.NDArray[np.int64]:
    """Order places from west to east in bands from north to south (DB11/T 2157-2023's numbering of cells)."""
    band = np.floor((centres[:, 1].max() - centres[:, 1]) / BAND_M)
    return np.lexsort((centres[:, 0], band))


def _word_pairs(names: Names) -> Iterator[str]:
    first, second = names.invented["street_first"], names.invented["street_second"]
    for suffix in ("路", "街", "横路"):
        for step in range(len(second)):
            for index, word in enumerate(first):
                yield word + second[(index + step) % len(second)] + suffix


def name_roads(mesh: Mesh, roads: list[Road], names: Names, rotation: int) -> None:
    """Name the roads of a street; a road that runs on beyond a junction keeps its name."""
    order = sorted(range(len(roads)), key=lambda i: ("primary", "secondary", "branch", "lane").index(roads[i].kind))
    pools = {kind: _rotated(names.roads[kind], rotation) for kind in ("primary", "secondary", "branch")}
    spare = _word_pairs(names)
    used: set[str] = set()
    for index in order:
        road = roads[index]
        if road.kind == "lane" or road.name:
            continue
        road.name = _continued(mesh, road, [roads[i] for i in order]) or _fresh(pools[road.kind], spare, used)
        used.add(road.name)


def _rotated(pool: list[str], by: int) -> list[str]:
    return pool[by % len(pool) :] + pool[: by % len(pool)]


def _fresh(pool: list[str], spare: Iterator[str], used: set[str]) -> str:
    name = next((word for word in pool if word not in used), None)
    while name is None or name in used:
        name = next(spare)
    return name


def _continued(mesh: Mesh, road: Road, others: list[Road]) -> str:
    """The name of a road of the same class that ends where this one starts and runs on straight."""
    xy = mesh.coordinates(road.line)
    for end, inner in ((0, 1), (-1, -2)):
        heading = xy[inner] - xy[end]
        for other in others:
            if not other.name or other.kind != road.kind or road.line[end] not in (other.line[0], other.line[-1]):
                continue
            back = mesh.coordinates(other.line if other.line[0] == road.line[end] else other.line[::-1])
            ahead = back[1] - back[0]
            cosine = float(heading @ ahead) / float(np.sqrt((heading @ heading) * (ahead @ ahead)))
            if cosine < -0.9:
                return other.name
    return ""


def name_lanes(roads: list[Road], places: list[str], words: list[str]) -> None:
    """Name lanes after their community with a running number: 龙舌坡三里."""
    counts: dict[str, int] = {}
    for road, place in zip(roads, places, strict=True):
        number = counts[place] = counts.get(place, 0) + 1
        road.name = f"{place}{chinese_number(number)}{words[sum(map(ord, place)) % 2]}"


def name_compounds(draft: StreetDraft, communities: list[str], names: Names, random: np.random.Generator) -> list[str]:
    """A name for every plot, unique within the street; pinned names go to a large compound of their community."""
    words = names.compounds
    pinned = {place: name for place, name in words["pinned"] if place in communities}
    taken = set(pinned.values())
    pools: dict[str, Iterator[str]] = {
        kind: iter(_pairs(words["first"], words[f"last_{kind}"], random)) for kind in ("slab", "tower")
    }
    pools["work"] = iter(_pairs(words["work_units"], words["work_unit_last"], random))
    found = []
    for plot in draft.plots:
        place = communities[draft.plans[plot.cell].community]
        if place in pinned and _is_showpiece(plot):
            found.append(pinned.pop(place))
            continue
        name = _plot_name(plot, place, words, pools, random)
        while name in taken:
            name = next(pools["slab"]) if plot.kind.startswith("slab") or plot.kind == "tower" else "新" + name
        taken.add(name)
        found.append(name)
    return found


def _is_showpiece(plot: Plot) -> bool:
    large = [house for house in plot.buildings if house.units >= 2 and house.floors >= 4]
    return plot.kind in ("slab1", "slab2") and len(large) >= 3


def _plot_name(
    plot: Plot, place: str, words: Mapping[str, Any], pools: dict[str, Iterator[str]], random: np.random.Generator
) -> str:
    if plot.kind == "village":
        return place + str(random.choice(words["village_last"]))
    if plot.kind == "tower":
        return next(pools["tower"])
    if plot.kind.startswith("slab"):
        return next(pools["work"] if plot.kind == "slab0" and random.random() < 0.5 else pools["slab"])
    return place + str(random.choice(words[plot.kind]))


def _pairs(first: list[str], last: list[str], random: np.random.Generator) -> list[str]:
    """All pairs of words in random order, each first word once before any comes twice."""
    found: list[str] = []
    shift = random.permutation(len(last))
    for turn in range(len(last)):
        order = random.permutation(len(first))
        found += [first[i] + last[int(shift[(i + turn) % len(last)])] for i in order.tolist()]
    return found


def number_buildings(houses: list[Draft]) -> list[str]:
    """Numbers within a compound, west to east then north to south: 1号楼 for blocks, 1号 for village houses."""
    if not houses:
        return []
    centres = np.array([house.ring.mean(axis=0) for house in houses])
    band = np.floor((centres[:, 1].max() - centres[:, 1]) / 14.0)
    numbers = [""] * len(houses)
    counts: dict[str, int] = {}
    # Blocks with the most stairs come first: number one of a compound is one of its main blocks.
    minor = np.array([house.kind in ("shop", "mixed") for house in houses])
    for index in np.lexsort((centres[:, 0], band, minor)).tolist():
        house = houses[index]
        if house.name:
            numbers[index] = house.name + _nth(counts, house.name)
        elif house.kind == "shop":
            numbers[index] = f"商铺{_count(counts, 'shop')}号"
        elif house.kind == "village":
            numbers[index] = f"{_count(counts, 'village')}号"
        else:
            numbers[index] = f"{_count(counts, 'block')}号楼"
    return numbers


def _count(counts: dict[str, int], key: str) -> int:
    counts[key] = counts.get(key, 0) + 1
    return counts[key]


def _nth(counts: dict[str, int], key: str) -> str:
    number = _count(counts, key)
    return "" if number == 1 else str(number)


def addresses(lines: list[shapely.LineString], points: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Nearest named road and house number of each point: even on one side, odd on the other, growing along the road."""
    road_lines = np.array(lines)
    places = shapely.points(points)
    found = shapely.STRtree(road_lines).query_nearest(places, all_matches=False)
    nearest = np.zeros(len(points), dtype=np.int64)
    nearest[found[0]] = found[1]
    along = shapely.line_locate_point(road_lines[nearest], places)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(road_lines[nearest], along))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(road_lines[nearest], along + 1.0)) - foot
    side = ahead[:, 0] * (points[:, 1] - foot[:, 1]) - ahead[:, 1] * (points[:, 0] - foot[:, 0])
    return nearest, np.floor(along / 9).astype(np.int64) * 2 + np.where(side > 0, 1, 2)
