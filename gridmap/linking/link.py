"""Link read addresses to dwellings: only a unique match is linked, everything else says why it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from gridmap.linking.closer import read_again
from gridmap.linking.compose import misplaced, whole_texts
from gridmap.linking.elsewhere import lies_elsewhere
from gridmap.linking.exact import link_exactly
from gridmap.linking.index import NAME_PARTS, NUMBER_PARTS, DwellingIndex, keyed

# Reasons for which a row that names a place has none, or has a building only.
REASONS = (
    "address_missing",
    "address_unreadable",
    "address_elsewhere",
    "compound_unknown",
    "building_missing",
    "building_unknown",
    "building_ambiguous",
    "community_differs",
    "room_missing",
    "room_unknown",
    "unit_unknown",
    "room_ambiguous",
    "dwelling_id_unknown",
    "building_id_unknown",
    "ids_disagree",
)


@dataclass(frozen=True, slots=True)
class LinkResult:
    """Row by row: positions in the index (-1 where none), how it was found, why not further, among how many."""

    dwelling: npt.NDArray[np.int64]
    building: npt.NDArray[np.int64]
    method: pl.Series
    reason: pl.Series
    candidates: npt.NDArray[np.int64]
    evidence: pl.Series


def link_addresses(parsed: pl.DataFrame, index: DwellingIndex) -> LinkResult:
    """Link every row of ``parsed`` (String columns of `LINK_COLUMNS`, those that are missing count as empty).

    External ids win; where both an id of a dwelling and one of another building are given, they disagree and nothing
    is linked. Else the building is looked for by compound and number, then by road and number, then by its own name,
    always within the named community; then the dwelling by unit and room. A missing unit does no harm where the room
    decides; a missing room leaves the row with its building. Two equal candidates are never chosen between.
    """
    asked = keyed(parsed, index.aliases)
    doubtful = misplaced(parsed)
    if doubtful.any():
        # Their parts are not what their columns say: only the whole text is read.
        asked = asked.with_columns(
            pl.when(doubtful).then(pl.lit("")).otherwise(pl.col(part)).alias(part)
            for part in (*NAME_PARTS, *NUMBER_PARTS)
        )
    distinct = asked.unique(maintain_order=True).with_row_index("key")
    found = link_exactly(distinct, index)
    rows = asked.join(found, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
    rows = _read_closely(_without_strangers(rows, parsed, index), parsed, index)
    return LinkResult(
        dwelling=rows.get_column("dwelling_at").fill_null(-1).to_numpy(),
        building=rows.get_column("building_at").fill_null(-1).to_numpy(),
        method=rows.get_column("method"),
        reason=rows.get_column("reason"),
        candidates=rows.get_column("candidates").fill_null(0).to_numpy(),
        evidence=rows.get_column("evidence"),
    )


def _without_strangers(rows: pl.DataFrame, parsed: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Take their place from the rows whose address lies elsewhere; an id that names a place is believed."""
    columns = [pl.col(name).fill_null("") for name in ("community", "road", "compound") if name in parsed.columns]
    whole = [pl.col("address")] if "address" in parsed.columns else []
    if not whole + columns:
        return rows
    texts = parsed.select(text=pl.coalesce(*whole, pl.concat_str(columns) if columns else pl.lit("")))
    distinct = texts["text"].unique()
    marked = pl.DataFrame({"text": distinct, "strange": lies_elsewhere(distinct, index)})
    strange = texts.join(marked, on="text", how="left", nulls_equal=True, maintain_order="left")["strange"]
    if not strange.any():
        return rows
    lost = strange & (rows["dwelling_id"] == "") & (rows["building_id"] == "")
    return rows.with_columns(
        building_at=pl.when(~lost).then("building_at"),
        dwelling_at=pl.when(~lost).then("dwelling_at"),
        method=pl.when(~lost).then("method"),
        reason=pl.when(lost).then(pl.lit("address_elsewhere")).otherwise("reason"),
        candidates=pl.when(lost).then(0).otherwise("candidates"),
    )


def _read_closely(rows: pl.DataFrame, parsed: pl.DataFrame, index: DwellingIndex) -> pl.DataFrame:
    """Read the whole text of the rows that did not lead to a dwelling at once; add ``evidence``."""
    rows = rows.with_columns(evidence=pl.lit(None, dtype=pl.String)).with_row_index("row")
    open_rows = rows["dwelling_at"].is_null() & (rows["dwelling_id"] == "") & (rows["building_id"] == "")
    open_rows = open_rows & (rows["reason"] != "address_elsewhere").fill_null(value=True)
    if not open_rows.any():
        return rows
    texts = whole_texts(parsed.filter(open_rows))
    asked = pl.DataFrame({"row": rows.filter(open_rows)["row"], "text": texts}).filter(pl.col("text") != "")
    read = read_again(asked["text"].unique(maintain_order=True), index)
    found = rows.select("row", first_building="building_at", first_reason="reason").join(
        asked.join(read, on="text"), on="row"
    )
    # The first reading named a building exactly: another one does not become likelier by likeness.
    found = found.filter(
        pl.col("building_at").is_not_null()
        & (pl.col("first_building").is_null() | (pl.col("first_building") == pl.col("building_at")))
    )
    better = found.select(
        "row",
        better=pl.lit(value=True),
        new_building="building_at",
        new_dwelling="dwelling_at",
        new_reason="why",
        new_method="how",
        new_evidence="evidence",
        new_candidates="candidates",
    )
    joined = rows.join(better, on="row", how="left", maintain_order="left")
    new = pl.col("better").is_not_null()
    return joined.with_columns(
        building_at=pl.when(new).then("new_building").otherwise("building_at"),
        dwelling_at=pl.when(new).then("new_dwelling").otherwise("dwelling_at"),
        reason=pl.when(new).then("new_reason").otherwise("reason"),
        method=pl.when(new).then("new_method").otherwise("method"),
        evidence=pl.col("new_evidence"),
        candidates=pl.when(new).then("new_candidates").otherwise("candidates"),
    )
