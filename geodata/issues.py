"""What is wrong with one feature, row or value of an input, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """How much an issue matters to the verdict of its row."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about an input.

    ``row`` is the row number a person sees (1-based, header included) for tables and the 1-based feature
    number for geometry files; ``None`` speaks of the whole file. ``message`` and ``hint`` are message ids
    (English templates), filled from ``params``. ``x`` and ``y`` give a place (lon, lat) where there is one.
    """

    code: str
    message: str
    hint: str
    row: int | None = None
    column: str | None = None
    severity: Severity = Severity.ERROR
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    x: float | None = None
    y: float | None = None

    @property
    def text(self) -> str:
        """The finding in English."""
        return self.message.format(**self.params)

    @property
    def remedy(self) -> str:
        """What to do, in English."""
        return self.hint.format(**self.params)
