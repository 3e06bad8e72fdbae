"""What somebody decided about the sheets of a file, where it was understood otherwise or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """Decisions about one sheet; what is not decided stays as it was understood.

    ``use``: import the sheet or leave it out. ``header_rows``: the rows (1-based) that hold the headings; empty where
    there are none. ``columns``: by letters, the field a column fills, ``""`` for not importing it. ``data_rows``: rows
    that are to be imported though they look like a subtotal, a note or another row without a person.
    """

    use: bool | None = None
    header_rows: tuple[int, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    data_rows: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything was decided."""
        return bool(self.use is not None or self.header_rows is not None or self.columns or self.data_rows)

    def over(self, earlier: SheetChoice) -> SheetChoice:
        """These decisions, and the earlier ones where there is none here."""
        moved = self.header_rows is not None and self.header_rows != earlier.header_rows
        return SheetChoice(
            earlier.use if self.use is None else self.use,
            earlier.header_rows if self.header_rows is None else self.header_rows,
            # Under other headings the columns mean something else.
            dict(self.columns) if moved else {**earlier.columns, **self.columns},
            self.data_rows | earlier.data_rows,
        )


Choices = Mapping[str, SheetChoice]
"""Decisions by the name of the sheet."""


def choices_as_json(choices: Choices) -> dict[str, Any]:
    """Decisions in the form in which they are kept; no value of a cell is in it."""
    return {
        name: {
            "use": choice.use,
            "header_rows": None if choice.header_rows is None else list(choice.header_rows),
            "columns": dict(choice.columns),
            "data_rows": sorted(choice.data_rows),
        }
        for name, choice in choices.items()
        if choice
    }


def choices_from_json(kept: Mapping[str, Any]) -> dict[str, SheetChoice]:
    """The reverse of `choices_as_json`."""
    return {
        str(name): SheetChoice(
            entry.get("use"),
            None if entry.get("header_rows") is None else tuple(int(row) for row in entry["header_rows"]),
            {str(letters): str(meaning) for letters, meaning in entry.get("columns", {}).items()},
            frozenset(int(row) for row in entry.get("data_rows", ())),
        )
        for name, entry in kept.items()
    }
