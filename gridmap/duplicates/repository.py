"""The register as frames of persons that are compared, and the tables of pairs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import polars as pl
import sqlalchemy as sa

from gridmap.duplicates.models import DuplicatePair, MergedPerson, PairDecision
from gridmap.duplicates.scoring import SCHEMA
from gridmap.residents.models import Household, Person, PersonAttribute, Residence
from gridmap.store.bulk import bulk_insert
from gridmap.store.frames import Attribute, fetch, fetch_in
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import UnitOfWork

UNIQUE_LENGTH = 6
"""Household numbers of so many characters are unique in a region; shorter ones only count within a place."""

_BELIEVED_RESIDENCE = sa.and_(Residence.superseded_at.is_(None), Residence.principal.is_(sa.true()))
_OPEN_ATTRIBUTE = sa.and_(PersonAttribute.superseded_at.is_(None), PersonAttribute.valid_to.is_(None))


def people_of(unit: UnitOfWork, regions: Sequence[int], persons: Sequence[bytes] | None = None) -> pl.DataFrame:
    """Persons (all of the regions, or some) with the columns of `scoring.SCHEMA` but ``fresh``, and ``person_id``.

    The place is that of the latest principal residence, also when it has ended. Records that were merged into others
    are left out.
    """
    columns: dict[str, Attribute] = {
        "person_id": Person.id,
        "region": Person.region,
        "birth_date": Person.birth_date,
        "sex": Person.sex,
        "id_index": Person.id_index,
    }
    gone = sa.exists().where(MergedPerson.region == Person.region, MergedPerson.id == Person.id)
    found = _read(unit, columns, sa.select(Person.id).where(Person.region.in_(regions), ~gone), persons)
    found = found.unique("person_id", keep="first", maintain_order=True)
    ids = None if persons is None else found["person_id"].to_list()
    named: dict[str, Attribute] = {
        "person_id": PersonAttribute.person_id,
        "name": PersonAttribute.name,
        "phone_index": PersonAttribute.phone_index,
    }
    query = sa.select(PersonAttribute.id).where(PersonAttribute.region.in_(regions), _OPEN_ATTRIBUTE)
    facts = _read(unit, named, query, ids).unique("person_id", keep="first")
    joined = found.join(facts, on="person_id", how="left", maintain_order="left")
    joined = joined.join(_places(unit, regions, ids), on="person_id", how="left", maintain_order="left")
    return joined.select("person_id", *[pl.col(name).cast(kind) for name, kind in SCHEMA.items() if name != "fresh"])


def _places(unit: UnitOfWork, regions: Sequence[int], ids: Sequence[bytes] | None) -> pl.DataFrame:
    columns: dict[str, Attribute] = {
        "person_id": Residence.person_id,
        "household_id": Residence.household_id,
        "dwelling_id": Residence.dwelling_id,
        "building_id": Residence.building_id,
        "area_id": Residence.area_id,
        "valid_from": Residence.valid_from,
    }
    query = sa.select(Residence.id).where(Residence.region.in_(regions), _BELIEVED_RESIDENCE)
    places = _read(unit, columns, query, ids)
    places = places.sort("valid_from", descending=True).unique("person_id", keep="first", maintain_order=True)
    numbers: dict[str, Attribute] = {"household_id": Household.id, "household": Household.number}
    numbered = sa.select(Household.id).where(Household.region.in_(regions), Household.number.is_not(None))
    wanted = None if ids is None else places["household_id"].drop_nulls().to_list()
    known = _read(unit, numbers, numbered, wanted, "household_id")
    joined = places.join(known, on="household_id", how="left", maintain_order="left")
    return joined.with_columns(household_key=household_key()).drop("household_id", "household", "valid_from")


def household_key() -> pl.Expr:
    """What tells a household from others: its number, with the place where the number is short."""
    place = pl.coalesce("dwelling_id", "building_id", "area_id").bin.encode("hex")
    number = pl.col("household")
    long = number.str.len_chars() >= UNIQUE_LENGTH
    return pl.when(long).then(number).otherwise(pl.concat_str(number, place, separator="@"))


def partners_of(unit: UnitOfWork, regions: Sequence[int], fresh: pl.DataFrame) -> list[bytes]:
    """Known persons who may be one of ``fresh``: of the same birth date, name, telephone or dwelling."""
    ids = {"person_id": Person.id}
    asked: tuple[tuple[dict[str, Attribute], sa.Select[UUID], str], ...] = (
        (
            {**ids, "birth_date": Person.birth_date},
            sa.select(Person.id).where(Person.region.in_(regions)),
            "birth_date",
        ),
        (
            {"person_id": PersonAttribute.person_id, "name": PersonAttribute.name},
            sa.select(PersonAttribute.id).where(PersonAttribute.region.in_(regions), _OPEN_ATTRIBUTE),
            "name",
        ),
        (
            {"person_id": PersonAttribute.person_id, "phone_index": PersonAttribute.phone_index},
            sa.select(PersonAttribute.id).where(PersonAttribute.region.in_(regions), _OPEN_ATTRIBUTE),
            "phone_index",
        ),
        (
            {"person_id": Residence.person_id, "dwelling_id": Residence.dwelling_id},
            sa.select(Residence.id).where(Residence.region.in_(regions), _BELIEVED_RESIDENCE),
            "dwelling_id",
        ),
    )
    found = [
        fetch_in(unit, columns, query, name, fresh[name].drop_nulls().unique().to_list())["person_id"]
        for columns, query, name in asked
    ]
    return pl.concat(found).unique().to_list()


def _read(
    unit: UnitOfWork,
    columns: dict[str, Attribute],
    query: sa.Select[UUID],
    values: Sequence[bytes] | None,
    name: str = "person_id",
) -> pl.DataFrame:
    return fetch(unit, columns, query) if values is None else fetch_in(unit, columns, query, name, values)


def count_persons(unit: UnitOfWork, regions: Sequence[int]) -> int:
    """How many records the regions hold."""
    query = sa.select(sa.func.count()).select_from(Person).where(Person.region.in_(regions))
    return int(unit.session.scalar(query) or 0)


def numbers_of(unit: UnitOfWork, regions: Sequence[int], persons: Sequence[bytes]) -> dict[bytes, str | None]:
    """The identity numbers of a few persons, opened."""
    columns: dict[str, Attribute] = {"person_id": Person.id, "id_number": Person.id_number}
    found = fetch_in(unit, columns, sa.select(Person.id).where(Person.region.in_(regions)), "person_id", list(persons))
    opened = unit.vault.open_many(found["id_number"].to_list(), "person.id_number")
    return dict(zip(found["person_id"].to_list(), opened, strict=True))


def write_pairs(unit: UnitOfWork, found: pl.DataFrame) -> int:
    """Note pairs (region, one, other: persons in either order, bits, reasons); those noted before keep their id and get
    the new judgement. Returns how many are new."""
    if found.is_empty():
        return 0
    pairs = found.with_columns(turned=pl.col("one") > pl.col("other")).select(
        "region", "bits", "reasons",
        first_id=pl.when("turned").then("other").otherwise("one"),
        second_id=pl.when("turned").then("one").otherwise("other"),
    )  # fmt: skip
    known = _known_pairs(unit, pairs)
    fresh = pairs.join(known, on=["region", "first_id", "second_id"], how="anti")
    again = pairs.join(known, on=["region", "first_id", "second_id"], how="inner")
    table = DuplicatePair.__table__
    for row in again.iter_rows(named=True):
        unit.session.execute(
            sa.update(DuplicatePair)
            .where(table.c.region == row["region"], table.c.id == UUID(bytes=row["id"]))
            .values(bits=row["bits"], reasons=json.dumps(row["reasons"]))
        )
    if fresh.height:
        columns = {name: fresh[name].to_list() for name in ("region", "first_id", "second_id", "bits")}
        columns["id"] = uuid7_bytes(fresh.height)
        columns["reasons"] = [json.dumps(codes) for codes in fresh["reasons"].to_list()]
        bulk_insert(unit, DuplicatePair, {**columns, "found_at": unit.now})
    return fresh.height


def _known_pairs(unit: UnitOfWork, pairs: pl.DataFrame) -> pl.DataFrame:
    columns: dict[str, Attribute] = {
        "region": DuplicatePair.region,
        "id": DuplicatePair.id,
        "first_id": DuplicatePair.first_id,
        "second_id": DuplicatePair.second_id,
    }
    regions = pairs["region"].unique().to_list()
    query = sa.select(DuplicatePair.id).where(DuplicatePair.region.in_(regions))
    return fetch_in(unit, columns, query, "first_id", pairs["first_id"].to_list())


def forget_pairs(unit: UnitOfWork, region: int) -> None:
    """Drop what was computed for a region; decisions stay."""
    unit.session.execute(sa.delete(DuplicatePair).where(DuplicatePair.region == region))


def open_pairs(unit: UnitOfWork, regions: Sequence[int]) -> list[tuple[DuplicatePair, str | None]]:
    """Pairs of which neither record was merged and that were not told apart, the likeliest first, those put off last;
    with the decision (``later`` or None)."""
    decided = sa.and_(
        PairDecision.region == DuplicatePair.region,
        PairDecision.first_id == DuplicatePair.first_id,
        PairDecision.second_id == DuplicatePair.second_id,
    )
    gone = sa.exists().where(
        MergedPerson.region == DuplicatePair.region,
        MergedPerson.id.in_([DuplicatePair.first_id, DuplicatePair.second_id]),
    )
    query = (
        sa.select(DuplicatePair, PairDecision.decision)
        .outerjoin(PairDecision, decided)
        .where(
            DuplicatePair.region.in_(regions),
            sa.or_(PairDecision.decision.is_(None), PairDecision.decision == "later"),
            ~gone,
        )
        .order_by(PairDecision.decision.is_not(None), DuplicatePair.bits.desc(), DuplicatePair.id)
    )
    return [(pair, decision) for pair, decision in unit.session.execute(query)]


def decision_of(unit: UnitOfWork, region: int, first: UUID, second: UUID) -> PairDecision | None:
    """What was said of two records."""
    query = sa.select(PairDecision).where(
        PairDecision.region == region, PairDecision.first_id == first, PairDecision.second_id == second
    )
    return unit.session.scalars(query).first()


def surviving(unit: UnitOfWork, region: int, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Where records that were given up lead to, by id; chains are followed."""
    found: dict[UUID, UUID] = {}
    asked: Iterable[UUID] = person_ids
    links: dict[UUID, UUID] = {}
    while asked:
        query = sa.select(MergedPerson.id, MergedPerson.into_id).where(
            MergedPerson.region == region, MergedPerson.id.in_(list(asked))
        )
        step = {row.id: row.into_id for row in unit.session.execute(query)}
        links |= step
        asked = [into for into in step.values() if into not in links]
    for start in person_ids:
        at = start
        while at in links:
            at = links[at]
        if at != start:
            found[start] = at
    return found


def merged_frame(unit: UnitOfWork, regions: Sequence[int]) -> pl.DataFrame:
    """Every record of the regions that was merged into another: ``person_id`` and ``into_id``, which is the one that
    survives."""
    query = sa.select(MergedPerson.id, MergedPerson.into_id).where(MergedPerson.region.in_(regions))
    links = {row.id: row.into_id for row in unit.session.execute(query)}
    rows: list[tuple[bytes, bytes]] = []
    for gone, into in links.items():
        at = into
        while at in links:
            at = links[at]
        rows.append((gone.bytes, at.bytes))
    return pl.DataFrame(rows, schema={"person_id": pl.Binary(), "into_id": pl.Binary()}, orient="row")
