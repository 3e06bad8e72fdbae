"""What a report and a file format are; modules of this package that define ``REPORT`` or ``FORMAT`` add one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from gridmap.accounts.actor import Actor
from gridmap.areas.node import AreaNode
from gridmap.compliance.service import Assessment
from gridmap.i18n import Translator
from gridmap.reports.model import Report
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Request:
    """What a report is built from. ``path`` runs from the top of the tree to the area itself; everything below it is
    inside the actor's areas."""

    unit: UnitOfWork
    actor: Actor
    assessment: Assessment
    path: tuple[AreaNode, ...]
    as_of: date
    made_at: datetime
    words: Translator

    @property
    def area(self) -> AreaNode:
        """The area of the report."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A report that can be made. ``name`` and ``about`` are message ids; ``personal`` reports hold records of persons
    and need a purpose; only ``listed`` ones are offered for choosing."""

    code: str
    name: str
    about: str
    build: Callable[[Request], Report]
    personal: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: the bytes of a report. ``name`` is a message id that says what it is good for."""

    code: str
    name: str
    suffix: str
    media_type: str
    write: Callable[[Report], bytes]
