"""Write a plan into the register: everything in the one unit of work of the batch, whole columns at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.areas.node import AreaNode
from gridmap.batches.models import ImportRow
from gridmap.buildings.models import DwellingState, Verification
from gridmap.changes.journal import Journal
from gridmap.codes import code_list
from gridmap.duplicates.repository import write_pairs
from gridmap.importing.filing import ABSENT, CASE_COLUMNS, file_absent, file_cases
from gridmap.importing.findings import READ_OTHERWISE
from gridmap.importing.headings import never_stored_text
from gridmap.importing.known import ATTRIBUTE_FIELDS
from gridmap.importing.outcome import Verdict
from gridmap.importing.plan import WRITES, Plan
from gridmap.residents.indexing import ID_TAIL, PHONE_TAIL, index_names, index_numbers
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.base import Base
from gridmap.store.bulk import bulk_insert
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import UnitOfWork

NO_REGION = 0
AT_ONCE = 50_000
"""Rows that become objects at a time: a column of a frame takes a tenth of the memory."""


def write_plan(journal: Journal, plan: Plan, actor_id: UUID, step: Callable[[str], None]) -> None:
    """Write persons, attributes, households, residences, dwelling states and verifications; what is overwritten is
    kept in the journal, what is new carries the journal's id."""
    unit, batch_id = journal.unit, journal.id
    step("persons")
    _write_persons(journal, plan)
    write_pairs(unit, plan.pairs)
    step("attributes")
    _write_attributes(journal, plan.leads)
    step("residences")
    _insert(unit, Household, plan.households, batch_id=batch_id, version=1)
    _write_residences(journal, plan.leads)
    step("dwellings")
    stock = plan.stock
    _end(journal, DwellingState, stock.ended)
    _supersede(journal, DwellingState, stock.superseded)
    _insert(unit, DwellingState, stock.states, recorded_at=unit.now, batch_id=batch_id)
    _insert(unit, Verification, stock.visits, recorded_at=unit.now, verified_by=actor_id, batch_id=batch_id)


def write_rows(journal: Journal, plan: Plan, raw: pl.DataFrame, under: AreaNode, today: date) -> None:
    """Record the verdict of every row; the content only of rows that somebody has to decide or mend, and of others the
    cells that were read otherwise than they are written, as they were written."""
    unit, batch_id = journal.unit, journal.id
    rows = plan.rows.with_columns(pl.col("region").fill_null(NO_REGION))
    at, texts = _contents(rows, plan.issues, raw)
    content = pl.DataFrame({"at": at}).with_columns(
        content=pl.Series(unit.vault.seal_many(texts, "import_row.content"), dtype=pl.Binary)
    )
    cases = file_cases(unit, plan, raw, under, today).rename({"reason": "case_reason"})
    filed = rows.join(content, on="at", how="left", maintain_order="left")
    _insert(
        unit,
        ImportRow,
        filed.join(cases, on="at", how="left", maintain_order="left").select(
            "region", "sheet", "row", "verdict", "person_id", "dwelling_id", "building_id", "content", *CASE_COLUMNS,
            reason=pl.coalesce("reason", "case_reason"), seq="at", column="reason_field",
        ),
        batch_id=batch_id,
    )  # fmt: skip
    absent = plan.absent.select("region", "person_id", "dwelling_id", "building_id")
    numbered = absent.with_columns(seq=pl.arange(rows.height, rows.height + absent.height, eager=True, dtype=pl.Int64))
    _insert(unit, ImportRow, file_absent(numbered, under), batch_id=batch_id, sheet="", row=0, verdict=ABSENT)
    _settle_old_cases(journal, rows)


def _contents(rows: pl.DataFrame, issues: pl.DataFrame, raw: pl.DataFrame) -> tuple[pl.Series, list[str]]:
    """The rows of which anything is kept, and what is kept of them as JSON."""
    mending = pl.col("verdict").is_in([Verdict.NEEDS_REVIEW.value, Verdict.REJECTED.value])
    read = issues.filter(pl.col("code").is_in(READ_OTHERWISE) & pl.col("field").is_in(raw.columns))
    fields: dict[int, set[str]] = {}
    for at, field in read.select("at", "field").rows():
        fields.setdefault(at, set()).add(field)
    kept = rows.filter(mending | pl.col("at").is_in(list(fields))).select("at", mending=mending)
    texts = _without_never_stored(raw[kept["at"].to_list()]).to_dicts()
    contents = [
        json.dumps(
            {name: cell for name, cell in text.items() if cell is not None and (whole or name in fields[at])},
            ensure_ascii=False,
        )
        for text, (at, whole) in zip(texts, kept.rows(), strict=True)
    ]
    return kept["at"], contents


