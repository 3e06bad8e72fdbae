"""Layouts that were corrected once and are known again by their headings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from geodata.readers.table import Sheet, lay_out
from geodata.readers.table_layout import headings_at
from gridmap.importing.choices import SheetChoice
from gridmap.importing.headings import is_known_heading, join_headings, plain_heading


@dataclass(frozen=True, slots=True)
class Layout:
    """What is remembered of a layout. ``fingerprint`` is that of its headings; ``header_rows`` the rows they stand in
    where that had to be said; ``columns`` the field of each column that had to be said (``""``: left out), by its key
    (see `column_keys`)."""

    id: UUID
    name: str
    fingerprint: bytes
    header_rows: tuple[int, ...] | None
    columns: Mapping[str, str]

    def choice(self, sheet: Sheet) -> SheetChoice:
        """The decisions about a sheet that has this layout."""
        letters, headings = list(sheet.cells.columns), _headings(sheet, self.header_rows)
        keys = column_keys(letters, headings)
        return SheetChoice(
            header_rows=self.header_rows,
            columns={place: self.columns[key] for place, key in keys.items() if key in self.columns},
        )


def column_keys(letters: Sequence[str], headings: Sequence[str]) -> dict[str, str]:
    """By letters, what a column is known by wherever it stands: its heading and which of that heading it is, or its
    letters where it has no heading."""
    seen: Counter[str] = Counter()
    keys: dict[str, str] = {}
    for letter, heading in zip(letters, headings, strict=True):
        plain = plain_heading(heading)
        seen[plain] += 1
        keys[letter] = f"{plain}#{seen[plain]}" if plain else f"@{letter}"
    return keys


def fingerprint(letters: Sequence[str], headings: Sequence[str]) -> bytes:
    """What a layout is known by: its headings in their order, however they are spaced; 32 bytes."""
    keys = column_keys(letters, headings)
    said = [keys[letter] for letter, heading in zip(letters, headings, strict=True) if plain_heading(heading)]
    return hashlib.sha256("\x1f".join(said).encode()).digest()


def find_layout(sheet: Sheet, layouts: Sequence[Layout]) -> Layout | None:
    """The remembered layout of a sheet; where several would fit, the one whose heading rows somebody chose."""
    ways: dict[tuple[int, ...] | None, bytes] = {}
    for layout in sorted(layouts, key=lambda known: known.header_rows is None):
        if layout.header_rows not in ways:
            ways[layout.header_rows] = fingerprint(list(sheet.cells.columns), _headings(sheet, layout.header_rows))
        if ways[layout.header_rows] == layout.fingerprint:
            return layout
    return None


def _headings(sheet: Sheet, rows: tuple[int, ...] | None) -> tuple[str, ...]:
    if rows is not None:
        return headings_at(sheet, rows, is_known_heading, join_headings)
    return lay_out(sheet.head(), is_known_heading, join_headings, None).headings
