"""The fields of records that people edit, from the data file beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from gridmap.codes import code_list
from gridmap.residents.rules import mask_id, mask_name, mask_phone

HIDDEN = "***"
"""What stands for a value of which nothing is shown."""

_MASKS: Mapping[str, Callable[[str], str]] = {
    "name": mask_name,
    "id_number": mask_id,
    "phone": mask_phone,
    "all": lambda _text: HIDDEN,
}


class Record(StrEnum):
    """Kinds of records that people edit."""

    RESIDENT = "resident"
    HOUSEHOLD = "household"
    DWELLING = "dwelling"
    ORGANISATION = "organisation"


class Nature(StrEnum):
    """What a new value means: the world is different from a day on, or what we believed was wrong all along."""

    USUAL = "usual"
    CHANGE = "change"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. ``label`` is a message id; ``most`` is the greatest length of a text or the greatest
    number; ``words`` maps what is stored to message ids where ``kind`` is ``words``."""

    name: str
    label: str
    kind: str
    usual: Nature
    most: int
    least: int
    required: bool
    code_list: str | None
    mask: str | None
    words: Mapping[str, str]

    def masked(self, text: str) -> str:
        """The value as it is shown to whoever has not asked to see it."""
        return _MASKS[self.mask](text) if self.mask and text else text

    def shown(self, text: str, language: str) -> str:
        """The value in words: the label of a code. Words of `words` are message ids and left to the caller."""
        if self.kind == "code" and self.code_list and text:
            return code_list(self.code_list).label(text, language)
        return self.words.get(text, text)

    def allows(self, text: str) -> bool:
        """Whether a code or word is one of the list; other kinds allow everything here."""
        if self.kind == "code" and self.code_list:
            return text in code_list(self.code_list).codes
        return not self.words or text in self.words


@cache
def fields_of(record: Record) -> Mapping[str, Field]:
    """The fields of a kind of record by name, in the order of the form."""
    content = tomllib.loads(files("gridmap.editing").joinpath("fields.toml").read_text(encoding="utf-8"))
    words = content["words"]
    return MappingProxyType({name: _field(name, entry, words) for name, entry in content[record.value].items()})


def _field(name: str, entry: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> Field:
    listed: str = entry.get("list", "")
    return Field(
        name=name,
        label=entry["label"],
        kind=entry["kind"],
        usual=Nature(entry["usual"]),
        most=entry.get("most", 0),
        least=entry.get("least", 0),
        required=entry.get("required", False),
        code_list=listed if entry["kind"] == "code" else None,
        mask=entry.get("mask"),
        words=MappingProxyType(words[listed]) if entry["kind"] == "words" else MappingProxyType({}),
    )
