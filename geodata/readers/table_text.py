"""Text tables: which encoding, which separator, and rows of unequal length without losing a cell."""

from __future__ import annotations

import codecs
import csv
import io

import polars as pl

from geodata.readers.table_guard import (
    TableDamagedError,
    TableEmptyError,
    TableLimits,
    TableTooLargeError,
    TableTypeError,
    column_letters,
)

_SEPARATORS = ",\t;|，"
_SNIFF_LINES = 50
_DISGUISES = (
    (("<html", "<!doctype html", "<table"), "a web page saved under another name"),
    (("<?xml",), "an XML file"),
    (("{\\rtf",), "a text document"),
    (("%pdf",), "a PDF"),
    (("{", "["), "a JSON file"),
)


def decode_table(name: str, content: bytes) -> str:
    """Return the text of a table in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030 (GBK, GB2312).

    Raises `TableTypeError` for bytes that are no text and for text that is no table.
    """
    text = _decode(name, content)
    start = text[:200].lstrip().lower()
    for marks, found in _DISGUISES:
        if start.startswith(marks):
            raise TableTypeError(name=name, found=found)
    return text


def _decode(name: str, content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in content[: 1 << 16]:
        raise TableTypeError(name=name, found="not text")
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableTypeError(name=name, found="text in an unknown encoding")


def find_separator(text: str) -> str:
    """The separator that splits the first lines into the most columns, most evenly; a comma where none does."""
    lines = [line for line in text[: 1 << 16].splitlines()[:_SNIFF_LINES] if line.strip()]
    best, best_score = ",", 0
    for separator in _SEPARATORS:
        widths = sorted(len(row) for row in csv.reader(lines, delimiter=separator))
        # The median keeps a title line or a comma inside one address from deciding.
        score = widths[len(widths) // 2] if widths else 0
        if score > max(best_score, 1):
            best, best_score = separator, score
    return best


def read_text(name: str, text: str, limits: TableLimits) -> pl.DataFrame:
    """Parse the text into String columns named by letters; short rows are padded with nulls, no cell is dropped."""
    separator = find_separator(text)
    if not text.strip():
        raise TableEmptyError(name=name)
    frame = None if len(separator.encode()) > 1 else _read_fast(text, separator)
    if frame is None:
        frame = _read_ragged(name, text, separator, limits)
    if frame.width > limits.max_columns:
        raise TableTooLargeError(name=name, what="columns", value=frame.width, limit=limits.max_columns)
    if frame.height > limits.max_rows + _SNIFF_LINES:
        raise TableTooLargeError(name=name, what="rows", value=frame.height, limit=limits.max_rows)
    frame.columns = [column_letters(i) for i in range(frame.width)]
    return frame.with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))


def _read_fast(text: str, separator: str) -> pl.DataFrame | None:
    """Parse with polars; ``None`` where its strict rules (rows no longer than the first) do not hold."""
    try:
        return pl.read_csv(io.BytesIO(text.encode()), has_header=False, infer_schema=False, separator=separator)
    except pl.exceptions.PolarsError:
        return None


def _read_ragged(name: str, text: str, separator: str, limits: TableLimits) -> pl.DataFrame:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise TableDamagedError(name=name) from error
    width = max((len(row) for row in rows), default=0)
    if width > limits.max_columns or width * len(rows) > limits.max_cells:
        raise TableTooLargeError(name=name, what="columns", value=width, limit=limits.max_columns)
    columns = {
        column_letters(i): pl.Series([row[i] if i < len(row) else None for row in rows], dtype=pl.String)
        for i in range(width)
    }
    return pl.DataFrame(columns)
