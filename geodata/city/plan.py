"""The plan of a street: communities, cells and plots cut from its outline, with a road along most cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely

from geodata.city.mesh import Floats, Mesh, Ring, Road, turned, unit
from geodata.city.profiles import Profile

# Whole widths, pavements included, in metres.
WIDTHS = {"primary": 27.0, "secondary": 18.0, "branch": 11.0, "lane": 6.5, "wall": 2.4}
RELATIVE_AREA = {"park": 2.1, "school": 1.05, "hospital": 1.0, "office": 0.8, "market": 0.75, "factory": 1.1}
# Share of its box that a face fills, times the box's short side over its long one.
GOOD_SHAPE = 0.6
T = TypeVar("T")


@dataclass(slots=True)
class CellPlan:
    """One cell to be: what it is for, how many dwellings it should hold, its face and its plots' faces."""

    community: int
    purpose: str
    dwellings: int
    weight: float
    ring: Ring = field(default_factory=list)
    plots: list[Ring] = field(default_factory=list)


@dataclass(slots=True)
class Cutter:
    """Cuts faces of one mesh with one stream of random numbers."""

    mesh: Mesh
    random: np.random.Generator

    def normal_of(self, ring: Ring) -> Floats:
        """The axis along which a face is longest, a little off so that no two cuts are parallel."""
        box = shapely.minimum_rotated_rectangle(self.mesh.polygon(ring))
        corners = shapely.get_coordinates(box)
        sides = np.diff(corners[:3], axis=0)
        lengths = np.einsum("ij,ij->i", sides, sides)
        axis = unit(sides[int(np.argmax(lengths))])
        return turned(axis, float(self.random.normal(0, 0.035)))

    def divide(
        self, ring: Ring, items: list[T], weight: Callable[[T], float], road_kind: Callable[[list[T], int], str]
    ) -> list[tuple[T, Ring]]:
        """Give each item a part of the face in proportion to its weight.

        ``road_kind`` tells from the items on both sides and the depth of the cut which road runs along it.
        """
        found: list[tuple[T, Ring]] = []
        stack: list[tuple[Ring, list[T], int]] = [(ring, items, 0)]
        while stack:
            face, group, depth = stack.pop()
            if len(group) == 1:
                found.append((group[0], face))
                continue
            half = len(group) // 2 + (int(self.random.integers(0, 2)) if len(group) % 2 and len(group) > 1 else 0)
            total = sum(weight(item) for item in group)
            share = sum(weight(item) for item in group[:half]) / total
            normal = self.normal_of(face)
            if len(group) >= 5 and self.random.random() < 0.2:
                normal = turned(normal, float(self.random.choice([-0.34, 0.34, 0.5, -0.5])))
            kind = road_kind(group, depth)
            bow = float(self.random.normal(0, 0.028)) if kind != "wall" else 0.0
            behind, ahead, line = self.mesh.split(face, share, normal, bow)
            if kind != "wall":
                self.mesh.roads.append(Road(line, kind, WIDTHS[kind]))
            stack.append((ahead, group[half:], depth + 1))
            stack.append((behind, group[:half], depth + 1))
        return found


def cells_of(profile: Profile, random: np.random.Generator) -> list[CellPlan]:
    """Decide community, purpose and household target of every cell, dedicated ones spread over the communities."""
    purposes = [purpose for purpose, count in profile.purposes.items() for _ in range(count)]
    order = random.permutation(len(profile.cells))
    dedicated: dict[int, list[str]] = {}
    for position, purpose in enumerate(purposes):
        dedicated.setdefault(int(order[position % len(order)]), []).append(purpose)
    plans: list[CellPlan] = []
    for community, count in enumerate(profile.cells):
        wanted = dedicated.get(community, [])
        kinds = wanted + ["residential"] * (count - len(wanted))
        plans += [_cell(profile, random, community, kinds[index]) for index in random.permutation(count).tolist()]
    return plans


