"""What the linking of addresses says about a row: why it has no dwelling, or what was overlooked to find it."""

from __future__ import annotations

import polars as pl

from gridmap.importing.findings import Weight
from gridmap.importing.matching import make_issues
from gridmap.importing.places import Places
from gridmap.linking.link import LinkResult

PREFIX = "linked_"
_PARTS = ("community", "compound", "road", "road_no", "building", "unit", "room")


def link_issues(rows: pl.DataFrame, links: LinkResult, places: Places) -> pl.DataFrame:
    """A finding for every row without a dwelling, and a note for every one whose place was not named letter by letter.

    Rows that are rejected anyway get none. A note's code is ``linked_`` and the code of the evidence; its value is the
    place as the register names it.
    """
    parts = [pl.col(name).fill_null("") for name in _PARTS]
    written = rows.select(pl.coalesce("address", pl.concat_str(parts, separator=" ").str.strip_chars())).to_series()
    frame = pl.DataFrame(
        {
            "at": rows["at"],
            "reason": links.reason,
            "evidence": links.evidence,
            "n": pl.Series(links.candidates),
            "written": written,
            "place": _official(places).gather(pl.Series(links.building).replace(-1, None)),
        }
    ).filter(rows["weight"] < int(Weight.REJECT))
    reasons = frame.filter(pl.col("reason").is_not_null())
    found = [
        make_issues(part["at"], "address", str(part["reason"][0]), part["n"], part["written"])
        for part in reasons.partition_by("reason", maintain_order=True)
    ]
    overlooked = frame.filter(pl.col("evidence").fill_null("") != "").with_columns(pl.col("evidence").str.split(","))
    overlooked = overlooked.explode("evidence", empty_as_null=False, keep_nulls=False)
    found += [
        make_issues(part["at"], "address", PREFIX + str(part["evidence"][0]), None, part["place"])
        for part in overlooked.partition_by("evidence", maintain_order=True)
    ]
    return pl.concat([make_issues(rows["at"].head(0), "address", "address_missing"), *found])


def _official(places: Places) -> pl.Series:
    """Every building by compound and number, else by its name, else by road and number."""
    text = {
        name: pl.col(name).fill_null("") if name in places.buildings.columns else pl.lit("")
        for name in ("compound", "number", "name", "road", "road_no")
    }
    return places.buildings.select(
        place=pl.when(text["compound"] != "")
        .then(text["compound"] + text["number"])
        .when(text["name"] != "")
        .then(text["name"])
        .otherwise(text["road"] + text["road_no"] + text["number"])
    ).to_series()