def _without_never_stored(raw: pl.DataFrame) -> pl.DataFrame:
    """Texts as typed, without what is never stored: 独生子 becomes the relationship that is kept, other texts go."""
    pattern, unless = never_stored_text()
    clean: dict[str, pl.Series] = {}
    for column in raw.iter_columns():
        banned = (column.str.contains(pattern) & ~column.str.contains(unless)).fill_null(value=False)
        instead: pl.Series | None = None
        if column.name == "relationship" and banned.any():
            codes = code_list("relationship")
            instead = codes.labels(codes.lookup(column))
        clean[column.name] = pl.select(pl.when(~banned).then(column).otherwise(instead)).to_series()
    return pl.DataFrame(clean)


def _write_persons(journal: Journal, plan: Plan) -> None:
    unit, batch_id = journal.unit, journal.id
    fresh = plan.leads.filter("fresh")
    numbers = unit.vault.seal_many(fresh["id_number"].to_list(), "person.id_number")
    _insert(
        unit,
        Person,
        fresh.select("region", "sex", "birth_date", "id_index", "disputed", id="person_id").with_columns(
            id_number=pl.Series(numbers, dtype=pl.Binary)
        ),
        batch_id=batch_id,
        version=1,
    )
    learnt = plan.leads.filter("p_change")
    _insert_keys(unit, pl.concat([fresh.filter("first_holder"), learnt.filter("p_new_number")], how="vertical"))
    _index_tails(unit, ID_TAIL, pl.concat([fresh, learnt.filter("p_new_number")], how="vertical"), "id_number")
    _learn(journal, learnt)
    marked = pl.concat(
        [
            plan.disputed,
            plan.leads.filter(~pl.col("fresh") & pl.col("disputed") & ~pl.col("p_disputed")).select(
                "person_id", "region"
            ),
        ]
    )
    _update(journal, Person, marked.rename({"person_id": "id"}), {"disputed": True})


def _learn(journal: Journal, learnt: pl.DataFrame) -> None:
    """Write what a file says of known persons that was not known."""
    unit = journal.unit
    keys = list(learnt.select("region", "person_id").iter_rows())
    journal.keep(Person, keys, ("sex", "birth_date", "id_number", "id_index", "version"))
    numbers = learnt.filter("p_new_number")["id_index"].unique(maintain_order=True)
    journal.created(PersonKey, [{"id_index": number} for number in numbers])
    table: Any = Person.__table__
    sealed = unit.vault.seal_many(learnt["id_number"].to_list(), "person.id_number")
    for row, number in zip(learnt.iter_rows(named=True), sealed, strict=True):
        values: dict[str, Any] = {"version": table.c.version + 1}
        if row["sex"] in {"1", "2"}:
            values["sex"] = row["sex"]
        if row["p_birth_date"] is None and row["birth_date"] is not None:
            values["birth_date"] = row["birth_date"]
        if row["p_new_number"]:
            values |= {"id_number": number, "id_index": row["id_index"]}
        unit.session.execute(
            sa.update(table).where(table.c.region == row["region"], table.c.id == row["person_id"]).values(values)
        )


def _insert_keys(unit: UnitOfWork, leads: pl.DataFrame) -> None:
    columns = leads.select("region", "id_index", "person_id")
    _insert(unit, PersonKey, columns.unique("id_index", keep="first", maintain_order=True))


def _index_tails(unit: UnitOfWork, kind: str, leads: pl.DataFrame, number: str) -> None:
    given = leads.filter(pl.col(number).is_not_null())
    index_numbers(unit, kind, given["region"].to_list(), given["person_id"].to_list(), given[number].to_list())


def _write_attributes(journal: Journal, leads: pl.DataFrame) -> None:
    unit, batch_id = journal.unit, journal.id
    acting = leads.filter(pl.col("a_action").is_not_null())
    _supersede(journal, PersonAttribute, acting.filter(pl.col("a_action") == "correct").select("region", id="a_id"))
    _end(
        journal,
        PersonAttribute,
        acting.filter(pl.col("a_action") == "change").select("region", id="a_id", valid_to="day"),
    )
    given = acting.select(pl.when("new_phone").then("phone")).to_series().to_list()
    sealed = pl.Series(unit.vault.seal_many(given, "person_attribute.phone"), dtype=pl.Binary)
    start = (
        pl.when(pl.col("a_action") == "change").then(pl.col("day"))
        .when(pl.col("a_action") == "correct").then(pl.col("a_valid_from"))
        .otherwise(pl.col("moved_on"))
    )  # fmt: skip
    _insert(
        unit,
        PersonAttribute,
        acting.with_columns(sealed=sealed).select(
            "region", "person_id",
            *[pl.col(f"n_{name}").alias(name) for name in ATTRIBUTE_FIELDS],
            id=pl.Series(uuid7_bytes(acting.height), dtype=pl.Binary),
            phone=pl.coalesce("sealed", "a_phone"),
            phone_index=pl.when("new_phone").then("phone_index").otherwise("a_phone_index"),
            valid_from=start,
        ),
        recorded_at=unit.now,
        batch_id=batch_id,
    )  # fmt: skip
    index_names(unit, acting["region"].to_list(), acting["n_name"].to_list())
    _index_tails(unit, PHONE_TAIL, acting.filter("new_phone"), "phone")


