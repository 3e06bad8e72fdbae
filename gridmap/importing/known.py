"""What the register knows already of the persons in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import sqlalchemy as sa

from gridmap.duplicates.repository import merged_frame
from gridmap.importing.loading import Attribute, fetch_in
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.store import UnitOfWork

ATTRIBUTE_FIELDS = ("name", "marital_status", "presence", "ethnic_group", "registered_address", "work_unit")

_OPEN_ATTRIBUTE = sa.and_(PersonAttribute.superseded_at.is_(None), PersonAttribute.valid_to.is_(None))
_OPEN_RESIDENCE = sa.and_(
    Residence.superseded_at.is_(None), Residence.valid_to.is_(None), Residence.principal.is_(sa.true())
)

# Tables are read one by one and joined here: many rows are read in order instead of being looked up one at a time.


def _attributes(
    unit: UnitOfWork, regions: Sequence[int], columns: Mapping[str, Attribute], by: str, values: Sequence[bytes | str]
) -> pl.DataFrame:
    query = sa.select(PersonAttribute.id).where(PersonAttribute.region.in_(regions), _OPEN_ATTRIBUTE)
    return fetch_in(unit, columns, query, by, values)


def _residences(unit: UnitOfWork, regions: Sequence[int], person_ids: Sequence[bytes]) -> pl.DataFrame:
    columns: dict[str, Attribute] = {
        "person_id": Residence.person_id,
        "r_id": Residence.id,
        "r_household": Residence.household_id,
        "r_dwelling": Residence.dwelling_id,
        "r_building": Residence.building_id,
        "r_area": Residence.area_id,
        "r_relationship": Residence.relationship,
        "r_valid_from": Residence.valid_from,
        "r_cause_in": Residence.cause_in,
    }
    query = sa.select(Residence.id).where(Residence.region.in_(regions), _OPEN_RESIDENCE)
    found = fetch_in(unit, columns, query, "person_id", person_ids)
    return found.unique("person_id", keep="first", maintain_order=True)


def holders(unit: UnitOfWork, regions: Sequence[int], id_indexes: Sequence[bytes]) -> pl.DataFrame:
    """Persons of these regions with one of these identity numbers: id_index, person_id, region, disputed,
    known_name. A record that was merged into another leads to that one."""
    columns: dict[str, Attribute] = {
        "id_index": Person.id_index,
        "person_id": Person.id,
        "region": Person.region,
        "disputed": Person.disputed,
    }
    found = fetch_in(unit, columns, sa.select(Person.id).where(Person.region.in_(regions)), "id_index", id_indexes)
    merged = found.join(merged_frame(unit, regions), on="person_id", how="left", maintain_order="left")
    found = merged.with_columns(person_id=pl.coalesce("into_id", "person_id")).drop("into_id")
    found = found.unique(["id_index", "person_id"], keep="first", maintain_order=True)
    names: dict[str, Attribute] = {"person_id": PersonAttribute.person_id, "known_name": PersonAttribute.name}
    named = _attributes(unit, regions, names, "person_id", found["person_id"].to_list()).unique(
        "person_id", keep="first"
    )
    return found.join(named, on="person_id", how="left", maintain_order="left")


def holders_everywhere(unit: UnitOfWork, id_indexes: Sequence[bytes]) -> pl.DataFrame:
    """Who holds an identity number anywhere: id_index, key_region, key_person."""
    columns: dict[str, Attribute] = {
        "id_index": PersonKey.id_index,
        "key_region": PersonKey.region,
        "key_person": PersonKey.person_id,
    }
    return fetch_in(unit, columns, sa.select(PersonKey.id_index), "id_index", id_indexes)


def namesakes(unit: UnitOfWork, regions: Sequence[int], names: Sequence[str]) -> pl.DataFrame:
    """Persons of these regions with one of these names: name, person_id, region, birth_date, known_index, and the
    place of the open residence: known_dwelling, known_building, known_area, known_household (its number)."""
    by_name: dict[str, Attribute] = {"name": PersonAttribute.name, "person_id": PersonAttribute.person_id}
    named = _attributes(unit, regions, by_name, "name", names)
    ids = named["person_id"].to_list()
    columns: dict[str, Attribute] = {
        "person_id": Person.id,
        "region": Person.region,
        "birth_date": Person.birth_date,
        "known_index": Person.id_index,
    }
    persons = fetch_in(unit, columns, sa.select(Person.id).where(Person.region.in_(regions)), "person_id", ids)
    places = _residences(unit, regions, ids).select(
        "person_id", "r_household", known_dwelling="r_dwelling", known_building="r_building", known_area="r_area"
    )
    numbers = _numbers(unit, regions, places["r_household"].drop_nulls().to_list())
    return (
        named.join(persons, on="person_id", how="inner")
        .join(places, on="person_id", how="left")
        .join(numbers, on="r_household", how="left")
        .drop("r_household")
    )


def _numbers(unit: UnitOfWork, regions: Sequence[int], household_ids: Sequence[bytes]) -> pl.DataFrame:
    columns: dict[str, Attribute] = {"r_household": Household.id, "known_household": Household.number}
    query = sa.select(Household.id).where(Household.region.in_(regions), Household.number.is_not(None))
    return fetch_in(unit, columns, query, "r_household", household_ids)


def states_of(unit: UnitOfWork, regions: Sequence[int], person_ids: Sequence[bytes]) -> pl.DataFrame:
    """The open state of persons: one row a person, columns ``p_`` of the person, ``a_`` of the open attributes,
    ``r_`` of the open principal residence; ``ended_on`` and ``ended_by`` of the last residence where none is open."""
    columns: dict[str, Attribute] = {
        "person_id": Person.id,
        "p_region": Person.region,
        "p_sex": Person.sex,
        "p_birth_date": Person.birth_date,
        "p_id_index": Person.id_index,
        "p_disputed": Person.disputed,
    }
    attributes: dict[str, Attribute] = {
        "person_id": PersonAttribute.person_id,
        "a_id": PersonAttribute.id,
        **{f"a_{name}": getattr(PersonAttribute, name) for name in ATTRIBUTE_FIELDS},
        "a_phone": PersonAttribute.phone,
        "a_phone_index": PersonAttribute.phone_index,
        "a_valid_from": PersonAttribute.valid_from,
    }
    persons = fetch_in(unit, columns, sa.select(Person.id).where(Person.region.in_(regions)), "person_id", person_ids)
    facts = _attributes(unit, regions, attributes, "person_id", person_ids).unique("person_id", keep="first")
    known = persons.join(facts, on="person_id", how="left", maintain_order="left").join(
        _residences(unit, regions, person_ids), on="person_id", how="left", maintain_order="left"
    )
    gone = known.filter(pl.col("r_id").is_null()).get_column("person_id").to_list()
    return known.join(_endings(unit, regions, gone), on="person_id", how="left", maintain_order="left")


def _endings(unit: UnitOfWork, regions: Sequence[int], person_ids: Sequence[bytes]) -> pl.DataFrame:
    columns: dict[str, Attribute] = {
        "person_id": Residence.person_id,
        "ended_on": Residence.valid_to,
        "ended_by": Residence.cause_out,
    }
    query = sa.select(Residence.person_id).where(
        Residence.region.in_(regions), Residence.superseded_at.is_(None), Residence.valid_to.is_not(None)
    )
    ended = fetch_in(unit, columns, query, "person_id", person_ids)
    return ended.sort("ended_on", descending=True).unique("person_id", keep="first", maintain_order=True)


def households_at(unit: UnitOfWork, regions: Sequence[int], dwelling_ids: Sequence[bytes]) -> pl.DataFrame:
    """The households of dwellings that anybody lives in: household_id, number, dwelling_id."""
    columns: dict[str, Attribute] = {
        "household_id": Household.id,
        "number": Household.number,
        "dwelling_id": Household.dwelling_id,
    }
    lived_in = sa.exists().where(
        Residence.region == Household.region, Residence.household_id == Household.id, _OPEN_RESIDENCE
    )
    query = sa.select(Household.id).where(Household.region.in_(regions), lived_in)
    return fetch_in(unit, columns, query, "dwelling_id", dwelling_ids)