def _cell(profile: Profile, random: np.random.Generator, community: int, purpose: str) -> CellPlan:
    if purpose != "residential":
        return CellPlan(community, purpose, 0, RELATIVE_AREA[purpose] * float(random.uniform(0.9, 1.1)))
    factor = float(np.clip(random.normal(1, profile.dwellings_spread), 0.55, 1.6))
    area = float(np.clip(0.45 + 0.55 * factor + random.normal(0, 0.14), 0.6, 1.6))
    if random.random() < profile.village_share:
        return CellPlan(community, "village", round(profile.dwellings_mean * factor), area * 0.9)
    return CellPlan(community, "residential", round(profile.dwellings_mean * factor), area)


def plan_street(cutter: Cutter, outline: Ring, profile: Profile) -> list[CellPlan]:
    """Cut a street's outline into communities, cells and plots."""
    plans = cells_of(profile, cutter.random)
    groups = [[plan for plan in plans if plan.community == number] for number in range(len(profile.cells))]

    def community_road(_: list[list[CellPlan]], depth: int) -> str:
        return "primary" if depth == 0 else "secondary"

    def cell_road(group: list[CellPlan], _: int) -> str:
        if len(group) >= 6:
            return "secondary" if cutter.random.random() < 0.45 else "branch"
        if len(group) >= 3:
            return "branch"
        return str(cutter.random.choice(["branch", "lane", "lane", "wall"]))

    for group, face in cutter.divide(outline, groups, lambda g: sum(p.weight for p in g), community_road):
        for plan, ring in cutter.divide(face, group, lambda p: p.weight, cell_road):
            plan.ring = ring
        _give_good_shapes(cutter.mesh, group)
        for plan in group:
            plan.plots = _plots(cutter, plan, profile)
    return plans


def _give_good_shapes(mesh: Mesh, group: list[CellPlan]) -> None:
    """Swap faces within a community so that schools, hospitals and markets do not end up on wedges or strips."""
    faces = np.array([mesh.polygon(plan.ring) for plan in group])
    boxes = shapely.minimum_rotated_rectangle(faces)
    sides = np.array([shapely.get_coordinates(box)[:3] for box in boxes])
    lengths = np.sqrt(((sides[:, 1:] - sides[:, :-1]) ** 2).sum(axis=2))
    goodness = shapely.area(faces) / shapely.area(boxes) * lengths.min(axis=1) / lengths.max(axis=1)
    for index, plan in enumerate(group):
        if plan.purpose in ("residential", "village") or goodness[index] > GOOD_SHAPE:
            continue
        free = [i for i, other in enumerate(group) if other.purpose in ("residential", "village")]
        likeness = np.abs(np.log(shapely.area(faces[free]) / shapely.area(faces[index])))
        best = free[int(np.argmax(goodness[free] - 0.35 * likeness))]
        plan.ring, group[best].ring = group[best].ring, plan.ring
        faces[[index, best]] = faces[[best, index]]
        goodness[[index, best]] = goodness[[best, index]]


def _plots(cutter: Cutter, plan: CellPlan, profile: Profile) -> list[Ring]:
    """Cut a residential cell into compounds; village and dedicated cells stay whole, with at most a neighbour."""
    area = float(cutter.mesh.polygon(plan.ring).area)
    if plan.purpose not in ("residential", "market", "office"):
        return [plan.ring]
    count = int(np.clip(round(area / profile.plot_area_m2 * float(cutter.random.uniform(0.75, 1.25))), 1, 5))
    if plan.purpose != "residential":
        count = min(count, 2)
    shares = [float(share) for share in cutter.random.uniform(0.6, 1.5, count)]

    def plot_road(group: list[float], _: int) -> str:
        return str(cutter.random.choice(["lane", "wall"], p=[0.55, 0.45])) if len(group) <= 3 else "lane"

    return [ring for _, ring in cutter.divide(plan.ring, shares, lambda share: share, plot_road)]
