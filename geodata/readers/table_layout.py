"""Where the table lies on a sheet: the row or rows of headings, what stands above them, and the rows below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from geodata.readers.table_marks import Merge, SheetMarks, fill_merges

HEADER_SEARCH_ROWS = 30
TITLE, HEADER, BLANK = "title", "header", "blank"
"""What a row is that is no row of data; who reads further may find other kinds below the headings."""

_KINDS = (None, TITLE, HEADER, BLANK)

Known = Callable[[str], bool]
Join = Callable[[str, str], str]
_LOOKS_LIKE_DATA = re.compile(r"[0-9]{6}|^[0-9.,\-/:\s]+$")
_SKIPPED_SCHEMA = {"row": pl.Int64, "kind": pl.String}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells as text, the first row being row 1 of the sheet."""

    name: str
    cells: pl.DataFrame
    typed_numbers: dict[str, np.ndarray]
    hidden: bool = False
    from_workbook: bool = False
    from_1904: bool = False
    marks: SheetMarks = field(default_factory=SheetMarks)

    def head(self) -> Sheet:
        """The rows in which headings are looked for, alone."""
        return replace(self, cells=self.cells.head(HEADER_SEARCH_ROWS), typed_numbers={})


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One sheet as text.

    ``rows`` has one String column a column of the sheet, named by its letters (``A``, ``B`` …); empty cells are
    null. ``row_numbers`` (int64, same length) are the numbers shown at the left of a spreadsheet. ``headings`` are
    the texts of the heading row(s), ``""`` where there is none; ``heads`` the same row by row, as they stand.
    ``skipped`` (``row``, ``kind``) are the other rows up to the last that is filled: together with ``row_numbers``
    every number from 1 on occurs once. ``typed_numbers`` maps letters to a mask of the cells that hold more than 15
    digits and were typed as a number, so that digits are lost. ``own`` counts the cells of each row that hold a
    value of their own, not one merged into them from above; ``wide`` marks rows with a value merged over several
    columns. ``top`` is the text of the first rows; ``hidden_rows`` and ``hidden_columns`` are read like others.
    ``from_1904``: numbers of days count from 1904-01-01.
    """

    name: str
    headings: tuple[str, ...]
    rows: pl.DataFrame
    row_numbers: np.ndarray
    header_rows: tuple[int, ...]
    skipped: pl.DataFrame
    heads: tuple[tuple[str, ...], ...] = ()
    own: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    wide: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    top: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    typed_numbers: dict[str, np.ndarray] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[str] = frozenset()
    from_workbook: bool = False
    from_1904: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters over the columns."""
        return tuple(self.rows.columns)

    @property
    def blank_rows(self) -> int:
        """How many rows between the headings and the last filled row are blank."""
        below = max(self.header_rows, default=0)
        return self.skipped.filter((pl.col("kind") == BLANK) & (pl.col("row") > below)).height

    @property
    def last_row(self) -> int:
        """The number of the last row that is filled, 0 on an empty sheet."""
        return self.rows.height + self.skipped.height

    def skip(self, kinds: pl.Series) -> SheetTable:
        """The table without some of its rows. ``kinds``, one entry a row: what the row is, null for a row of data."""
        data = kinds.is_null()
        if data.all():
            return self
        mask = data.to_numpy()
        found = pl.DataFrame({"row": self.row_numbers[~mask], "kind": kinds.filter(~data)}, schema=_SKIPPED_SCHEMA)
        return replace(
            self,
            rows=self.rows.filter(data),
            row_numbers=self.row_numbers[mask],
            skipped=pl.concat([self.skipped, found]).sort("row"),
            own=self.own[mask],
            wide=self.wide[mask],
            typed_numbers={letters: flags[mask] for letters, flags in self.typed_numbers.items()},
        )

    def split(self, place: int) -> tuple[SheetTable, SheetTable]:
        """The table above the row at a position, and that below with this row as its headings."""
        number = int(self.row_numbers[place])
        texts = tuple(text or "" for text in self.rows.row(place))
        above, below = slice(None, place), slice(place + 1, None)
        heading = pl.DataFrame({"row": [number], "kind": [HEADER]}, schema=_SKIPPED_SCHEMA)
        return (
            replace(self._part(above), skipped=self.skipped.filter(pl.col("row") < number)),
            replace(
                self._part(below),
                skipped=pl.concat([heading, self.skipped.filter(pl.col("row") > number)]),
                headings=tuple(" ".join(text.split()) for text in texts),
                heads=(texts,),
                header_rows=(number,),
            ),
        )

    def _part(self, rows: slice) -> SheetTable:
        return replace(
            self,
            rows=self.rows[rows],
            row_numbers=self.row_numbers[rows],
            own=self.own[rows],
            wide=self.wide[rows],
            typed_numbers={letters: flags[rows] for letters, flags in self.typed_numbers.items()},
        )

    def __repr__(self) -> str:
        return f"SheetTable({self.name!r}, {self.rows.height} rows x {self.rows.width} columns)"


