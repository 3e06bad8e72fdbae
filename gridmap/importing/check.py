"""Check the rows of a sheet: typed columns, and for every doubtful value its code. Nothing is guessed.

A value that is missing stays missing; a value that cannot be understood is left out and named. Everything works on
whole columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from geodata.readers.table import SheetTable
from gridmap.buildings.states import read_state
from gridmap.codes import code_list
from gridmap.duplicates.names import alike
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.headings import Column, ColumnStatus, map_columns, never_stored_text
from gridmap.importing.values import parse_dates, tidy_names, tidy_texts
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.residents.rules import check_ids, mask_id, mask_name, mask_phone, normalise_phones

CODED_FIELDS = {
    "sex": "sex",
    "marital_status": "marital_status",
    "relationship": "relationship",
    "presence": "presence",
    "ethnic_group": "ethnic_group",
}
TEXT_FIELDS = ("household", "registered_address", "work_unit", "address", "cell", "dwelling_id", "building_id")
_ISSUE_SCHEMA = {
    "at": pl.Int64,
    "field": pl.String,
    "code": pl.String,
    "weight": pl.Int8,
    "value": pl.String,
    "other": pl.Int64,
}
_MASKS = {"id_number": mask_id, "phone": mask_phone, "name": mask_name}


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The rows of a file as typed columns, in their order.

    ``rows``: ``sheet``, ``row`` (the number a person sees), the fields of a person (``id_number`` normalised, ``name``,
    ``sex``, ``birth_date`` – from the identity number where the column is empty –, codes, ``phone`` …), the parts of
    the address, ``valid_from``, ``verified_on``, ``use``, ``tenure``, ``dwelling_id``, ``building_id``; ``weight`` (the
    worst finding, see `Weight`), ``reason`` and ``reason_field`` (of that finding). ``issues``: ``at`` (0-based
    position in ``rows``), ``field``, ``code``, ``weight``, ``value`` (masked), ``other`` (a row number or a count).
    ``raw``: the imported columns by field, as text; ``columns``: what became of every column, by sheet.
    """

    columns: Mapping[str, tuple[Column, ...]]
    raw: pl.DataFrame
    rows: pl.DataFrame
    issues: pl.DataFrame

    def headings(self) -> dict[str, str]:
        """The heading of the column that fills each field, as the first sheet that has it writes it."""
        found: dict[str, str] = {}
        for columns in self.columns.values():
            for column in columns:
                if column.status is ColumnStatus.MAPPED and column.field:
                    found.setdefault(column.field, column.heading)
        return found


