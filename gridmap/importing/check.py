"""Check the rows of a sheet: typed columns, and for every doubtful value its code. Nothing is guessed.

A value that is missing stays missing; a value that cannot be understood is left out and named. Everything works on
whole columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from geodata.readers.table import SheetTable
from gridmap.buildings.states import read_state
from gridmap.codes import code_list
from gridmap.duplicates.names import alike
from gridmap.importing.check_person import Clock, check_person
from gridmap.importing.checking import Checking, missing
from gridmap.importing.choices import Choices, SheetChoice
from gridmap.importing.findings import Weight
from gridmap.importing.headings import Column, ColumnStatus, map_columns, never_stored_text
from gridmap.importing.values import parse_dates, tidy_texts, without_nothing
from gridmap.linking.grammar import PARTS, parse_addresses

CODED_FIELDS = {
    "sex": "sex",
    "marital_status": "marital_status",
    "relationship": "relationship",
    "presence": "presence",
    "ethnic_group": "ethnic_group",
}
READING_SCHEMA = {"field": pl.String, "written": pl.String, "code": pl.String, "rows": pl.Int64}
TEXT_FIELDS = ("household", "registered_address", "work_unit", "address", "cell", "dwelling_id", "building_id")


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The rows of a file as typed columns, in their order.

    ``rows``: ``sheet``, ``row`` (the number a person sees), the fields of a person (``id_number`` normalised, ``name``,
    ``sex``, ``birth_date`` – from the identity number where the column is empty –, codes, ``phone`` …), the parts of
    the address, ``valid_from``, ``verified_on``, ``use``, ``tenure``, ``dwelling_id``, ``building_id``; ``weight`` (the
    worst finding, see `Weight`), ``reason`` and ``reason_field`` (of that finding). ``issues``: ``at`` (0-based
    position in ``rows``), ``field``, ``code``, ``weight``, ``value`` (masked), ``other`` (a row number or a count).
    ``raw``: the imported columns by field, as text; ``columns``: what became of every column, by sheet.
    ``readings``: how wordings of code lists were read – field, written, code, rows (how many); no personal data.
    """

    columns: Mapping[str, tuple[Column, ...]]
    raw: pl.DataFrame
    rows: pl.DataFrame
    issues: pl.DataFrame
    readings: pl.DataFrame

    def headings(self) -> pl.DataFrame:
        """The heading of the column that fills each field: sheet, field, column. An address in parts is marked at the
        first of them."""
        found: list[tuple[str, str, str]] = []
        for sheet, columns in self.columns.items():
            own = {c.field: c.heading or c.letters for c in columns if c.status is ColumnStatus.MAPPED and c.field}
            parts = [own[part] for part in PARTS if part in own]
            if parts:
                own.setdefault("address", parts[0])
            found += [(sheet, field_name, heading) for field_name, heading in own.items()]
        return pl.DataFrame(found, schema={"sheet": pl.String, "field": pl.String, "column": pl.String}, orient="row")


def check_rows(
    tables: Sequence[SheetTable], *, today: date, on: date | None = None, choices: Choices | None = None
) -> CheckedRows:
    """Check the residents of one file, all its sheets together. ``today`` is the local date: later dates lie in the
    future. ``on`` is the day that the file describes (default: today). ``choices`` is what somebody decided."""
    picked = [pick_columns(table, (choices or {}).get(table.name, SheetChoice()).columns) for table in tables]
    raw_frame = pl.concat([pl.DataFrame(columns) for columns, _ in picked], how="diagonal")
    raw = {column.name: column for column in raw_frame.iter_columns()}
    checking = Checking(raw_frame.height)
    early = np.concatenate([np.full(table.rows.height, table.from_1904) for table in tables])
    clock = Clock(today, on or today, early)
    check_person(checking, raw, _typed_ids(tables, [columns for _, columns in picked]), clock)
    readings = _check_codes(checking, raw)
    _check_dates(checking, raw, clock)
    _read_states(checking, raw)
    _read_places(checking, raw)
    sheets = [pl.Series([table.name], dtype=pl.String).new_from_index(0, table.rows.height) for table in tables]
    numbers = np.concatenate([table.row_numbers for table in tables])
    rows = pl.DataFrame({"sheet": pl.concat(sheets), "row": numbers, **checking.columns})
    _check_identity(checking, rows)
    _check_repeats(checking, rows)
    issues = checking.issues()
    columns = {table.name: tuple(columns) for table, (_, columns) in zip(tables, picked, strict=True)}
    return CheckedRows(columns, raw_frame, with_verdicts(rows, issues), issues, readings)


