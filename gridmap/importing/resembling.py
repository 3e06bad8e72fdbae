"""Rows that resemble somebody: new persons who may be known already, and wrong numbers that are one slip from a right
one. Nothing is decided here: pairs are noted for somebody to compare, and rows are told what they resemble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from gridmap.duplicates.names import alike
from gridmap.duplicates.numbers import repairs
from gridmap.duplicates.repository import count_persons, household_key, numbers_of, partners_of, people_of
from gridmap.duplicates.scoring import SCHEMA, find_pairs
from gridmap.importing.findings import FINDINGS
from gridmap.importing.known import holders
from gridmap.importing.reach import Reach
from gridmap.residents.rules import mask_id
from gridmap.store.store import UnitOfWork

WRONG_NUMBERS = ("id_checksum", "id_birth_date")
MOST_WRONG = 10_000
"""Wrong numbers of one file that are looked into; where there are more, the column is broken, not its cells."""

_PAIRS: Final[dict[str, Any]] = {
    "region": pl.Int64, "one": pl.Binary, "other": pl.Binary, "bits": pl.Float64, "reasons": pl.List(pl.String)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resembling:
    """``pairs``: region, one, other (persons), bits, reasons – to be noted once the persons are written. ``issues``:
    findings on rows."""

    pairs: pl.DataFrame
    issues: pl.DataFrame


def resembling_persons(
    unit: UnitOfWork, rows: pl.DataFrame, matched: pl.DataFrame, regions: Sequence[int], reach: Reach
) -> Resembling:
    """Compare the new persons of a file with each other and with those who are known.

    ``rows`` are the rows with their keys and places, ``matched`` those that are stored (at, lead, person_id, fresh).
    A row is told of a known person only where whoever hands in is responsible for that person too.
    """
    leads = matched.filter(pl.col("fresh") & (pl.col("at") == pl.col("lead"))).select("at", "person_id")
    new = rows.drop("person_id", strict=False).join(leads, on="at", how="inner", maintain_order="left")
    if new.is_empty():
        return Resembling(pl.DataFrame(schema=_PAIRS), _issues(new, "alike_row"))
    new = new.with_columns(household_key=household_key())
    own = new.select("person_id", *[pl.col(name).cast(kind) for name, kind in SCHEMA.items() if name != "fresh"])
    partners = people_of(unit, regions, partners_of(unit, regions, own))
    people = pl.concat([own, partners]).with_columns(fresh=pl.int_range(pl.len()) < own.height)
    numbers = new["id_number"].to_list()

    def opened(at: Sequence[int]) -> list[str | None]:
        ids = [people["person_id"][row] for row in at if row >= len(numbers)]
        known = numbers_of(unit, regions, ids) if ids else {}
        return [numbers[row] if row < len(numbers) else known.get(people["person_id"][row]) for row in at]

    found = find_pairs(people, opened, records=count_persons(unit, regions) + own.height)
    pairs = found.select(
        "bits", "reasons", region=people["region"].gather(found["one"]),
        one=people["person_id"].gather(found["one"]), other=people["person_id"].gather(found["other"]),
    )  # fmt: skip
    return Resembling(pairs, _told(unit, new, found, people, reach))


def _told(unit: UnitOfWork, new: pl.DataFrame, found: pl.DataFrame, people: pl.DataFrame, reach: Reach) -> pl.DataFrame:
    """A note on the later of two rows, and on the row of a new person who resembles a known one."""
    height = new.height
    both = found.filter(pl.col("other") < height)
    later = new.select("at", "row")[both["other"].to_list()].with_columns(met=new["row"].gather(both["one"]))
    known = found.filter((pl.col("one") < height) & (pl.col("other") >= height))
    met = people[known["other"].to_list()].select("person_id", "region")
    met = met.with_columns(at=new["at"].gather(known["one"])).unique(maintain_order=True)
    hidden = reach.beyond(unit, met).implode() if met.height else pl.Series([[]], dtype=pl.List(pl.Int64))
    seen = met.filter(~pl.col("at").is_in(hidden)).unique("at", keep="first", maintain_order=True)
    return pl.concat([_issues(later.unique("at", keep="first"), "alike_row", "met"), _issues(seen, "alike_known")])


def resembling_numbers(
    unit: UnitOfWork, rows: pl.DataFrame, issues: pl.DataFrame, given: pl.Series, reach: Reach, *,
    regions: Sequence[int], today: date,
) -> pl.DataFrame:  # fmt: skip
    """For rows whose number is wrong: whose it is with one character changed or two neighbours exchanged, if that
    person bears the name of the row. ``given``: the numbers as typed. Returns findings."""
    wrong = issues.filter(pl.col("code").is_in(WRONG_NUMBERS)).get_column("at").unique(maintain_order=True)
    asked = rows.join(wrong.to_frame(), on="at", how="semi", maintain_order="left").filter(pl.col("name").is_not_null())
    if not 0 < asked.height <= MOST_WRONG:
        return _issues(asked.head(0), "id_near_row")
    asked = asked.select("at", "row", "name", typed=given.gather(asked["at"]))
    mended = repairs(asked["typed"], today)
    mended = mended.with_columns(
        asked[mended["at"].to_list()].select("at", "name", "typed"),
        id_index=pl.Series(unit.vault.index_many(mended["number"].to_list(), "id"), dtype=pl.Binary),
    )
    others = rows.filter(pl.col("id_index").is_not_null()).select("id_index", other_name="name", met="row")
    in_file = mended.join(others, on="id_index", how="inner", maintain_order="left")
    known = holders(unit, regions, mended["id_index"].to_list())
    in_register = mended.join(known, on="id_index", how="inner", maintain_order="left")
    hidden = reach.beyond(unit, in_register.select("at", "person_id", "region"))
    in_register = in_register.filter(~pl.col("at").is_in(hidden.implode()))
    near = in_file.filter(alike(in_file["name"], in_file["other_name"])).unique("at", keep="first", maintain_order=True)
    met = in_register.filter(alike(in_register["name"], in_register["known_name"])).unique("at", keep="first")
    return pl.concat([_issues(near, "id_near_row", "met", masked=True), _issues(met, "id_near_known", masked=True)])


def _issues(rows: pl.DataFrame, code: str, other: str | None = None, *, masked: bool = False) -> pl.DataFrame:
    finding = FINDINGS[code]
    field = "id_number" if masked else "name"
    shown = [mask_id(text) for text in rows["typed"].to_list()] if masked else [None] * rows.height
    return (
        rows.select("at")
        .cast(pl.Int64)
        .with_columns(
            field=pl.lit(field),
            code=pl.lit(code),
            weight=pl.lit(int(finding.weight), dtype=pl.Int8),
            value=pl.Series(shown, dtype=pl.String),
            other=rows[other].cast(pl.Int64) if other else pl.lit(None, dtype=pl.Int64),
        )
    )
