"""Which person a row means: one the register knows, a new one, or one that cannot be told.

A person is known by the identity number; without one by name, birth date and dwelling, household number, or area
where the room is unknown. A known number under another name is the same person where the names are alike (most
characters the same, or the same sound): then the name is a correction. Else two persons claim the number: both are
kept and marked as disputed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from gridmap.duplicates.names import alike
from gridmap.importing.findings import FINDINGS
from gridmap.importing.known import holders, holders_everywhere, namesakes
from gridmap.importing.reach import Reach
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import UnitOfWork

# Findings that leave open who or what is meant: nothing is written for such a row.
BLOCKING = ("person_unclear", "repeat_differs", "person_ambiguous", "elsewhere", "not_responsible", "area_too_wide")
PLACE = ("dwelling_id", "building_id", "area_id")


@dataclass(frozen=True, slots=True)
class Matched:
    """``rows``: at, lead (the row that stands for the person in this file), person_id, fresh, disputed – for the rows
    that are to be stored. ``issues``: further findings. ``disputed``: person_id and region of known persons whose
    number another one claims. ``first``: at of the leads that may hold the number as its first."""

    rows: pl.DataFrame
    issues: pl.DataFrame
    disputed: pl.DataFrame
    first: pl.Series


def make_issues(
    at: pl.Series, field: str, code: str, other: pl.Series | None = None, value: pl.Series | None = None
) -> pl.DataFrame:
    """Findings of one code for some rows, in the form of `CheckedRows.issues`."""
    return pl.DataFrame({"at": at.cast(pl.Int64)}).with_columns(
        field=pl.lit(field),
        code=pl.lit(code),
        weight=pl.lit(int(FINDINGS[code].weight), dtype=pl.Int8),
        value=value if value is not None else pl.lit(None, dtype=pl.String),
        other=other.cast(pl.Int64) if other is not None else pl.lit(None, dtype=pl.Int64),
    )


def match_persons(unit: UnitOfWork, rows: pl.DataFrame, regions: Sequence[int], reach: Reach) -> Matched:
    """Match storable rows (``at``, ``id_index``, ``name``, ``birth_date``, ``household``, place, ``region``).

    A person beyond ``reach`` is not taken: a row that knows a number must not open somebody else's record.
    """
    issues: list[pl.DataFrame] = []
    wide = rows.filter(pl.col("region").is_null())
    issues.append(make_issues(wide["at"], "address", "area_too_wide"))
    placed = _with_leads(rows.filter(pl.col("region").is_not_null()))
    leads = placed.filter(pl.col("at") == pl.col("lead"))
    by_id, claimed = _by_id(unit, leads, regions)
    foreign = [reach.beyond(unit, known.select("at", "person_id", "region")) for known in (by_id, claimed)]
    by_id = by_id.join(foreign[0].to_frame(), on="at", how="anti").select("at", "person_id")
    # Whoever hands in must not learn of somebody beyond their reach, nor have the record marked.
    disputed = claimed.join(foreign[1].to_frame(), on="at", how="anti")
    clashing = disputed.get_column("at").unique()
    settled = pl.concat([by_id["at"], clashing, *foreign])
    rest = leads.join(by_id, on="at", how="anti")
    rest_free = rest.filter(~pl.col("at").is_in(settled.implode()))
    elsewhere, hidden = _elsewhere(unit, rest_free, reach)
    foreign.append(hidden)
    rest_free = rest_free.filter(~pl.col("at").is_in(pl.concat([elsewhere, hidden]).implode()))
    by_name, ambiguous, unseen = _by_name(unit, rest_free, regions, reach)
    foreign.append(unseen)
    beyond = pl.concat(foreign).unique(maintain_order=True)
    issues += [
        make_issues(elsewhere, "id_number", "elsewhere"),
        make_issues(ambiguous["at"], "name", "person_ambiguous", ambiguous["n"]),
        make_issues(clashing, "id_number", "id_disputed"),
        make_issues(beyond, "id_number", "not_responsible"),
    ]
    known = pl.concat([by_id, by_name]).with_columns(fresh=pl.lit(value=False))
    blocked = pl.concat([elsewhere, ambiguous["at"], beyond]).implode()
    new = rest.join(by_name, on="at", how="anti").filter(~pl.col("at").is_in(blocked)).select("at")
    new = new.with_columns(person_id=pl.Series(uuid7_bytes(new.height), dtype=pl.Binary), fresh=pl.lit(value=True))
    found = pl.concat([known, new])
    result = placed.select("at", "lead", "id_index").join(
        found.rename({"at": "lead"}), on="lead", how="inner", maintain_order="left"
    )
    leading = result.filter(pl.col("at") == pl.col("lead"))
    shared = leading.filter(pl.col("id_index").is_not_null()).filter(pl.len().over("id_index") > 1)
    doubtful = pl.concat([shared["at"], clashing]).implode()
    first = leading.filter("fresh", pl.col("id_index").is_not_null(), ~pl.col("at").is_in(clashing.implode()))
    return Matched(
        rows=result.drop("id_index").with_columns(disputed=pl.col("lead").is_in(doubtful)),
        issues=pl.concat(issues),
        disputed=disputed.select("person_id", "region").unique(),
        first=first.unique("id_index", keep="first", maintain_order=True)["at"],
    )


def _with_leads(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``lead``: the first row of the file that means the same person."""
    named = rows.with_columns(
        known_as=pl.when(pl.col("id_index").is_not_null())
        .then(pl.col("name").fill_null(pl.col("name").drop_nulls().first().over("id_index")))
        .otherwise(pl.col("name"))
    )
    with_id = pl.col("at").first().over("id_index", "known_as")
    without = pl.col("at").first().over("known_as", "birth_date", "household", *PLACE)
    return named.with_columns(lead=pl.when(pl.col("id_index").is_not_null()).then(with_id).otherwise(without))


