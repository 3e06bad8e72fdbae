"""A register in a notebook: figures as geographic frames, and maps that show themselves.

The same rights and the same log hold as on the command line: whoever opens a register acts as one of its users.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import geopandas as gpd
import shapely

from gridmap.access.service import command_line_actor, local_today
from gridmap.areas import repository as areas
from gridmap.bootstrap import open_register
from gridmap.compliance.service import Assessment, make_figures
from gridmap.i18n import translator
from gridmap.indicators.cache import SnapshotCache
from gridmap.reports import registry
from gridmap.reports.dataset import read_figures

LONLAT: Final = "EPSG:4490"
_HEIGHT_PX: Final = 640


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that a notebook shows and that can be saved."""

    content: bytes

    def _repr_html_(self) -> str:
        page = html.escape(self.content.decode("utf-8"), quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="{_HEIGHT_PX}" style="border:0"></iframe>'

    def save(self, file: str | Path) -> None:
        """Write the page: one file that opens without a network."""
        Path(file).write_bytes(self.content)


class OpenRegister:
    """An open register and the user at work on it; close it, or use it in a ``with`` block."""

    def __init__(self, location: str | Path, *, user: str | None = None) -> None:
        """Open a register as ``user``, by default the one mapped to the system account."""
        self._store = open_register(str(location))
        self._assessment = Assessment(make_figures(SnapshotCache(self._store)))
        try:
            with self._store.read() as unit:
                self._actor = command_line_actor(unit, user)
        except Exception:
            self._store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the register."""
        self._store.close()

    def indicators(
        self, as_of: date | str | None = None, *, level: str = "cell", area: str | None = None
    ) -> gpd.GeoDataFrame:
        """Figures of the areas of a level at a date (today by default), with their outlines in longitude, latitude.

        The columns are those of :func:`gridmap.reports.dataset.area_figures`; rows of level ``unlocated`` and areas
        without an outline have none.

        Raises:
            InvalidInputError: no such level, or nothing of it there.
            PermissionDeniedError, NotFoundError, AreaNotFoundError, AreaAmbiguousError: as for reports.
        """
        day = self._day(as_of)
        with self._store.write() as unit:
            frame = read_figures(unit, self._actor, self._assessment, day, level=level, area=area)
            own = frame.index[frame["level"] == level]
            shapes = {key: shapely.from_wkb(shape) for key, shape in areas.geometries(unit, own).items()}
        return gpd.GeoDataFrame(frame, geometry=[shapes.get(key) for key in frame.index], crs=LONLAT)

    def map(self, area: str, as_of: date | str | None = None, *, language: str = "zh-CN") -> Shown:
        """A map of the cells of an area by compliance and by population.

        Raises:
            PermissionDeniedError, NotFoundError, AreaNotFoundError, AreaAmbiguousError: as for reports.
        """
        return Shown(self._report("map", area, as_of, language))

    def report(self, area: str, as_of: date | str | None = None, *, language: str = "zh-CN") -> Shown:
        """The coverage report of an area as a page."""
        return Shown(self._report("coverage", area, as_of, language))

    def _report(self, code: str, area: str, as_of: date | str | None, language: str) -> bytes:
        day, words = self._day(as_of), translator(language)
        with self._store.write() as unit:
            made = registry.build(code, unit, self._actor, area, day, assessment=self._assessment, words=words)
        return registry.write(made, "html")

    def _day(self, as_of: date | str | None) -> date:
        """The date asked for; its figures are counted here, so that nobody waits for them while the log is written."""
        with self._store.read() as unit:
            day = local_today(unit) if as_of is None else as_of
        day = date.fromisoformat(day) if isinstance(day, str) else day
        self._assessment.verdicts(day)
        return day
