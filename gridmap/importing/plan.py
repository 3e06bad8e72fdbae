"""From checked rows to what is written and to one verdict a row. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
import sqlalchemy as sa

from gridmap.areas.models import AreaClosure
from gridmap.buildings.models import Building, BuildingCell
from gridmap.buildings.repository import valid_at
from gridmap.importing.changes import (
    choose_households,
    group_households,
    judge_attributes,
    judge_persons,
    judge_residences,
)
from gridmap.importing.check import CheckedRows, with_verdicts
from gridmap.importing.differences import find_differences
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.importing.known import households_at, states_of
from gridmap.importing.link_findings import link_issues
from gridmap.importing.loading import fetch
from gridmap.importing.matching import BLOCKING, make_issues, match_persons
from gridmap.importing.outcome import Verdict
from gridmap.importing.places import Places
from gridmap.importing.reach import Reach
from gridmap.importing.resembling import resembling_numbers, resembling_persons
from gridmap.importing.stock import StockChanges, plan_stock
from gridmap.linking.link import link_addresses
from gridmap.residents.models import Residence
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import UnitOfWork

WRITES = ("new", "reopen", "relate", "locate", "move")


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of an import: today where the offices are, and the date its facts hold from."""

    today: date
    effective: date


@dataclass(frozen=True, slots=True)
class Plan:
    """``rows``: one row an input row – at, sheet, row, verdict, reason, reason_field, person_id, dwelling_id,
    building_id, area_id, region. ``leads``: one row a person to be stored, with the actions (see `changes`) and
    ``household_id``. ``issues``: all findings. ``absent``: persons of the area that a complete file does not name.
    ``pairs``: records that may mean one person. ``differences``: what changes about known persons, see there."""

    rows: pl.DataFrame
    leads: pl.DataFrame
    households: pl.DataFrame
    stock: StockChanges
    issues: pl.DataFrame
    disputed: pl.DataFrame
    pairs: pl.DataFrame
    differences: pl.DataFrame
    absent: pl.DataFrame
    before: int
    after: int


def make_plan(
    unit: UnitOfWork, checked: CheckedRows, places: Places, days: Days, reach: Reach, *, complete: bool
) -> Plan:
    """Link, match and judge the rows against the register as it is."""
    rows = checked.rows.with_row_index("at").with_columns(pl.col("at").cast(pl.Int64))
    links = link_addresses(rows, places.index)
    rows = rows.hstack(places.located(rows, links).rename({"dwelling_id": "d", "building_id": "b"}))
    rows = rows.drop("dwelling_id", "building_id").rename({"d": "dwelling_id", "b": "building_id"})
    issues = pl.concat([checked.issues, link_issues(rows, links, places)])
    rows = _sealed_keys(unit, rows)
    near = _near_numbers(unit, rows, checked, places, days, reach)
    storable = _storable(rows, checked.issues)
    matched = match_persons(unit, storable, places.regions, reach)
    alike = resembling_persons(unit, rows, matched.rows, places.regions, reach)
    issues = pl.concat([near, issues, matched.issues, alike.issues])
    leads = _known_states(unit, storable, matched.rows, places, days)
    leads = judge_persons(judge_residences(judge_attributes(leads)))
    leads = leads.with_columns(first_holder=pl.col("at").is_in(matched.first.implode()))
    for code in ("recorded_dead", "lives_elsewhere", "date_before_current"):
        issues = pl.concat([issues, make_issues(leads.filter(pl.col("r_problem") == code)["at"], "address", code)])
    leads, households = _with_households(unit, leads, places)
    stock = plan_stock(unit, rows.join(leads.select("at"), on="at", how="semi"), places.regions, days.effective)
    issues = issues.sort(["at", "weight"], descending=[False, True], maintain_order=True)
    verdicts = _verdicts(with_verdicts(rows, issues), matched.rows, leads, stock)
    current = _current(unit, places, days.today)
    after = current.height + _arrivals(leads, current)
    absent = _absent(current, matched.rows) if complete else current.clear()
    return Plan(
        rows=verdicts,
        leads=leads,
        households=households,
        stock=stock,
        issues=issues,
        disputed=matched.disputed,
        pairs=alike.pairs,
        differences=find_differences(leads),
        absent=absent,
        before=current.height,
        after=after,
    )


def _near_numbers(
    unit: UnitOfWork, rows: pl.DataFrame, checked: CheckedRows, places: Places, days: Days, reach: Reach
) -> pl.DataFrame:
    given = checked.raw.get_column("id_number", default=pl.Series([None], dtype=pl.String))
    return resembling_numbers(unit, rows, checked.issues, given, reach, regions=places.regions, today=days.today)


