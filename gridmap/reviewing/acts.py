"""What each decision does to the rows it settles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from geodata.errors import Phrase
from gridmap.batches.models import ImportRow
from gridmap.buildings import repository as buildings
from gridmap.changes.journal import Journal
from gridmap.errors import InvalidInputError, NotFoundError
from gridmap.importing.filing import address_parts, written_key
from gridmap.importing.places import load_places
from gridmap.linking.aliases import KINDS, add_aliases
from gridmap.linking.link import link_addresses
from gridmap.reviewing.cases import NoPersonError, content_of, decider_scope, like_of
from gridmap.reviewing.choosing import area_choice, area_of, person_choices
from gridmap.reviewing.decision import Work
from gridmap.reviewing.new_places import make_place
from gridmap.reviewing.persons import enter_person, move_here
from gridmap.reviewing.settling import Home, end_residence, settle


def _place(work: Work, _journal: Journal) -> None:
    home = _chosen(work)
    if home is None or (work.decision.kind == "place" and home.dwelling_id is None):
        raise InvalidInputError(field="Candidate", reason="choose a place")
    _settle_all(work, home)


def _place_in_building(work: Work, _journal: Journal) -> None:
    home = _chosen(work)
    if home is None:
        raise InvalidInputError(field="Candidate", reason="choose a place")
    _settle_all(work, Home(home.region, home.building_id, None))


def _new_place(work: Work, _journal: Journal) -> None:
    wanted = work.decision.new
    if wanted is None:
        raise InvalidInputError(field="Building", reason="say compound and number, or road and house number")
    if wanted.building_id is not None:
        _require_building(work, wanted.building_id)
    elif wanted.area_id is not None:
        area_choice(work.unit, work.actor, work.key, wanted.area_id)
    else:
        wanted = replace(wanted, area_id=area_of(work.unit, work.rows[0]).id)
    home, made = make_place(work.unit, work.key.region, wanted)
    if made:
        work.touched.update({"geometry", "register"})
    _settle_all(work, home)


def _require_building(work: Work, building_id: UUID | None) -> None:
    """Refuse a building outside the actor's areas exactly as one that does not exist."""
    scope = decider_scope(work.actor)
    if building_id is None or not buildings.ids_inside(work.unit, work.key.region, [building_id], scope, work.today):
        raise NotFoundError


def _settle_all(work: Work, home: Home) -> None:
    if work.rows[0].person_id is None:
        raise NoPersonError
    work.home = home
    for row in work.rows:
        if row.person_id is None:
            work.left += 1
            continue
        _settle(work, row, home)


def _settle(work: Work, row: ImportRow, home: Home) -> None:
    if row.person_id is None:
        raise NoPersonError
    if settle(work.unit, row.person_id, home, content_of(work.unit, row), work.on):
        work.wrote()
    row.dwelling_id, row.building_id = home.dwelling_id, home.building_id
    work.close(row)


def _alias(work: Work, _journal: Journal) -> None:
    """Learn a name, and place every case of the batch that it makes clear; the case itself, and those alike, in the
    chosen place where the name alone does not lead there."""
    unit, entry = work.unit, work.decision.alias
    if entry is None or entry.kind not in KINDS or not written_key(entry.alias) or not written_key(entry.official):
        raise InvalidInputError(
            field="Other name",
            reason=Phrase("the kind must be one of {kinds}; neither name may be empty", {"kinds": ", ".join(KINDS)}),
        )
    chosen = _chosen(work)
    add_aliases(unit, [entry], source="review", user_id=work.actor.user_id)
    work.written = True
    known = [row for row in work.rows if row.person_id is not None]
    # Not those that are kept: the name may be taken back again, after a preview.
    places = load_places(unit, area_of(unit, work.rows[0]), work.today)
    links = link_addresses(address_parts([content_of(unit, row) for row in known]), places.index) if known else None
    first = work.rows[0]
    for row, at in zip(known, links.dwelling.tolist() if links else (), strict=True):
        if at >= 0 and places.dwellings["region"][at] == work.key.region:
            dwelling, building = places.dwellings["id"][at], places.dwellings["building"][at]
            _settle(work, row, Home(work.key.region, UUID(bytes=building), UUID(bytes=dwelling)))
        elif chosen is not None and (row is first or like_of(row) == like_of(first)):
            _settle(work, row, chosen)
    work.left += len(work.rows) - len(work.settled)


def _chosen(work: Work) -> Home | None:
    """The place that was chosen with a decision, if one was."""
    wanted = work.decision
    building_id = wanted.building_id
    if wanted.dwelling_id is not None:
        building_id = buildings.building_of_dwelling(work.unit, work.key.region, wanted.dwelling_id)
    elif building_id is None:
        return None
    _require_building(work, building_id)
    return None if building_id is None else Home(work.key.region, building_id, wanted.dwelling_id)


def _leave(work: Work, _journal: Journal) -> None:
    row = work.rows[0]
    if row.person_id is None:
        raise NoPersonError
    if work.decision.on is None:
        raise InvalidInputError(field="Date", reason="say when")
    end_residence(work.unit, row.region, row.person_id, work.decision.kind, work.on)
    work.wrote()
    work.close(row)


def _same_person(work: Work, journal: Journal) -> None:
    unit, row = work.unit, work.rows[0]
    offered = {(one.person.region, one.person.id) for one in person_choices(unit, work.actor, work.key, limit=1000)}
    if work.decision.person is None or work.decision.person not in offered:
        raise NotFoundError
    region, person_id = work.decision.person
    home = _home_of(row)
    content = content_of(unit, row)
    journal.concerns(person_id, region)
    if region != row.region:
        person_id = move_here(unit, (region, person_id), row.region, home, content, work.on)
        written = True
    else:
        written = home is not None and settle(unit, person_id, home, content, work.on)
    row.person_id = person_id
    work.home, work.written = home, written
    if written:
        work.touched.add("register")
    work.close(row)


def _new_person(work: Work, _journal: Journal) -> None:
    row = work.rows[0]
    if row.person_id is not None or not row.content:
        raise InvalidInputError(field="Decision", reason="not a usable value")
    work.home = _home_of(row)
    if row.region == 0:
        raise InvalidInputError(field="Decision", reason="the street is not known; hand the row in for one street")
    area = area_of(work.unit, row)
    row.person_id = enter_person(
        work.unit, row.region, content_of(work.unit, row), work.home, area.id, (work.on, work.today)
    )
    work.wrote()
    work.close(row)


def _home_of(row: ImportRow) -> Home | None:
    """The place that the import found for a row."""
    return Home(row.region, row.building_id, row.dwelling_id) if row.building_id is not None else None


def _leave_open(work: Work, _journal: Journal) -> None:
    for row in work.rows:
        work.close(row)


ACTS: Final[Mapping[str, Callable[[Work, Journal], None]]] = {
    "place": _place,
    "building": _place_in_building,
    "new_place": _new_place,
    "alias": _alias,
    "move_out": _leave,
    "death": _leave,
    "stays": _leave_open,
    "same_person": _same_person,
    "new_person": _new_person,
    "skip": _leave_open,
    "give_back": _leave_open,
}