def lay_out(sheet: Sheet, known: Known | None, join: Join | None, chosen: Sequence[int] | None) -> SheetTable:
    """Find the headings of a sheet and the rows below them.

    ``known`` tells whether a text is a heading, ``join`` makes one heading of a title and the text below it, ``chosen``
    are the rows (1-based) that somebody says are the headings; empty where the sheet has none.
    """
    cells, head = sheet.cells, _head(sheet)
    if chosen is None:
        header = _find_header(head, sheet.marks.merges, known)
    else:
        header = sorted({row - 1 for row in chosen if 1 <= row <= len(head)})
    headings = _headings(sheet, head, header, known, join)
    first = header[-1] + 1 if header else 0
    counts = cells.select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int64))).to_series().to_numpy()
    filled = counts > 0
    # Rows after the last filled one are no rows: a spreadsheet reports them when they were once formatted.
    last = int(np.flatnonzero(filled)[-1]) + 1 if filled.any() else 0
    kinds = np.zeros(last, dtype=np.int64)
    kinds[:first] = _KINDS.index(TITLE)
    kinds[[row for row in header if row < last]] = _KINDS.index(HEADER)
    kinds[~filled[:last]] = _KINDS.index(BLANK)
    where, skipped = np.flatnonzero(kinds == 0), np.flatnonzero(kinds)
    body = fill_merges(cells, sheet.marks.merges, first + 1)[where] if len(where) else cells.clear()
    wide = np.zeros(cells.height + 1, dtype=bool)
    for merge in sheet.marks.merges:
        if merge.right > merge.left and merge.first <= cells.height:
            wide[merge.first : merge.last + 1] = True
    return SheetTable(
        name=sheet.name,
        headings=tuple(headings),
        rows=body,
        row_numbers=(where + 1).astype(np.int64),
        header_rows=tuple(i + 1 for i in header),
        skipped=pl.DataFrame(
            {"row": skipped + 1, "kind": [_KINDS[kind] for kind in kinds[skipped]]}, schema=_SKIPPED_SCHEMA
        ),
        heads=tuple(tuple(head[i]) for i in header),
        own=counts[where].astype(np.int64),
        wide=wide[where + 1],
        top=tuple(tuple(row) for row in head),
        typed_numbers={letter: flags[where] for letter, flags in sheet.typed_numbers.items()},
        hidden=sheet.hidden,
        hidden_rows=frozenset(row for row in sheet.marks.hidden_rows if row <= last),
        hidden_columns=sheet.marks.hidden_columns & frozenset(cells.columns),
        from_workbook=sheet.from_workbook,
        from_1904=sheet.from_1904,
    )


def headings_at(sheet: Sheet, rows: Sequence[int], known: Known | None, join: Join | None) -> tuple[str, ...]:
    """The headings that a sheet would have if they stood in these rows (1-based)."""
    head = _head(sheet)
    return tuple(_headings(sheet, head, sorted({row - 1 for row in rows if 1 <= row <= len(head)}), known, join))


def _head(sheet: Sheet) -> list[list[str]]:
    return [[text or "" for text in row] for row in sheet.cells.head(HEADER_SEARCH_ROWS).rows()]