def _by_id(unit: UnitOfWork, leads: pl.DataFrame, regions: Sequence[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leads that are known by their number and pairs of a lead and the other holder of its number: at, person_id,
    region each."""
    asked = leads.filter(pl.col("id_index").is_not_null()).select("at", "id_index", "region", "known_as")
    pairs = asked.join(holders(unit, regions, asked["id_index"].to_list()), on=["id_index", "region"], how="inner")
    same = pl.col("known_as").is_null() | pl.col("known_name").is_null() | (pl.col("known_as") == pl.col("known_name"))
    exact = pairs.filter(same).unique("at", keep="first", maintain_order=True).unique("person_id", keep="first")
    open_pairs = pairs.join(exact, on="at", how="anti").join(exact, on="person_id", how="anti")
    similar = open_pairs.filter(alike(open_pairs["known_as"], open_pairs["known_name"]))
    corrected = similar.unique("at", keep="first", maintain_order=True)
    matched = pl.concat([exact, corrected.unique("person_id", keep="first")])
    other = pairs.join(matched, on="at", how="anti")
    return matched.select("at", "person_id", "region"), other.select("at", "person_id", "region")


def _elsewhere(unit: UnitOfWork, leads: pl.DataFrame, reach: Reach) -> tuple[pl.Series, pl.Series]:
    """Leads whose number a person in another region holds: those whom whoever hands in is responsible for too, and
    those who are somebody else's."""
    asked = leads.filter(pl.col("id_index").is_not_null()).select("at", "id_index", "region")
    keys = holders_everywhere(unit, asked["id_index"].to_list())
    held = asked.join(keys, on="id_index", how="inner").filter(pl.col("key_region") != pl.col("region"))
    hidden = reach.outside(unit, held.select("at", region="key_region", person_id="key_person"))
    return held.join(hidden.to_frame(), on="at", how="anti")["at"], hidden


def _by_name(
    unit: UnitOfWork, leads: pl.DataFrame, regions: Sequence[int], reach: Reach
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Leads known by name, birth date and place (at, person_id), those that several persons fit (at, n), and those
    that only persons beyond the reach fit."""
    asked = leads.filter(pl.col("name").is_not_null() & pl.col("birth_date").is_not_null())
    asked = asked.select("at", "id_index", "name", "birth_date", "region", "household", *PLACE)
    known = namesakes(unit, regions, asked["name"].to_list())
    pairs = asked.join(known, on=["name", "birth_date", "region"], how="inner")
    same_room = pl.col("dwelling_id") == pl.col("known_dwelling")
    same_household = pl.col("household") == pl.col("known_household")
    roomless = pl.col("dwelling_id").is_null() & pl.col("known_dwelling").is_null()
    same_rest = roomless & pl.col("building_id").eq_missing(pl.col("known_building"))
    no_building = pl.col("building_id").is_null() | (pl.col("area_id") == pl.col("known_area"))
    # Another number is another person; a number that only one side knows does no harm.
    one_number = pl.col("id_index").is_null() | pl.col("known_index").is_null()
    fits = pairs.filter(one_number & (same_room | same_household | (same_rest & no_building)).fill_null(value=False))
    fits = fits.unique(["at", "person_id"], maintain_order=True)
    seen = _within(unit, fits, reach)
    counted = seen.with_columns(n=pl.len().over("at"))
    single = counted.filter(pl.col("n") == 1).unique("person_id", keep="first", maintain_order=True)
    unseen = fits.join(seen, on="at", how="anti")["at"].unique(maintain_order=True)
    return single.select("at", "person_id"), counted.filter(pl.col("n") > 1).unique("at").select("at", "n"), unseen


def _within(unit: UnitOfWork, fits: pl.DataFrame, reach: Reach) -> pl.DataFrame:
    """The pairs whose known person is within reach."""
    known = fits.select("person_id", "region").unique(maintain_order=True).with_row_index("at")
    hidden = known.join(reach.beyond(unit, known).to_frame(), on="at", how="semi")
    return fits.join(hidden, on="person_id", how="anti", maintain_order="left")
