"""A small street with people whose records can be merged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.accounts.actor import Actor
from gridmap.bootstrap import METADATA
from gridmap.residents.indexing import mend
from gridmap.residents.models import Household, Person, PersonAttribute, PersonKey, Residence
from gridmap.store.base import Placement
from gridmap.store.ids import uuid7
from gridmap.store.store import Store
from tests.gridmap.importing.registers import Street, make_manager, make_street


@dataclass
class Place:
    """The street, whoever manages all of it, and a way of adding people."""

    store: Store
    street: Street
    manager: Actor

    def add(
        self, name: str | None, room: str | None = "海景花园1-1-101", *, since: date = date(2024, 1, 1),
        until: date | None = None, number: str | None = None, born: date | None = date(1980, 5, 6),
        sex: str | None = "2", phone: str | None = None, cause_out: str | None = None, disputed: bool = False,
        **state: Any,
    ) -> UUID:  # fmt: skip
        """A person with one state and one residence; without a room they count under the community."""
        key = uuid7()
        region = self.street.region
        with self.store.write() as unit:
            vault = unit.vault
            index = vault.index(number, "id") if number else None
            unit.session.add(
                Person(
                    region=region, id=key, sex=sex, birth_date=born, disputed=disputed, id_index=index,
                    id_number=vault.seal(number, "person.id_number") if number else None,
                )
            )  # fmt: skip
            unit.session.flush()
            if index and unit.session.get(PersonKey, index) is None:
                unit.session.add(PersonKey(id_index=index, region=region, person_id=key))
            unit.session.add(
                PersonAttribute(
                    region=region, person_id=key, name=name, valid_from=since, recorded_at=unit.now,
                    phone=vault.seal(phone, "person_attribute.phone") if phone else None,
                    phone_index=vault.index(phone, "phone") if phone else None, **state,
                )
            )  # fmt: skip
            dwelling = self.street.rooms[room] if room else None
            household = uuid7()
            building = self.street.buildings[room.split("-")[0]] if room else None
            area = None if room else self.street.community
            unit.session.add(
                Household(region=region, id=household, dwelling_id=dwelling, building_id=building, area_id=area)
            )
            unit.session.flush()
            unit.session.add(
                Residence(
                    region=region, person_id=key, household_id=household, dwelling_id=dwelling, building_id=building,
                    area_id=area, relationship="02", valid_from=since, valid_to=until, cause_in="initial",
                    cause_out=cause_out, recorded_at=unit.now,
                )
            )  # fmt: skip
            unit.session.flush()
            mend(unit)
        return key

    def stays(self, person: UUID) -> list[tuple[UUID | None, date, date | None, str, str | None]]:
        """What is believed of where somebody lived."""
        with self.store.read() as unit:
            query = sa.select(Residence).where(Residence.person_id == person, Residence.superseded_at.is_(None))
            rows = unit.session.scalars(query.order_by(Residence.valid_from))
            return [(r.dwelling_id, r.valid_from, r.valid_to, r.cause_in, r.cause_out) for r in rows]

    def states(self, person: UUID) -> list[PersonAttribute]:
        """What is believed of somebody's states."""
        with self.store.read() as unit:
            query = sa.select(PersonAttribute).where(
                PersonAttribute.person_id == person, PersonAttribute.superseded_at.is_(None)
            )
            return list(unit.session.scalars(query.order_by(PersonAttribute.valid_from)))

    def person(self, key: UUID) -> Person:
        """A record."""
        with self.store.read() as unit:
            found = unit.session.get(Person, (self.street.region, key))
            assert found is not None
            return found

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All records of places and the directory of numbers, but the logs and what searches read (a tail too many
        there finds nobody)."""
        logs = {"audit_entry", "audit_head", "change", "change_head", "change_row", "change_subject"}
        logs |= {"name_term", "person_tail"}
        found = {}
        with self.store.read() as unit:
            for table in METADATA.sorted_tables:
                kept = table.info.get("placement") in {Placement.REGION, Placement.DIRECTORY}
                if kept and table.name not in logs:
                    found[table.name] = sorted(map(tuple, unit.session.execute(sa.select(table))), key=repr)
        return found


@pytest.fixture
def make_place() -> Callable[[Store], Place]:
    """Fill a register."""
    return lambda store: Place(store, make_street(store), make_manager(store))


@pytest.fixture
def place(store: Store, make_place: Callable[[Store], Place]) -> Place:
    """The street on both kinds of store."""
    return make_place(store)


@pytest.fixture
def sqlite_place(sqlite_store: Store, make_place: Callable[[Store], Place]) -> Place:
    """The street in a file."""
    return make_place(sqlite_store)
