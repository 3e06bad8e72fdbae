"""What the register knows already of the persons in a file."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import sqlalchemy as sa

from gridmap.importing.loading import Attribute, fetch_in
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.store import UnitOfWork

ATTRIBUTE_FIELDS = ("name", "marital_status", "presence", "ethnic_group", "registered_address", "work_unit")

_OPEN_ATTRIBUTE = sa.and_(PersonAttribute.superseded_at.is_(None), PersonAttribute.valid_to.is_(None))
_OPEN_RESIDENCE = sa.and_(
    Residence.superseded_at.is_(None), Residence.valid_to.is_(None), Residence.principal.is_(sa.true())
)


def _attribute_join(query: sa.Select[tuple[object]]) -> sa.Select[tuple[object]]:
    return query.outerjoin(
        PersonAttribute,
        sa.and_(PersonAttribute.region == Person.region, PersonAttribute.person_id == Person.id, _OPEN_ATTRIBUTE),
    )


def _residence_join(query: sa.Select[tuple[object]]) -> sa.Select[tuple[object]]:
    return query.outerjoin(
        Residence, sa.and_(Residence.region == Person.region, Residence.person_id == Person.id, _OPEN_RESIDENCE)
    ).outerjoin(Household, sa.and_(Household.region == Residence.region, Household.id == Residence.household_id))


def holders(unit: UnitOfWork, regions: Sequence[int], id_indexes: Sequence[bytes]) -> pl.DataFrame:
    """Persons of these regions with one of these identity numbers: id_index, person_id, region, known_name, disputed,
    known_dwelling."""
    columns: dict[str, Attribute] = {
        "id_index": Person.id_index,
        "person_id": Person.id,
        "region": Person.region,
        "known_name": PersonAttribute.name,
        "disputed": Person.disputed,
    }
    query = _attribute_join(sa.select(Person.id)).where(Person.region.in_(regions))
    return fetch_in(unit, columns, query, "id_index", id_indexes)


def holders_everywhere(unit: UnitOfWork, id_indexes: Sequence[bytes]) -> pl.DataFrame:
    """Who holds an identity number anywhere: id_index, key_region, key_person."""
    columns: dict[str, Attribute] = {
        "id_index": PersonKey.id_index,
        "key_region": PersonKey.region,
        "key_person": PersonKey.person_id,
    }
    return fetch_in(unit, columns, sa.select(PersonKey.id_index), "id_index", id_indexes)


def namesakes(unit: UnitOfWork, regions: Sequence[int], names: Sequence[str]) -> pl.DataFrame:
    """Persons of these regions with one of these names and an open residence, with birth date and place."""
    columns: dict[str, Attribute] = {
        "name": PersonAttribute.name,
        "person_id": Person.id,
        "region": Person.region,
        "birth_date": Person.birth_date,
        "known_index": Person.id_index,
        "known_dwelling": Residence.dwelling_id,
        "known_building": Residence.building_id,
        "known_area": Residence.area_id,
        "known_household": Household.number,
    }
    query = _residence_join(_attribute_join(sa.select(Person.id))).where(Person.region.in_(regions))
    return fetch_in(unit, columns, query, "name", names)


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
        "a_id": PersonAttribute.id,
        **{f"a_{name}": getattr(PersonAttribute, name) for name in ATTRIBUTE_FIELDS},
        "a_phone": PersonAttribute.phone,
        "a_phone_index": PersonAttribute.phone_index,
        "a_valid_from": PersonAttribute.valid_from,
        "r_id": Residence.id,
        "r_household": Residence.household_id,
        "r_dwelling": Residence.dwelling_id,
        "r_building": Residence.building_id,
        "r_area": Residence.area_id,
        "r_relationship": Residence.relationship,
        "r_valid_from": Residence.valid_from,
        "r_cause_in": Residence.cause_in,
    }
    query = _residence_join(_attribute_join(sa.select(Person.id))).where(Person.region.in_(regions))
    known = fetch_in(unit, columns, query, "person_id", person_ids).unique(
        "person_id", keep="first", maintain_order=True
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