def _write_residences(journal: Journal, leads: pl.DataFrame) -> None:
    unit, batch_id = journal.unit, journal.id
    acting = leads.filter(pl.col("r_action").is_in(WRITES))
    action = pl.col("r_action")
    believed_wrong = acting.filter(action.is_in(["relate", "locate"]))
    _supersede(journal, Residence, believed_wrong.select("region", id="r_id"))
    moved = acting.filter(action == "move").select("region", id="r_id", valid_to="moved_on")
    _end(journal, Residence, moved, {"cause_out": "move_within"})
    relate = action == "relate"
    corrected = action.is_in(["relate", "locate"])
    _insert(
        unit,
        Residence,
        acting.select(
            "region", "person_id", "household_id",
            id=pl.Series(uuid7_bytes(acting.height), dtype=pl.Binary),
            dwelling_id=pl.when(relate).then("r_dwelling").otherwise("dwelling_id"),
            building_id=pl.when(relate).then("r_building").otherwise("building_id"),
            area_id=pl.when(relate).then("r_area").otherwise("area_id"),
            relationship=pl.when(corrected)
            .then(pl.coalesce("relationship", "r_relationship"))
            .otherwise("relationship"),
            valid_from=pl.when(corrected).then("r_valid_from").otherwise("moved_on"),
            cause_in=pl.when(corrected).then("r_cause_in")
            .when(action == "move").then(pl.lit("move_within"))
            .when(action == "reopen").then(pl.lit("move_in"))
            .otherwise(pl.lit("initial")),
        ),
        principal=True,
        recorded_at=unit.now,
        batch_id=batch_id,
    )  # fmt: skip


def _settle_old_cases(journal: Journal, rows: pl.DataFrame) -> None:
    """Open cases of persons that this file judges anew are settled by it: the queue holds the newest word only."""
    unit, batch_id = journal.unit, journal.id
    regions = rows["region"].unique().to_list()
    table: Any = ImportRow.__table__
    query = sa.select(table.c.region, table.c.batch_id, table.c.seq, table.c.person_id).where(
        table.c.region.in_(regions),
        table.c.verdict == Verdict.NEEDS_REVIEW.value,
        table.c.decided_at.is_(None),
        table.c.person_id.is_not(None),
        table.c.batch_id != batch_id,
    )
    cases = unit.session.execute(query).all()
    if not cases:
        return
    mine = {(row[0], UUID(bytes=row[1])) for row in rows.select("region", "person_id").drop_nulls().unique().rows()}
    for row in cases:
        if (row.region, row.person_id) not in mine:
            continue
        key = {"region": row.region, "batch_id": row.batch_id, "seq": row.seq}
        journal.replaced(ImportRow, key, {"decision": None, "decided_at": None})
        unit.session.execute(
            sa.update(table)
            .where(*[table.c[name] == value for name, value in key.items()])
            .values(decision="replaced", decided_at=unit.now)
        )


def _insert(unit: UnitOfWork, model: type[Base], rows: pl.DataFrame, **same: object) -> None:
    for part in rows.iter_slices(AT_ONCE):
        bulk_insert(unit, model, {**{name: part[name].to_list() for name in part.columns}, **same})


def _end(journal: Journal, model: type[Base], rows: pl.DataFrame, also: dict[str, object] | None = None) -> None:
    """Close intervals: columns region, id, valid_to."""
    _update(journal, model, rows, also or {})


def _supersede(journal: Journal, model: type[Base], rows: pl.DataFrame) -> None:
    """Take back a belief: columns region, id."""
    _update(journal, model, rows, {"superseded_at": journal.unit.now})


def _update(journal: Journal, model: type[Base], rows: pl.DataFrame, same: dict[str, Any]) -> None:
    if rows.is_empty():
        return
    own = [name for name in rows.columns if name not in {"region", "id"}]
    journal.keep(model, rows.select("region", "id").iter_rows(), [*own, *same])
    table: Any = model.__table__
    values = {name: sa.bindparam(f"new_{name}") for name in own} | same
    statement = (
        sa.update(table)
        .where(table.c.region == sa.bindparam("at_region"), table.c.id == sa.bindparam("at_id"))
        .values(values)
    )
    parameters = [
        {"at_region": row["region"], "at_id": row["id"], **{f"new_{name}": row[name] for name in own}}
        for row in rows.iter_rows(named=True)
    ]
    journal.unit.session.flush()
    journal.unit.session.connection().execute(statement, parameters)
