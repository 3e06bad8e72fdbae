"""Read what was typed into a form, with the same rules as a register that is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from geodata.errors import Phrase
from gridmap.editing.errors import Fault, FormFaultsError
from gridmap.editing.fields import Field, Record, fields_of
from gridmap.importing.findings import FINDINGS
from gridmap.importing.headings import never_stored_text
from gridmap.importing.values import half_width, parse_dates, tidy_names, tidy_texts
from gridmap.residents.rules import check_ids, mask_id, normalise_phones

Values = Mapping[str, str]
"""Values of a record by field, as text: codes as they are stored, days as ISO 8601; empty where there is none."""

_NUMBER = re.compile(r"^[0-9]+(?:\.[0-9]+)?$")
_WHOLE = re.compile(r"^-?[0-9]+$")
_REAL_SEXES = ("1", "2")


def read_values(record: Record, typed: Values, base: Values, *, masked: bool, today: date) -> dict[str, str]:
    """The values that a form asks for: those of ``base``, with what was typed in their place.

    Args:
        typed: what came with the form; fields that are missing keep their value.
        base: what the record held when the form was made.
        masked: the form showed masks: a field that still shows its mask keeps its value.
        today: the local date; later birth dates lie in the future.

    Raises:
        FormFaultsError: names every field that cannot be used.
    """
    faults: list[Fault] = []
    wanted = dict(base)
    touched: set[str] = set()
    for name, field in fields_of(record).items():
        if name not in typed:
            continue
        text = typed[name].strip()
        known = base.get(name, "")
        if text == (field.masked(known) if masked else known):
            continue
        try:
            wanted[name] = read_value(field, text)
        except FormFaultsError as error:
            faults += error.faults
        touched.add(name)
    bad = {fault.field for fault in faults}
    faults += [one for one in _required(record, wanted) if one.field not in bad]
    if record is Record.RESIDENT and touched & {"id_number", "birth_date", "sex"} and not bad:
        faults += _agreement(wanted, touched, today)
    if faults:
        raise FormFaultsError(faults)
    return wanted


def read_value(field: Field, typed: str) -> str:
    """One value as it is stored, as text; empty for none.

    Raises:
        FormFaultsError: it cannot be used.
    """
    text = str(half_width(pl.Series([typed], dtype=pl.String))[0]).strip()
    if not text:
        return ""
    if field.mask and "*" in text:
        raise _wrong(field, "Part of this value is hidden: show it first, or type all of it.")
    if field.kind in {"code", "words"}:
        if not field.allows(text):
            raise _wrong(field, "Choose one of the list.")
        return text
    if field.kind in {"text", "name", "phone", "id_number"} and len(text) > field.most:
        raise _wrong(field, "At most {most} characters.", most=field.most)
    return _READERS[field.kind](field, text)


def day_typed(name: str, typed: str) -> date | None:
    """A date of a form, in any form that an import reads; None where nothing was typed.

    Raises:
        FormFaultsError: no date.
    """
    found = parse_dates(pl.Series([typed.strip() or None], dtype=pl.String))
    if found["problem"][0] is not None:
        said = {
            "date_impossible": "There is no such day.",
            "date_incomplete": "Year, month and day are needed.",
        }.get(found["problem"][0], "Write the date as 2026-03-31.")
        raise FormFaultsError([Fault(name, Phrase(said))])
    day: date | None = found["date"][0]
    return day


def _wrong(field: Field, message: str, **params: object) -> FormFaultsError:
    return FormFaultsError([Fault(field.name, Phrase(message, params))])


def _finding(name: str, code: str, shown: str) -> Fault:
    finding = FINDINGS[code]
    return Fault(name, Phrase(finding.message, {"value": shown, "other": ""}))


def _day(field: Field, text: str) -> str:
    day = day_typed(field.name, text)
    return "" if day is None else day.isoformat()


def _name(field: Field, text: str) -> str:
    tidy: str | None = tidy_names(pl.Series([text], dtype=pl.String))[0]
    return _storable(field, tidy or "")


def _text(field: Field, text: str) -> str:
    tidy: str | None = tidy_texts(pl.Series([text], dtype=pl.String))[0]
    return _storable(field, tidy or "")


def _storable(field: Field, text: str) -> str:
    pattern, unless = never_stored_text()
    if re.search(pattern, text) and not re.search(unless, text):
        raise FormFaultsError([_finding(field.name, "never_stored", "")])
    return text


def _phone(field: Field, text: str) -> str:
    found = normalise_phones(pl.Series([text], dtype=pl.String))
    if found["problem"][0] is not None:
        raise _wrong(field, "This is no telephone number.")
    return found["phone"][0] or ""


def _id_number(field: Field, text: str) -> str:
    found = check_ids(pl.Series([text], dtype=pl.String))
    if (problem := found["problem"][0]) is not None:
        raise FormFaultsError([_finding(field.name, f"id_{problem}", mask_id(text))])
    return found["number"][0] or ""


def _number(field: Field, text: str) -> str:
    if not _NUMBER.match(text) or not field.least <= float(text) <= field.most:
        raise _wrong(field, "A number from {least} to {most}.", least=field.least, most=field.most)
    return f"{float(text):g}"


def _whole(field: Field, text: str) -> str:
    if not _WHOLE.match(text) or not field.least <= int(text) <= field.most:
        raise _wrong(field, "A whole number from {least} to {most}.", least=field.least, most=field.most)
    return str(int(text))


_READERS: Mapping[str, Callable[[Field, str], str]] = {
    "day": _day,
    "name": _name,
    "text": _text,
    "phone": _phone,
    "id_number": _id_number,
    "number": _number,
    "whole": _whole,
}


def _required(record: Record, wanted: Values) -> list[Fault]:
    return [
        Fault(name, Phrase("This must be filled in."))
        for name, field in fields_of(record).items()
        if field.required and not wanted.get(name)
    ]


def _agreement(wanted: dict[str, str], touched: set[str], today: date) -> list[Fault]:
    """An identity number says birth date and sex: they agree, and fill what is empty."""
    faults: list[Fault] = []
    born = date.fromisoformat(wanted["birth_date"]) if wanted.get("birth_date") else None
    if born is not None and born > today:
        faults.append(_finding("birth_date", "birth_date_future", born.isoformat()))
    number = wanted.get("id_number", "")
    if not number:
        return faults
    told = check_ids(pl.Series([number], dtype=pl.String))
    from_number: date | None = told["birth_date"][0]
    if from_number is None:
        return faults
    if from_number > today:
        faults.append(_finding("id_number", "id_birth_future", mask_id(number)))
    if born is None:
        wanted["birth_date"] = from_number.isoformat()
    elif born != from_number:
        # Said without the dates: one of them may be of a masked form.
        place = "birth_date" if "birth_date" in touched else "id_number"
        faults.append(Fault(place, Phrase("Birth date and identity number do not agree.")))
    if wanted.get("sex") not in _REAL_SEXES:
        wanted["sex"] = told["sex"][0]
    elif wanted["sex"] != told["sex"][0]:
        place = "sex" if "sex" in touched else "id_number"
        faults.append(Fault(place, Phrase("Sex and identity number do not agree.")))
    return faults
