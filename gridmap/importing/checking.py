"""The findings of a check while they are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.importing.findings import FINDINGS, Weight
from gridmap.residents.rules import mask_id, mask_name, mask_phone

ISSUE_SCHEMA: Final = {
    "at": pl.Int64,
    "field": pl.String,
    "code": pl.String,
    "weight": pl.Int8,
    "value": pl.String,
    "other": pl.Int64,
}
_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "id_number": mask_id,
    "phone": mask_phone,
    "name": mask_name,
    "head": mask_name,
}
_NAMES: Final = frozenset({"name", "head"})


@dataclass(slots=True)
class Checking:
    """Columns and findings while they grow."""

    height: int
    columns: dict[str, pl.Series] = field(default_factory=dict)
    parts: list[pl.DataFrame] = field(default_factory=list)

    def find(
        self,
        code: str,
        field_name: str,
        where: pl.Series | npt.NDArray[np.bool_],
        values: pl.Series | None = None,
        other: pl.Series | None = None,
    ) -> None:
        """Note a finding for the rows where ``where`` holds (null counts as no)."""
        mask = pl.Series(where).fill_null(value=False)
        if not mask.any():
            return
        shown = None if values is None else masked(field_name, values.filter(mask).cast(pl.String))
        counted = None if other is None else other.filter(mask).cast(pl.Int64)
        self._add(code, field_name, mask.arg_true().cast(pl.Int64), shown, counted)

    def note_reading(self, code: str, field_name: str, given: pl.Series, meant: pl.Series) -> None:
        """Note, for the rows where both stand and differ, what was written and what it was taken for (masked)."""
        written = given.str.strip_chars()
        mask = (written != meant).fill_null(value=False)
        if not mask.any():
            return
        before, after = (masked(field_name, values.filter(mask)) for values in (written, meant))
        # Of names the mask leaves nothing that tells before from after.
        shown = after if field_name in _NAMES else before + " → " + after
        self._add(code, field_name, mask.arg_true().cast(pl.Int64), shown, None)

    def _add(self, code: str, field_name: str, at: pl.Series, value: pl.Series | None, other: pl.Series | None) -> None:
        self.parts.append(
            pl.DataFrame({"at": at}).with_columns(
                field=pl.lit(field_name),
                code=pl.lit(code),
                weight=pl.lit(int(FINDINGS[code].weight), dtype=pl.Int8),
                value=value if value is not None else pl.lit(None, dtype=pl.String),
                other=other if other is not None else pl.lit(None, dtype=pl.Int64),
            )
        )

    def rejected(self) -> pl.Series:
        """Which rows are rejected so far."""
        mask = np.zeros(self.height, dtype=bool)
        for part in self.parts:
            if part["weight"][0] == Weight.REJECT:
                mask[part["at"].to_numpy()] = True
        return pl.Series(mask)

    def issues(self) -> pl.DataFrame:
        """All findings, by row, the heaviest first."""
        if not self.parts:
            return pl.DataFrame(schema=ISSUE_SCHEMA)
        return pl.concat(self.parts).sort(["at", "weight"], descending=[False, True], maintain_order=True)


def masked(field_name: str, values: pl.Series) -> pl.Series:
    """Values of a field as they may be shown."""
    mask = _MASKS.get(field_name)
    if mask is None:
        return values
    return pl.Series([mask(text) if text else text for text in values.to_list()], dtype=pl.String)


def missing(height: int, dtype: type[pl.DataType] = pl.String) -> pl.Series:
    """A column that the file does not have."""
    return pl.Series([None], dtype=dtype()).new_from_index(0, height)