def _headings(
    sheet: Sheet, head: list[list[str]], rows: Sequence[int], known: Known | None, join: Join | None
) -> list[str]:
    if not rows:
        return [""] * sheet.cells.width
    spread = _spread_titles(head, sheet.marks.merges, list(sheet.cells.columns))
    return _join_headings([spread[row] for row in rows], known, join)


def _skipped(rows: np.ndarray, kinds: np.ndarray) -> pl.DataFrame:
    names = pl.Series(_KINDS, dtype=pl.String)
    return pl.DataFrame({"row": rows, "kind": names.gather(kinds)}, schema=_SKIPPED_SCHEMA)


def _spread_titles(head: list[list[str]], merges: Sequence[Merge], letters: list[str]) -> list[list[str]]:
    """The first rows with the text of each merge over several columns in all of them, so that a title stands over
    every column it means."""
    places = {_number(name): place for place, name in enumerate(letters)}
    spread = [list(row) for row in head]
    for merge in merges:
        source = places.get(merge.left)
        if merge.right == merge.left or merge.first > len(head) or source is None:
            continue
        text = head[merge.first - 1][source]
        for column, place in places.items():
            if merge.left < column <= merge.right and not head[merge.first - 1][place]:
                spread[merge.first - 1][place] = text
    return spread


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _find_header(head: list[list[str]], merges: Sequence[Merge], known: Known | None) -> list[int]:
    """Return the 0-based positions of the heading rows: one, or two under merged titles; none where no row is one."""
    if not head:
        return []
    if known is None:
        counts = [sum(1 for text in row if text) for row in head]
        return [counts.index(max(counts))]
    scores = [len({text for text in row if text and known(text)}) for row in head]
    best = scores.index(max(scores))
    if scores[best] == 0:
        return _likely_header(head)
    tall = {merge.first - 1 for merge in merges if merge.last == merge.first + 1}
    below = best + 1
    if below < len(head) and _is_second_header(head[best], head[below], known, merged=best in tall):
        return [best, below]
    above = best - 1
    if best > 0 and (scores[above] or above in tall) and _is_second_header(
        head[above], head[best], known, merged=above in tall
    ):  # fmt: skip
        return [above, best]
    return [best]


def _likely_header(head: list[list[str]]) -> list[int]:
    """Of a sheet without a known heading: the first of the rows with the most cells, if none of them holds numbers."""
    counts = [sum(1 for text in row if text) for row in head]
    best = counts.index(max(counts))
    texts = [text for text in head[best] if text]
    plain = len(set(texts)) == len(texts) and not any(_LOOKS_LIKE_DATA.search(text) for text in texts)
    return [best] if plain and len(texts) > 1 else []


def _is_second_header(upper: list[str], lower: list[str], known: Known, *, merged: bool) -> bool:
    """Whether ``lower`` only fills what ``upper`` leaves open or titles, and its cells are headings. ``merged``: a cell
    of the upper row reaches over both."""
    filled = [text for text in lower if text]
    hits = sum(1 for text in filled if known(text))
    if not hits or any(_LOOKS_LIKE_DATA.search(text) for text in filled):
        return False
    if merged:
        return 2 * hits >= len(filled)
    if hits < len(filled):
        return False
    return any(text and not up for up, text in zip(upper, lower, strict=True)) or len(filled) < len(lower)


def _join_headings(rows: list[list[str]], known: Known | None, join: Join | None) -> list[str]:
    """One heading a column: what ``join`` makes of the lower text and its title; without it the lower text, with its
    title where it alone is not known."""
    if len(rows) == 1:
        return [" ".join(text.split()) for text in rows[0]]
    joined, title = [], ""
    for texts in zip(*rows, strict=True):
        *uppers, lower = texts
        upper = next((text for text in reversed(uppers) if text), "")
        title = upper or (title if lower else "")
        if not lower or title == lower:
            heading = lower or upper
        elif join is not None:
            heading = join(title, lower)
        else:
            both = f"{title}{lower}"
            heading = both if known is not None and known(both) else lower
        joined.append(" ".join(heading.split()))
    return joined
