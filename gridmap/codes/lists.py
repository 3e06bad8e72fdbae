"""Load code lists and look values up: by code, by label in either language, by the wordings people use."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import polars as pl

from gridmap.errors import GridmapError


class UnknownCodeListError(GridmapError):
    """There is no code list of this name."""

    code = "code_list_unknown"
    message = "There is no code list called {name}."
    hint = "Use one of these: {names}."


def normalise_wording(text: str) -> str:
    """The form in which values are compared: half width, lower case, no spaces or brackets round the whole."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    return plain.strip("()[]【】、,.。;:")


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes with its standard. ``index`` maps every normalised wording to the code that is stored."""

    name: str
    standard: str
    edition: str
    source: str
    labels_zh: Mapping[str, str]
    labels_en: Mapping[str, str]
    confidence: Mapping[str, str]
    stored_as: Mapping[str, str]
    index: Mapping[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that may be stored, in the order of the standard."""
        return tuple(code for code in self.labels_zh if code not in self.stored_as)

    def code_of(self, text: str) -> str | None:
        """The code of one value, or ``None`` where it is not on the list."""
        wording = normalise_wording(text)
        found = self.index.get(wording)
        if found is None and wording.isdecimal():
            # A spreadsheet drops the leading zero of 01.
            width = max(len(code) for code in self.labels_zh)
            found = self.index.get(wording.zfill(width))
        return found

    def lookup(self, values: pl.Series) -> pl.Series:
        """Return the code of each value (String, same length); null where it is empty or not on the list."""
        texts = values.unique().drop_nulls().to_list()
        known = {text: code for text in texts if (code := self.code_of(text)) is not None}
        if not known:
            return pl.Series(values.name, [None] * len(values), dtype=pl.String)
        return values.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)

    def label(self, code: str, language: str = "zh") -> str:
        """The label of a code in Chinese or English; the code itself where it is not on the list."""
        labels = self.labels_en if language.startswith("en") else self.labels_zh
        return labels.get(code) or code

    def labels(self, codes: pl.Series, language: str = "zh") -> pl.Series:
        """The labels of a series of codes; null stays null."""
        labels = self.labels_en if language.startswith("en") else self.labels_zh
        return codes.replace(list(labels), list(labels.values()))


@cache
def code_lists() -> Mapping[str, CodeList]:
    """Every code list by name."""
    texts = files("gridmap.codes")
    described = tomllib.loads(texts.joinpath("lists.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _load(name, entry) for name, entry in described.items()})


def code_list(name: str) -> CodeList:
    """One code list. Raises `UnknownCodeListError`."""
    lists = code_lists()
    if name not in lists:
        raise UnknownCodeListError(name=name, names=", ".join(lists))
    return lists[name]


def _load(name: str, entry: Mapping[str, object]) -> CodeList:
    data = files("gridmap.codes").joinpath("data", f"{name}.csv").read_bytes()
    rows = pl.read_csv(data, infer_schema=False).to_dicts()
    stored_as = _strings(entry["stored_as"])
    index: dict[str, str] = {}
    for row in rows:
        code = str(row["code"])
        kept = stored_as.get(code, code)
        for wording in (code, row["zh"], row["en"], row.get("letters")):
            # setdefault: where two codes share an English label (son, only son) the first one keeps it.
            if wording:
                index.setdefault(normalise_wording(str(wording)), kept)
        short = str(row["zh"]).removesuffix("族")
        if len(short) > 1:
            index.setdefault(normalise_wording(short), kept)
    for wording, code in _strings(entry["wordings"]).items():
        index[normalise_wording(wording)] = stored_as.get(code, code)
    return CodeList(
        name=name,
        standard=str(entry["standard"]),
        edition=str(entry["edition"]),
        source=str(entry["source"]),
        labels_zh=MappingProxyType({str(row["code"]): str(row["zh"]) for row in rows}),
        labels_en=MappingProxyType({str(row["code"]): str(row["en"] or "") for row in rows}),
        confidence=MappingProxyType({str(row["code"]): str(row["confidence"]) for row in rows}),
        stored_as=MappingProxyType(stored_as),
        index=MappingProxyType(index),
    )


def _strings(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
