"""What a column means: its heading says it, and some headings are never imported."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_OF_PERSONS = frozenset({"name", "id_number", "sex", "birth_date", "age", "phone", "work_unit", "ethnic_group"})
# A number before a heading, as forms have it: 1.姓名, （2）性别.
_NUMBERED = re.compile(r"^\s*[(（]?\d{1,2}[)）.、．]\s*")


class ColumnStatus(StrEnum):
    """What becomes of a column."""

    MAPPED = "mapped"
    IGNORED = "ignored"
    UNKNOWN = "unknown"
    REPEATED = "repeated"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its letters, its heading as written, the field it fills and why it is not imported."""

    letters: str
    heading: str
    field: str | None
    status: ColumnStatus
    reason: str = ""


_REASONS = MappingProxyType(
    {
        ColumnStatus.UNKNOWN: "the heading is not known",
        ColumnStatus.REPEATED: "another column already fills this field",
        ColumnStatus.DROPPED: "never stored, by rule",
    }
)


@dataclass(frozen=True, slots=True)
class _Rules:
    fields: Mapping[str, str]
    ignored: Mapping[str, str]
    checks: Mapping[str, str]
    empty_titles: tuple[str, ...]
    other_titles: tuple[str, ...]
    never: re.Pattern[str]
    never_text_source: str
    never_text_unless: str


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).lower()
    return re.sub(r"[\s_\-*:：、,，/\\·.]", "", text)


def _without_brackets(heading: str) -> str:
    return re.sub(r"[(\[【〔<《][^)\]】〕>》]*[)\]】〕>》]", "", unicodedata.normalize("NFKC", heading))


@cache
def _rules() -> _Rules:
    package = files("gridmap.importing")
    known = tomllib.loads(package.joinpath("headings.toml").read_text(encoding="utf-8"))
    titles = known.pop("titles")
    never = tomllib.loads(package.joinpath("never_stored.toml").read_text(encoding="utf-8"))
    fields = {_plain(heading): field for field, entry in known.items() for heading in entry["headings"]}
    ignored, checks = (
        {field: entry["reason"] for field, entry in known.items() if entry["use"] == use} for use in ("ignore", "check")
    )
    text_source = "(?i)" + "|".join(never["text"]["patterns"])
    return _Rules(
        fields=MappingProxyType(fields),
        ignored=MappingProxyType(ignored),
        checks=MappingProxyType(checks),
        empty_titles=tuple(titles["empty"]),
        other_titles=tuple(titles["another"]),
        never=re.compile("|".join(never["heading"]["patterns"]), re.IGNORECASE),
        never_text_source=text_source,
        never_text_unless=never["text"]["unless"],
    )


def is_never_stored(heading: str) -> bool:
    """Whether a column of this heading must not be stored, whatever it holds."""
    compact = re.sub(r"[\s*:：]", "", unicodedata.normalize("NFKC", heading)).lower().replace("-", "_")
    spaced = re.sub(r"[\s\-]+", "_", unicodedata.normalize("NFKC", heading).strip()).lower()
    rules = _rules()
    return bool(rules.never.search(compact) or rules.never.search(spaced))


def never_stored_text() -> tuple[str, str]:
    """Two regular expressions (Rust and Python syntax): of texts that are never stored or handed back, and of those
    among them that are names of employers, which may."""
    rules = _rules()
    return rules.never_text_source, rules.never_text_unless


def field_of(heading: str) -> str | None:
    """The field a heading names, ignored ones included; ``None`` for a heading that is not known."""
    fields = _rules().fields
    for text in (heading, _without_brackets(heading), _NUMBERED.sub("", heading)):
        found = fields.get(_plain(text))
        if found is not None:
            return found
    return None


def join_headings(title: str, text: str) -> str:
    """One heading from a title and the text below it: 住址 and 楼栋 are 楼栋, 户籍 and 地址 are 户籍地址, and what
    stands under the title of another person (配偶 and 姓名) stays with it, for it does not mean the resident."""
    both = f"{title}{text}"
    if is_never_stored(title) or is_never_stored(both):
        return both
    rules = _rules()
    plain = _plain(title)
    short = plain
    for word in rules.empty_titles:
        short = short.replace(word, "")
    for joined in (f"{short}{text}", both):
        if field_of(joined) is not None:
            return joined
    if field_of(text) in _OF_PERSONS and any(word in plain for word in rules.other_titles):
        return both
    return text if is_known_heading(text) else both


def plain_heading(heading: str) -> str:
    """The form in which headings are compared."""
    return _plain(heading)


def is_known_heading(text: str) -> bool:
    """Whether a cell is a heading known here: what finds the heading row of a sheet."""
    return len(text) <= 40 and (field_of(text) is not None or (len(text) <= 20 and is_never_stored(text)))


def importable_fields() -> tuple[str, ...]:
    """The fields a column can fill."""
    rules = _rules()
    return tuple(field for field in dict.fromkeys(rules.fields.values()) if field not in rules.ignored)


def map_columns(
    letters: Sequence[str], headings: Sequence[str], filled: Sequence[bool], chosen: Mapping[str, str] | None = None
) -> list[Column]:
    """Say for every column what becomes of it.

    A column without heading and without a value (``filled`` false) is left out. Where two columns name one field,
    the first that holds anything is taken and the other is named as repeated. ``chosen`` is what somebody decided for
    some columns by their letters: a field, or ``""`` for not importing; what is never stored cannot be chosen.
    """
    taken: set[str | None] = set()
    columns: list[Column] = []
    for letter, heading, has_values in zip(letters, headings, filled, strict=True):
        if not heading and not has_values:
            continue
        column = _judge(letter, heading, (chosen or {}).get(letter))
        if column.status is ColumnStatus.MAPPED:
            if column.field in taken:
                reason = _REASONS[ColumnStatus.REPEATED]
                column = Column(letter, heading, column.field, ColumnStatus.REPEATED, reason)
            elif has_values:
                taken.add(column.field)
        columns.append(column)
    return columns


def _judge(letters: str, heading: str, chosen: str | None) -> Column:
    if heading and is_never_stored(heading):
        return Column(letters, heading, None, ColumnStatus.DROPPED, _REASONS[ColumnStatus.DROPPED])
    if chosen == "":
        return Column(letters, heading, None, ColumnStatus.IGNORED, "left out by choice")
    checks = _rules().checks
    if chosen in importable_fields():
        return Column(letters, heading, chosen, ColumnStatus.MAPPED, checks.get(chosen, ""))
    field = field_of(heading) if heading else None
    if field is None:
        return Column(letters, heading, None, ColumnStatus.UNKNOWN, _REASONS[ColumnStatus.UNKNOWN])
    ignored = _rules().ignored.get(field)
    if ignored is not None:
        return Column(letters, heading, field, ColumnStatus.IGNORED, ignored)
    return Column(letters, heading, field, ColumnStatus.MAPPED, checks.get(field, ""))
