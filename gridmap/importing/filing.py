"""What a row to be decided is filed under: whose it is, what is alike, what one name would settle.

Texts are compared by blind indexes, so that nobody has to open the rows of a batch to count those at one address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.areas import repository as areas
from gridmap.areas.models import Area
from gridmap.areas.node import AreaNode
from gridmap.buildings import repository as buildings
from gridmap.importing.check import TEXT_FIELDS
from gridmap.importing.outcome import Verdict
from gridmap.importing.plan import Plan
from gridmap.importing.values import tidy_texts
from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.keys import name_key
from gridmap.residents.models import PersonKey, Residence
from gridmap.residents.repository import latest_of
from gridmap.residents.rules import normalise_id
from gridmap.store.store import UnitOfWork

ABSENT: Final = "absent"
UNCLEAR: Final = "person_unclear"
CASE_COLUMNS: Final = ("reason_params", "case_area_id", "case_other_id", "case_like", "case_name")
# Findings about a person whom somebody else is responsible for: decided by whoever answers for both areas.
CROSSING: Final = ("not_responsible", "elsewhere")
STREET: Final = "street"


def address_of(content: Mapping[str, str]) -> str:
    """The address of a row as handed in: the one text, or its parts."""
    return content.get("address") or " ".join(content[part] for part in PARTS if content.get(part))


def address_parts(contents: Iterable[Mapping[str, str]]) -> pl.DataFrame:
    """The fields of rows as handed in, with the parts of their addresses as the import reads them."""
    names = (*TEXT_FIELDS, *PARTS)
    raw = pl.DataFrame(
        [{name: content.get(name) for name in names} for content in contents], schema=dict.fromkeys(names, pl.String)
    )
    parsed = parse_addresses(tidy_texts(raw["address"]))
    return raw.with_columns(tidy_texts(raw[part]).fill_null(parsed[part]).alias(part) for part in PARTS)


def single(seq: int) -> bytes:
    """What a case is filed under that no other is like."""
    return seq.to_bytes(16, "big")


def file_cases(unit: UnitOfWork, plan: Plan, raw: pl.DataFrame, under: AreaNode, today: date) -> pl.DataFrame:
    """For the rows that need review: ``at``, ``reason``, ``reason_params``, ``case_area_id``, ``case_other_id``,
    ``case_like``, ``case_name``.

    ``raw``: the imported columns as text, in the order of the rows.
    """
    cases = plan.rows.filter(pl.col("verdict") == Verdict.NEEDS_REVIEW.value)
    cases = cases.select("at", "person_id", pl.col("reason").fill_null(UNCLEAR))
    known = plan.issues.select("at", "other", reason="code").unique(["at", "reason"], keep="first")
    cases = cases.join(known, on=["at", "reason"], how="left", maintain_order="left")
    contents = [{k: v for k, v in row.items() if v is not None} for row in raw[cases["at"].to_list()].to_dicts()]
    counts = [None if n is None else json.dumps({"other": n}) for n in cases["other"].to_list()]
    return cases.select("at", "reason").with_columns(
        reason_params=pl.Series(counts, dtype=pl.String),
        case_area_id=pl.Series([under.id.bytes] * cases.height, dtype=pl.Binary),
        case_other_id=pl.Series(_others(unit, cases, contents, under, today), dtype=pl.Binary),
        case_like=pl.Series(_likes(unit, cases, contents), dtype=pl.Binary),
        case_name=pl.Series(_names(unit, cases, contents), dtype=pl.Binary),
    )


def file_absent(numbered: pl.DataFrame, under: AreaNode) -> pl.DataFrame:
    """Columns of the persons that a complete file did not name; ``numbered`` has ``seq``."""
    return numbered.with_columns(
        reason=pl.lit(ABSENT),
        case_area_id=pl.Series([under.id.bytes] * numbered.height, dtype=pl.Binary),
        case_like=pl.Series([single(seq) for seq in numbered["seq"].to_list()], dtype=pl.Binary),
    )


def _likes(unit: UnitOfWork, cases: pl.DataFrame, contents: list[dict[str, str]]) -> list[bytes]:
    """One key for all rows whose persons are known and that say the same address for the same reason."""
    plain = pl.Series([address_of(content) for content in contents], dtype=pl.String)
    plain = plain.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s", "")
    told = cases["person_id"].is_not_null() & (plain != "")
    keys = pl.select(pl.when(told).then(pl.concat_str(cases["reason"], pl.lit(":"), plain))).to_series().to_list()
    found = unit.vault.index_many(keys, "written-address")
    return [key or single(at) for key, at in zip(found, cases["at"].to_list(), strict=True)]


def _names(unit: UnitOfWork, cases: pl.DataFrame, contents: list[dict[str, str]]) -> list[bytes | None]:
    """The key of the compound, else of the road, that a row names."""
    if cases.is_empty():
        return []
    parts = address_parts(contents).select(pl.coalesce("compound", "road")).to_series()
    return unit.vault.index_many([written_key(name) for name in parts.to_list()], "written-name")


def written_key(name: str | None) -> str | None:
    """A written name as it is compared."""
    return (name_key(name) or None) if name else None


def _others(
    unit: UnitOfWork, cases: pl.DataFrame, contents: list[dict[str, str]], under: AreaNode, today: date
) -> list[bytes | None]:
    """The second area of cases about persons somebody else is responsible for: where they live, else the street."""
    street = next((node for node in areas.ancestors(unit, under.id) if node.level == STREET), under)
    found: list[bytes | None] = []
    for reason, content in zip(cases["reason"].to_list(), contents, strict=True):
        crossing = reason in CROSSING
        found.append((_home(unit, content, today) or street.id).bytes if crossing else None)
    return found


def _home(unit: UnitOfWork, content: Mapping[str, str], today: date) -> UUID | None:
    """The area of the latest residence of whoever holds a row's identity number; the street where it has no cell."""
    number = content.get("id_number")
    holder = unit.session.get(PersonKey, unit.vault.index(normalise_id(number), "id")) if number else None
    if holder is None:
        return None
    latest = latest_of(unit, holder.region, [holder.person_id]).get(holder.person_id)
    if latest is not None and (area := _area_of(unit, latest.residence, today)) is not None:
        return area
    return unit.session.scalar(sa.select(Area.id).where(Area.region == holder.region, Area.level == STREET).limit(1))


def _area_of(unit: UnitOfWork, residence: Residence, today: date) -> UUID | None:
    if residence.building_id is None:
        return residence.area_id
    cells = buildings.cells_of(unit, residence.region, residence.building_id, today)
    main = next((row.cell_id for row in cells if row.main), None)
    found = buildings.buildings_of(unit, residence.region, [residence.building_id])
    return main or next((row.area_id for row, _ in found), None)