def _typed_ids(tables: Sequence[SheetTable], columns: Sequence[list[Column]]) -> npt.NDArray[np.bool_] | None:
    """Which identity numbers a workbook holds as numbers; ``None`` for a text file, which cannot tell."""
    if not all(table.from_workbook for table in tables):
        return None
    masks = []
    for table, found in zip(tables, columns, strict=True):
        letters = next((c.letters for c in found if c.field == "id_number" and c.status is ColumnStatus.MAPPED), "")
        masks.append(table.typed_numbers.get(letters, np.zeros(table.rows.height, dtype=bool)))
    return np.concatenate(masks)


def pick_columns(
    table: SheetTable, chosen: Mapping[str, str] | None = None
) -> tuple[dict[str, pl.Series], list[Column]]:
    """The columns that are imported, by field; a column that is never stored is gone from here on."""
    filled = [bool(column.is_not_null().any()) for column in table.rows.iter_columns()]
    columns = map_columns(table.letters, table.headings, filled, chosen)
    raw: dict[str, pl.Series] = {}
    for column in columns:
        if column.status is ColumnStatus.MAPPED and column.field is not None and column.field not in raw:
            raw[column.field] = table.rows.get_column(column.letters)
    return raw, columns


def with_verdicts(rows: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """Add ``weight``, ``reason`` and ``reason_field``: the worst finding of each row that is more than a note."""
    worst = issues.filter(pl.col("weight") > int(Weight.NOTE)).group_by("at", maintain_order=True).first()
    found = pl.DataFrame({"at": pl.arange(0, rows.height, eager=True, dtype=pl.Int64)}).join(
        worst.select("at", "weight", reason="code", reason_field="field"), on="at", how="left", maintain_order="left"
    )
    plain = rows.drop("weight", "reason", "reason_field", strict=False)
    return plain.hstack(found.select(pl.col("weight").fill_null(0), "reason", "reason_field"))


def _check_codes(checking: Checking, raw: dict[str, pl.Series]) -> pl.DataFrame:
    """Codes for what is written in words; returns how wordings other than the label were read, and how often."""
    readings = [pl.DataFrame(schema=READING_SCHEMA)]
    for name, list_name in CODED_FIELDS.items():
        values = raw.get(name)
        if values is None:
            if name != "sex":
                checking.columns[name] = missing(checking.height)
            continue
        known = code_list(list_name)
        codes = known.lookup(values)
        said_nothing = without_nothing(values).is_null()
        checking.find(f"{name}_unknown", name, values.is_not_null() & codes.is_null() & ~said_nothing, values)
        if name != "sex":
            checking.columns[name] = codes
        pairs = pl.DataFrame({"written": values.str.strip_chars(), "code": codes}).filter(pl.col("code").is_not_null())
        counted = pairs.group_by("written", "code").len("rows").with_columns(field=pl.lit(name))
        other = counted.filter(pl.col("written") != known.labels(counted["code"]))
        readings.append(other.select(pl.col(key).cast(kind) for key, kind in READING_SCHEMA.items()))
    return pl.concat(readings).sort("field", pl.col("rows"), "written", descending=[False, True, False])


def _check_dates(checking: Checking, raw: dict[str, pl.Series], clock: Clock) -> None:
    for name in ("valid_from", "verified_on"):
        values = without_nothing(raw.get(name, missing(checking.height)))
        dates = parse_dates(values, from_1904=clock.from_1904, today=clock.today)
        future = (dates["date"] > clock.today).fill_null(value=False)
        for problem in ("impossible", "incomplete", "unclear"):
            checking.find(f"{name}_{problem}", name, dates["problem"] == f"date_{problem}", values)
        checking.find(f"{name}_future", name, future, values)
        read = pl.select(pl.when(dates["way"].is_not_null()).then(dates["date"].dt.to_string("iso"))).to_series()
        checking.note_reading("date_read", name, values, read)
        checking.columns[name] = pl.select(pl.when(~future).then(dates["date"])).to_series()


def _read_states(checking: Checking, raw: dict[str, pl.Series]) -> None:
    """Use and tenure of the dwelling, from whichever of its three columns says so."""
    given = [raw[name].fill_null("") for name in ("use", "state", "tenure") if name in raw]
    if not given:
        checking.columns |= {"use": missing(checking.height), "tenure": missing(checking.height)}
        return
    texts = pl.DataFrame([column.alias(str(place)) for place, column in enumerate(given)])
    distinct = texts.unique()
    read = [read_state(*row) for row in distinct.rows()]
    states = distinct.with_columns(
        pl.Series("use", [row[0] for row in read], dtype=pl.String),
        pl.Series("tenure", [row[1] for row in read], dtype=pl.String),
        pl.Series("unknown", [row[2] for row in read], dtype=pl.String),
    )
    known = texts.join(states, on=texts.columns, how="left", maintain_order="left")
    field_name = next(name for name in ("state", "tenure", "use") if name in raw)
    checking.find("state_unknown", field_name, known["unknown"].is_not_null(), known["unknown"])
    checking.columns |= {"use": known["use"], "tenure": known["tenure"]}


def _read_places(checking: Checking, raw: dict[str, pl.Series]) -> None:
    """The parts of the address: what stands in a column of its own goes before what is read from the free text."""
    for name in TEXT_FIELDS:
        values = raw.get(name)
        checking.columns[name] = missing(checking.height) if values is None else tidy_texts(values)
        if name in {"registered_address", "work_unit"} and values is not None:
            pattern, unless = never_stored_text()
            text = checking.columns[name]
            banned = (text.str.contains(pattern) & ~text.str.contains(unless)).fill_null(value=False)
            checking.find("never_stored", name, banned)
            checking.columns[name] = pl.select(pl.when(~banned).then(text)).to_series()
    parsed = parse_addresses(checking.columns["address"])
    for part in PARTS:
        read = parsed.get_column(part)
        own = raw.get(part)
        checking.columns[part] = read if own is None else tidy_texts(own).fill_null(read)
    community = checking.columns["community"]
    checking.columns["community"] = community.str.replace(r"(?:社区居委会|社区居民委员会|社区|居委会|村委会)$", "")


def _check_identity(checking: Checking, rows: pl.DataFrame) -> None:
    """Can the person be told? By an identity number, else by name and birth date."""
    with_id, with_name = rows["id_number"].is_not_null(), rows["name"].is_not_null()
    wrong_id = {"id_lost_digits", "id_length", "id_characters", "id_birth_date", "id_checksum"}
    spoilt = np.zeros(rows.height, dtype=bool)
    for part in checking.parts:
        if part["code"][0] in wrong_id:
            spoilt[part["at"].to_numpy()] = True
    told = with_id | pl.Series(spoilt)
    checking.find("person_unknown", "name", ~told & ~with_name)
    checking.find("person_unclear", "birth_date", ~told & with_name & rows["birth_date"].is_null())
    checking.find("name_missing", "name", told & ~with_name)


_NO_FACTS = frozenset({"sheet", "row", "id_number", "id_pattern", "registered_address", "address"})


def _check_repeats(checking: Checking, rows: pl.DataFrame) -> None:
    """The same number, or without numbers the same name, birth date and place, in an earlier row."""
    place = ["dwelling_id", *PARTS]
    spoilt = checking.rejected()
    facts = [c for c in rows.columns if c not in _NO_FACTS]
    for key in (["id_number"], ["name", "birth_date", "household", *place]):
        must = ["id_number"] if key == ["id_number"] else ["name", "birth_date"]
        usable = (
            rows.with_row_index("at").filter(~spoilt).filter(pl.all_horizontal(pl.col(c).is_not_null() for c in must))
        )
        if key != ["id_number"]:
            usable = usable.filter(pl.col("id_number").is_null())
        repeated = usable.filter(pl.len().over(key) > 1)
        if repeated.is_empty():
            continue
        first = {c: pl.col(c).first().over(key) for c in ("at", "row")}
        repeated = repeated.with_columns(first_name=pl.col("name").first().over(key))
        # A name miswritten beside the same number does not make another person.
        repeated = repeated.with_columns(unlike=~alike(repeated["name"], repeated["first_name"]))
        named = pl.col("name").is_not_null() & pl.col("first_name").is_not_null()
        same_facts = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).first().over(key)) for c in facts)
        judged = repeated.select(
            "at",
            other=pl.when(pl.col("at") == first["at"])
            .then(pl.col("row").get(1, null_on_oob=True).over(key))
            .otherwise(first["row"]),
            later=pl.col("at") != first["at"],
            conflict=(named & pl.col("unlike")).any().over(key),
            same=same_facts,
        )
        full = pl.DataFrame({"at": pl.arange(0, rows.height, eager=True, dtype=pl.UInt32)}).join(
            judged.with_columns(pl.col("at").cast(pl.UInt32)), on="at", how="left", maintain_order="left"
        )
        conflict = full["conflict"].fill_null(value=False)
        checking.find("id_conflict", "id_number", conflict, rows["id_number"], full["other"])
        later = full["later"].fill_null(value=False) & ~conflict
        checking.find("repeat_same", must[0], later & full["same"], None, full["other"])
        checking.find("repeat_differs", must[0], later & ~full["same"], None, full["other"])