def _sealed_keys(unit: UnitOfWork, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the blind indexes of identity numbers and phones."""
    return rows.with_columns(
        id_index=pl.Series(unit.vault.index_many(rows["id_number"].to_list(), "id"), dtype=pl.Binary),
        phone_index=pl.Series(unit.vault.index_many(rows["phone"].to_list(), "phone"), dtype=pl.Binary),
    )


def _storable(rows: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    blocked = issues.filter(pl.col("code").is_in(BLOCKING)).get_column("at").implode()
    told = pl.col("id_index").is_not_null() | (pl.col("name").is_not_null() & pl.col("birth_date").is_not_null())
    return rows.filter((pl.col("weight") < int(Weight.REJECT)) & ~pl.col("at").is_in(blocked) & told)


def _known_states(
    unit: UnitOfWork, rows: pl.DataFrame, matched: pl.DataFrame, places: Places, days: Days
) -> pl.DataFrame:
    """The leads with what the register knows of them and the dates their changes hold from."""
    leads = rows.join(matched.filter(pl.col("at") == pl.col("lead")), on="at", how="inner", maintain_order="left")
    known = states_of(unit, places.regions, leads.filter(~pl.col("fresh"))["person_id"].to_list())
    leads = leads.join(known, on="person_id", how="left", maintain_order="left")
    effective = pl.lit(days.effective)
    moved_on = pl.coalesce("valid_from", effective)
    inside = pl.col("r_building").is_in(places.buildings["id"].implode())
    areas = pl.Series([area for area, _ in places.areas.values()] + [places.under.id.bytes], dtype=pl.Binary)
    in_area = pl.col("r_building").is_null() & pl.col("r_area").is_in(areas.unique().implode())
    return leads.with_columns(
        day=effective,
        # Nobody lives anywhere before being born.
        moved_on=pl.max_horizontal(moved_on, "birth_date"),
        known_inside=(inside | in_area).fill_null(value=False),
    )


def _with_households(unit: UnitOfWork, leads: pl.DataFrame, places: Places) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leads with ``household_id``, and the households to be made: id, region, number and place."""
    grouped = group_households(leads)
    writes = grouped.filter(pl.col("r_action").is_in(WRITES))
    dwellings = writes["dwelling_id"].drop_nulls().unique().to_list()
    chosen = choose_households(grouped, households_at(unit, places.regions, dwellings))
    needed = chosen.filter(pl.col("household_id").is_null()).join(
        writes.select("group").unique(), on="group", how="semi"
    )
    made = needed.select("group", new_id=pl.Series(uuid7_bytes(needed.height), dtype=pl.Binary))
    chosen = chosen.join(made, on="group", how="left").select(
        "group", household_id=pl.coalesce("household_id", "new_id")
    )
    result = grouped.join(chosen, on="group", how="left", maintain_order="left")
    # A known person who stays also stays in the household.
    keep = pl.col("r_action").is_in(["same", "relate"]) & pl.col("r_household").is_not_null()
    result = result.with_columns(
        household_id=pl.when(keep).then(pl.col("r_household")).otherwise(pl.col("household_id"))
    )
    first = writes.group_by("group", maintain_order=True).first()
    households = made.join(first, on="group", how="left", maintain_order="left").select(
        "region", "dwelling_id", "building_id", "area_id", id="new_id", number="household"
    )
    return result, households


def _verdicts(rows: pl.DataFrame, matched: pl.DataFrame, leads: pl.DataFrame, stock: StockChanges) -> pl.DataFrame:
    """One verdict a row, by the heaviest finding, else by what the row changes."""
    changed = (
        pl.col("a_action").is_not_null()
        | pl.col("p_change")
        | pl.col("r_action").is_in(["reopen", "relate", "locate", "move"])
    )
    acts = leads.select("at", changed=changed)
    frame = (
        rows.drop("person_id", strict=False)
        .join(matched.select("at", "lead", "person_id", "fresh"), on="at", how="left", maintain_order="left")
        .join(acts, on="at", how="left", maintain_order="left")
        .with_columns(stock=pl.col("at").is_in(stock.rows.implode()))
    )
    leading = pl.col("at") == pl.col("lead")
    # A row that nothing keeps from being stored but that names no person would be lost: it must be looked at.
    verdict = (
        pl.when(pl.col("weight") >= int(Weight.REJECT)).then(pl.lit(Verdict.REJECTED.value))
        .when((pl.col("weight") > 0) | pl.col("lead").is_null()).then(pl.lit(Verdict.NEEDS_REVIEW.value))
        .when(leading & pl.col("fresh")).then(pl.lit(Verdict.INSERTED.value))
        .when((leading & pl.col("changed")) | pl.col("stock")).then(pl.lit(Verdict.UPDATED.value))
        .otherwise(pl.lit(Verdict.UNCHANGED.value))
    )  # fmt: skip
    return frame.with_columns(verdict=verdict).select(
        "at",
        "sheet",
        "row",
        "verdict",
        "reason",
        "reason_field",
        "person_id",
        "dwelling_id",
        "building_id",
        "area_id",
        "region",
    )


def _current(unit: UnitOfWork, places: Places, day: date) -> pl.DataFrame:
    """Who has a principal residence under the area on a day: person_id, region, dwelling_id, building_id."""
    inside = sa.select(AreaClosure.descendant_id).where(AreaClosure.ancestor_id == places.under.id)
    main = sa.and_(
        BuildingCell.region == Residence.region,
        BuildingCell.building_id == Residence.building_id,
        BuildingCell.main,
        valid_at(BuildingCell, day),
    )
    building = sa.and_(Building.region == Residence.region, Building.id == Residence.building_id)
    query = (
        sa.select(Residence.id)
        .outerjoin(Building, building)
        .outerjoin(BuildingCell, main)
        .where(
            Residence.region.in_(places.regions),
            Residence.superseded_at.is_(None),
            Residence.principal.is_(sa.true()),
            valid_at(Residence, day),
            sa.func.coalesce(BuildingCell.cell_id, Building.area_id, Residence.area_id).in_(inside),
        )
    )
    columns = {
        "person_id": Residence.person_id,
        "region": Residence.region,
        "dwelling_id": Residence.dwelling_id,
        "building_id": Residence.building_id,
    }
    return fetch(unit, columns, query).unique("person_id", keep="first", maintain_order=True)


def _arrivals(leads: pl.DataFrame, current: pl.DataFrame) -> int:
    """How many of the persons that get a residence here were not counted here before."""
    coming = leads.filter(pl.col("r_action").is_in(["new", "reopen", "move"]))
    return coming.join(current, on="person_id", how="anti").height


def _absent(current: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    return current.join(matched, on="person_id", how="anti").sort("person_id")


def weight_of(code: str) -> Weight:
    """What a finding does to its row."""
    return FINDINGS[code].weight
