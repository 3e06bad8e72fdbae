"""Use cases of the area tree: find an area as people name it, add areas, read the tree."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from gridmap.areas import repository
from gridmap.areas.models import Area
from gridmap.areas.node import BEGINNING, AreaNode
from gridmap.errors import AreaAmbiguousError, AreaNotFoundError
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of the tree as data."""

    names: tuple[str, ...]
    digits: dict[str, int]
    suffixes: dict[str, tuple[str, ...]]
    aliases: dict[str, tuple[str, ...]]
    labels: dict[str, str]
    cell_kinds: dict[str, str]
    cell_households: dict[str, tuple[int, int]]

    def rank(self, level: str) -> int:
        """Position from the top; an unknown level is an error of the caller."""
        return self.names.index(level)


@cache
def levels() -> Levels:
    """Read the levels that ship with the program."""
    data = tomllib.loads(resources.files("gridmap.areas").joinpath("levels.toml").read_text("utf-8"))
    rows = data["level"]
    return Levels(
        names=tuple(row["name"] for row in rows),
        digits={row["name"]: row["digits"] for row in rows},
        suffixes={row["name"]: tuple(row["suffixes"]) for row in rows},
        aliases={row["name"]: tuple(row["also"]) for row in data["alias"]},
        labels={row["name"]: row["zh"] for row in rows},
        cell_kinds={row["name"]: row["zh"] for row in data["cell_kind"]},
        cell_households={
            row["name"]: (row["households"][0], row["households"][1])
            for row in data["cell_kind"]
            if "households" in row
        },
    )


def other_names(name: str, level: str) -> list[str]:
    """The other ways people write an official name: without its long suffix, with the short one, known aliases."""
    known = levels()
    result: list[str] = []
    for suffix in known.suffixes.get(level, ()):
        if name.endswith(suffix) and len(name) > len(suffix):
            stem = name[: -len(suffix)]
            result.append(stem)
            if level == "community":
                result.append(f"{stem}村" if suffix.startswith("村") else f"{stem}社区")
            break
    result += known.aliases.get(name, ())
    return [other for other in dict.fromkeys(result) if other != name]


def short_name(node: AreaNode) -> str:
    """The name without its administrative suffix, as it stands on a map."""
    for suffix in levels().suffixes.get(node.level, ()):
        if node.name.endswith(suffix) and len(node.name) > len(suffix) + 1:
            return node.name[: -len(suffix)]
    return node.name


def find_area(unit: UnitOfWork, text: str, day: date | None = None) -> AreaNode:
    """Find an area by its code or by a unique name path (``海府街道/东湖里社区``).

    Raises:
        AreaNotFoundError: nothing fits.
        AreaAmbiguousError: several fit.
    """
    wanted = text.strip()
    found = repository.by_code(unit, wanted, day or unit.now.date())
    if found is not None:
        return found
    *path, last = [part.strip() for part in wanted.replace("／", "/").replace(">", "/").split("/") if part.strip()] or [
        ""
    ]
    fits = [node for node in repository.by_name(unit, last) if _on_path(unit, node, path)]
    if not fits:
        raise AreaNotFoundError(area=text)
    if len(fits) > 1:
        raise AreaAmbiguousError(area=text, candidates="、".join(f"{n.name}（{n.code}）" for n in fits[:5]))
    return fits[0]


def _on_path(unit: UnitOfWork, node: AreaNode, path: list[str]) -> bool:
    if not path:
        return True
    above = repository.ancestors(unit, node.id)[:-1]
    position = 0
    for ancestor in above:
        names = set(repository.names_of(unit, ancestor.id)) | {ancestor.code}
        if position < len(path) and path[position] in names:
            position += 1
    return position == len(path)


def add_area(  # noqa: PLR0913 - the facts of an area
    unit: UnitOfWork,
    *,
    code: str,
    name: str,
    level: str,
    parent: AreaNode | Area | None,
    kind: str | None = None,
    geometry: bytes | None = None,
    valid_from: date = BEGINNING,
    english: str | None = None,
) -> Area:
    """Add one area. A street opens a new region and everything below keeps its number; where the tree has no street,
    the first area below that level opens one."""
    region = parent.region if parent is not None else None
    if region is None and levels().rank(level) >= levels().rank("street"):
        region = repository.next_region(unit)
    area = Area(
        code=code,
        level=level,
        parent_id=parent.id if parent is not None else None,
        region=region,
        kind=kind,
        geometry=geometry,
        valid_from=valid_from,
    )
    repository.add(unit, area, [name, *other_names(name, level)], english=english)
    return area
