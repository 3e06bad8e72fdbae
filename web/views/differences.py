"""What a file changes about known persons, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from gridmap.i18n import Translator
from gridmap.importing.words import RESIDENCES
from web.views.persons import label

CODED: Final = ("sex", "marital_status", "presence", "ethnic_group", "relationship")
Differences = Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]


def differences_of(frame: pl.DataFrame, rows: Sequence[Mapping[str, Any]]) -> Differences:
    """The differences of some rows (sheet, row), by row."""
    if frame.is_empty() or not rows:
        return {}
    wanted = pl.DataFrame({"sheet": [r["sheet"] for r in rows], "row": [r["row"] for r in rows]})
    wanted = wanted.cast({"row": frame.schema["row"]})
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for one in frame.join(wanted, on=["sheet", "row"], how="semi").to_dicts():
        found.setdefault((one["sheet"], one["row"]), []).append(one)
    return found


def difference_text(differences: Sequence[Mapping[str, Any]], labels: Mapping[str, str], text: Translator) -> str:
    """One sentence for the differences of a row: “Marital status: married → widowed; Telephone changes”. ``labels``
    are the fields' names, translated."""
    return (
        "；".join(_one(one, labels, text) for one in differences)
        if text.language == "zh-CN"
        else "; ".join(_one(one, labels, text) for one in differences)
    )


def _one(one: Mapping[str, Any], labels: Mapping[str, str], text: Translator) -> str:
    name = one["field"]
    if name == "residence":
        return text.gettext(RESIDENCES[one["after"]])
    field = labels.get(name, name)
    if one["after"] is None:
        return text.text("{field} changes", field=field)
    before, after = (_shown(name, one[side], text) for side in ("before", "after"))
    return text.text("{field}: {before} → {after}", field=field, before=before, after=after)


def _shown(name: str, value: str | None, text: Translator) -> str:
    if value is None:
        return text.gettext("nothing")
    return str(label(name, value, text.language)) if name in CODED else value