@dataclass(slots=True)
class _Checking:
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
        at = mask.arg_true().cast(pl.Int64)
        shown = values.filter(mask).cast(pl.String) if values is not None else None
        masked = _MASKS.get(field_name)
        if shown is not None and masked is not None:
            shown = pl.Series([masked(text) if text else text for text in shown.to_list()], dtype=pl.String)
        self.parts.append(
            pl.DataFrame({"at": at}).with_columns(
                field=pl.lit(field_name),
                code=pl.lit(code),
                weight=pl.lit(int(FINDINGS[code].weight), dtype=pl.Int8),
                value=shown if shown is not None else pl.lit(None, dtype=pl.String),
                other=other.filter(mask).cast(pl.Int64) if other is not None else pl.lit(None, dtype=pl.Int64),
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
            return pl.DataFrame(schema=_ISSUE_SCHEMA)
        return pl.concat(self.parts).sort(["at", "weight"], descending=[False, True], maintain_order=True)


def check_rows(
    tables: Sequence[SheetTable], *, today: date, chosen: Mapping[str, Mapping[str, str]] | None = None
) -> CheckedRows:
    """Check the residents of one file, all its sheets together. ``today`` is the local date: later dates lie in the
    future. ``chosen`` is what somebody decided for columns, by sheet and letters."""
    picked = [pick_columns(table, (chosen or {}).get(table.name)) for table in tables]
    raw_frame = pl.concat([pl.DataFrame(columns) for columns, _ in picked], how="diagonal")
    raw = {column.name: column for column in raw_frame.iter_columns()}
    checking = _Checking(raw_frame.height)
    _check_person(checking, raw, _typed_ids(tables, [columns for _, columns in picked]), today)
    _check_codes(checking, raw)
    _check_dates(checking, raw, today)
    _read_states(checking, raw)
    _read_places(checking, raw)
    sheets = [pl.Series([table.name], dtype=pl.String).new_from_index(0, table.rows.height) for table in tables]
    numbers = np.concatenate([table.row_numbers for table in tables])
    rows = pl.DataFrame({"sheet": pl.concat(sheets), "row": numbers, **checking.columns})
    _check_identity(checking, rows)
    _check_repeats(checking, rows)
    issues = checking.issues()
    columns = {table.name: tuple(columns) for table, (_, columns) in zip(tables, picked, strict=True)}
    return CheckedRows(columns, raw_frame, with_verdicts(rows, issues), issues)


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


def _none(height: int, dtype: type[pl.DataType] = pl.String) -> pl.Series:
    return pl.Series([None], dtype=dtype()).new_from_index(0, height)


def _check_person(
    checking: _Checking, raw: dict[str, pl.Series], typed: npt.NDArray[np.bool_] | None, today: date
) -> None:
    height = checking.height
    given = raw.get("id_number", _none(height))
    ids = check_ids(given, typed)
    for problem in ("lost_digits", "masked", "length", "characters", "birth_date", "checksum"):
        checking.find(f"id_{problem}", "id_number", ids["problem"] == problem, given)
    written = raw.get("birth_date", _none(height))
    births = parse_dates(written)
    born, from_id = births["date"], ids["birth_date"]
    for problem in ("date_impossible", "date_incomplete", "date_unclear"):
        checking.find(f"birth_{problem}", "birth_date", births["problem"] == problem, written)
    checking.find("birth_date_future", "birth_date", born > today, written)
    checking.find("id_birth_future", "id_number", from_id > today, given)
    checking.find("birth_differs", "birth_date", born != from_id, written)
    sex = code_list("sex").lookup(raw.get("sex", _none(height)))
    stated = sex.is_in(["1", "2"])
    checking.find("sex_differs", "sex", stated & (sex != ids["sex"]), raw.get("sex"))
    phones = normalise_phones(raw.get("phone", _none(height)))
    checking.find("phone_wrong", "phone", phones["problem"].is_not_null(), raw.get("phone"))
    checking.columns |= {
        "id_number": ids["number"],
        "name": tidy_names(raw.get("name", _none(height))),
        "birth_date": born.fill_null(from_id),
        "sex": pl.select(pl.when(stated).then(sex).otherwise(pl.coalesce(ids["sex"], sex))).to_series(),
        "phone": phones["phone"],
        "head": tidy_names(raw.get("head", _none(height))),
    }


def _check_codes(checking: _Checking, raw: dict[str, pl.Series]) -> None:
    for name, list_name in CODED_FIELDS.items():
        values = raw.get(name)
        if values is None:
            if name != "sex":
                checking.columns[name] = _none(checking.height)
            continue
        codes = code_list(list_name).lookup(values)
        said_nothing = values.str.contains(r"^\s*(?:无|/|-+|—+)?\s*$")
        checking.find(f"{name}_unknown", name, values.is_not_null() & codes.is_null() & ~said_nothing, values)
        if name != "sex":
            checking.columns[name] = codes


def _check_dates(checking: _Checking, raw: dict[str, pl.Series], today: date) -> None:
    for name in ("valid_from", "verified_on"):
        values = raw.get(name, _none(checking.height))
        dates = parse_dates(values)
        future = (dates["date"] > today).fill_null(value=False)
        for problem in ("impossible", "incomplete", "unclear"):
            checking.find(f"{name}_{problem}", name, dates["problem"] == f"date_{problem}", values)
        checking.find(f"{name}_future", name, future, values)
        checking.columns[name] = pl.select(pl.when(~future).then(dates["date"])).to_series()


def _read_states(checking: _Checking, raw: dict[str, pl.Series]) -> None:
    """Use and tenure of the dwelling, from whichever of its three columns says so."""
    given = [raw[name].fill_null("") for name in ("use", "state", "tenure") if name in raw]
    if not given:
        checking.columns |= {"use": _none(checking.height), "tenure": _none(checking.height)}
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


def _read_places(checking: _Checking, raw: dict[str, pl.Series]) -> None:
    """The parts of the address: what stands in a column of its own goes before what is read from the free text."""
    for name in TEXT_FIELDS:
        values = raw.get(name)
        checking.columns[name] = _none(checking.height) if values is None else tidy_texts(values)
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


def _check_identity(checking: _Checking, rows: pl.DataFrame) -> None:
    """Can the person be told? By an identity number, else by name and birth date."""
    with_id, with_name = rows["id_number"].is_not_null(), rows["name"].is_not_null()
    wrong_id = {"id_lost_digits", "id_masked", "id_length", "id_characters", "id_birth_date", "id_checksum"}
    spoilt = np.zeros(rows.height, dtype=bool)
    for part in checking.parts:
        if part["code"][0] in wrong_id:
            spoilt[part["at"].to_numpy()] = True
    told = with_id | pl.Series(spoilt)
    checking.find("person_unknown", "name", ~told & ~with_name)
    checking.find("person_unclear", "birth_date", ~told & with_name & rows["birth_date"].is_null())
    checking.find("name_missing", "name", told & ~with_name)


def _check_repeats(checking: _Checking, rows: pl.DataFrame) -> None:
    """The same number, or without numbers the same name, birth date and place, in an earlier row."""
    place = ["dwelling_id", *PARTS]
    spoilt = checking.rejected()
    facts = [c for c in rows.columns if c not in {"sheet", "row", "id_number", "registered_address", "address"}]
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
        unlike = ~alike(repeated["name"], repeated["first_name"])
        named = pl.col("name").is_not_null() & pl.col("first_name").is_not_null()
        same_facts = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).first().over(key)) for c in facts)
        judged = repeated.select(
            "at",
            other=pl.when(pl.col("at") == first["at"])
            .then(pl.col("row").get(1, null_on_oob=True).over(key))
            .otherwise(first["row"]),
            later=pl.col("at") != first["at"],
            conflict=(named & unlike).any().over(key),
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
