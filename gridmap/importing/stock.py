"""What the rows of a register say about dwellings: use and tenure, and the day they were verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import sqlalchemy as sa

from gridmap.buildings.models import DwellingState, Verification
from gridmap.importing.loading import fetch_in
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class StockChanges:
    """``states``: new states (id, region, dwelling_id, use, tenure, valid_from); ``ended``: known ones that end
    (id, region, valid_to); ``superseded``: known ones that were wrong (id, region); ``visits``: new verifications (id,
    region, dwelling_id, verified_on). ``rows``: at of the rows that say something new."""

    states: pl.DataFrame
    ended: pl.DataFrame
    superseded: pl.DataFrame
    visits: pl.DataFrame
    rows: pl.Series


def plan_stock(unit: UnitOfWork, rows: pl.DataFrame, regions: Sequence[int], effective: date) -> StockChanges:
    """Compare what the rows say of their dwellings with what is known.

    Of several rows of one dwelling the first that says anything counts. A state holds from the day it was verified,
    else from the effective date.
    """
    placed = rows.filter(pl.col("dwelling_id").is_not_null())
    told = placed.filter(pl.col("use").is_not_null() | pl.col("tenure").is_not_null())
    states = told.group_by("dwelling_id", maintain_order=True).agg(
        pl.col("at").first(),
        pl.col("region").first(),
        pl.col("use").drop_nulls().first(),
        pl.col("tenure").drop_nulls().first(),
        start=pl.coalesce(pl.col("verified_on").drop_nulls().first(), pl.lit(effective)),
    )
    known = _known_states(unit, regions, states["dwelling_id"].to_list())
    compared = states.join(known, on="dwelling_id", how="left", maintain_order="left")
    differs = (pl.col("use").is_not_null() & pl.col("use").ne_missing(pl.col("k_use"))) | (
        pl.col("tenure").is_not_null() & pl.col("tenure").ne_missing(pl.col("k_tenure"))
    )
    newer = pl.col("k_from").is_not_null() & (pl.col("k_from") > pl.col("start"))
    changed = compared.filter((pl.col("k_id").is_null() | differs) & ~newer)
    ends = (pl.col("k_from") < pl.col("start")).fill_null(value=False)
    visits = placed.filter(pl.col("verified_on").is_not_null()).unique(
        ["dwelling_id", "verified_on"], keep="first", maintain_order=True
    )
    visits = visits.join(
        _known_visits(unit, regions, visits["dwelling_id"].to_list()), on=["dwelling_id", "verified_on"], how="anti"
    )
    return StockChanges(
        states=changed.select(
            "region",
            "dwelling_id",
            pl.coalesce("use", "k_use"),
            pl.coalesce("tenure", "k_tenure"),
            id=pl.Series(uuid7_bytes(changed.height), dtype=pl.Binary),
            valid_from="start",
        ),
        ended=changed.filter(ends).select("region", id="k_id", valid_to="start"),
        superseded=changed.filter(pl.col("k_id").is_not_null() & ~ends).select("region", id="k_id"),
        visits=visits.select(
            "region", "dwelling_id", "verified_on", id=pl.Series(uuid7_bytes(visits.height), dtype=pl.Binary)
        ),
        rows=pl.concat([changed["at"], visits["at"]]).unique(),
    )


def _known_states(unit: UnitOfWork, regions: Sequence[int], dwelling_ids: list[bytes]) -> pl.DataFrame:
    columns = {
        "dwelling_id": DwellingState.dwelling_id,
        "k_id": DwellingState.id,
        "k_use": DwellingState.use,
        "k_tenure": DwellingState.tenure,
        "k_from": DwellingState.valid_from,
    }
    query = sa.select(DwellingState.id).where(
        DwellingState.region.in_(regions), DwellingState.superseded_at.is_(None), DwellingState.valid_to.is_(None)
    )
    return fetch_in(unit, columns, query, "dwelling_id", dwelling_ids).unique("dwelling_id", keep="first")


def _known_visits(unit: UnitOfWork, regions: Sequence[int], dwelling_ids: list[bytes]) -> pl.DataFrame:
    columns = {"dwelling_id": Verification.dwelling_id, "verified_on": Verification.verified_on}
    query = sa.select(Verification.dwelling_id).where(Verification.region.in_(regions))
    return fetch_in(unit, columns, query, "dwelling_id", dwelling_ids)
