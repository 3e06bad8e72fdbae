"""Find residents by what somebody knows of them: a part of the name, its pinyin or initials, an identity number or its
tail, a telephone or its tail, an address.

Only the actor's areas are looked into and everything found is masked. The log says who looked, whom they were shown
and, for tails of numbers, for what purpose; it never says what was looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gridmap.access.policy import Action
from gridmap.access.scope import Scope, scope_of
from gridmap.access.service import local_today
from gridmap.accounts.actor import Actor
from gridmap.buildings.wanted import WantedPlace, read_place
from gridmap.errors import InvalidInputError, PurposeRequiredError
from gridmap.residents import finding, repository
from gridmap.residents.finding import PersonKey, Rank
from gridmap.residents.indexing import ID_TAIL, PHONE_TAIL, TAIL, tail_index
from gridmap.residents.reading import log_list, said_purpose, visible_of
from gridmap.residents.rules import normalise_id, normalise_phone
from gridmap.residents.terms import has_characters, is_name_like, search_key
from gridmap.residents.views import PersonView, view_of
from gridmap.store.store import UnitOfWork

SEARCH_LIMIT = 20
MOST_MATCHES = 20_000
"""Persons that a list can be narrowed to by words; more of them say too little."""

SHORTEST_PHONE = 7

_DIGITS = re.compile(r"^[0-9]+X?$")
_ID_TAIL = re.compile(r"^[0-9]{3,5}[0-9X]$")
_PHONE_TAIL = re.compile(r"^[0-9]{4,6}$")


class Kind(StrEnum):
    """What the words that are looked for are."""

    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    TAIL = "tail"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words as they are compared. ``repr`` hides them: they are somebody's name or number."""

    kind: Kind
    key: str
    place: WantedPlace | None = None

    def __repr__(self) -> str:
        return f"Wanted({self.kind.value})"


def read_words(text: str) -> Wanted:
    """Tell what words are: a number, a tail, a name or a place.

    Raises:
        InvalidInputError: nothing that a resident can be found by.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    bare = plain.replace("-", "")
    if _DIGITS.match(bare):
        return _read_number(bare)
    key = search_key(text)
    if is_name_like(key):
        return Wanted(Kind.NAME, key, read_place(text) if has_characters(key) and len(key) > 2 else None)
    place = read_place(text)
    if place is None or not has_characters(plain):
        number = normalise_id(plain)
        if _DIGITS.match(number):
            return _read_number(number)
        raise InvalidInputError(field="Search", reason="a name, pinyin, a number, its end, or an address")
    return Wanted(Kind.PLACE, key, place)


def _read_number(plain: str) -> Wanted:
    if len(plain) in (15, 18):
        return Wanted(Kind.ID_NUMBER, normalise_id(plain))
    if _ID_TAIL.match(plain):
        return Wanted(Kind.TAIL, plain)
    if len(plain) >= SHORTEST_PHONE and plain.isdigit():
        return Wanted(Kind.PHONE, normalise_phone(plain) or plain)
    raise InvalidInputError(field="Search", reason="a whole number, or its last four to six characters")


def search_persons(
    unit: UnitOfWork, actor: Actor, text: str, *, purpose: str = "", note: str = ""
) -> tuple[list[PersonView], bool]:
    """Find persons who live in the actor's areas; masked, audited. The best fit comes first: the whole name, its
    beginning, a part of it.

    Returns the persons and whether there are more than are shown. Of those who fit equally well either all are shown
    or none, and never more than `SEARCH_LIMIT`: nobody can leaf through a register by searching it.

    Raises:
        PermissionDeniedError: the role may not search.
        InvalidInputError: one character, or nothing a resident can be found by.
        PurposeRequiredError: the end of a number without a purpose.
    """
    scope = scope_of(actor, Action.SEARCH_PERSONS)
    if len(search_key(text)) < 2:
        raise InvalidInputError(field="Search", reason="at least two characters")
    wanted = read_words(text)
    said = None
    if wanted.kind is Kind.TAIL:
        said = said_purpose(purpose, note)
        if said is None:
            raise PurposeRequiredError
    today = local_today(unit)
    keys, more = _within(unit, wanted, scope, today)
    order = {key: place for place, key in enumerate(keys)}
    found = repository.living(unit, keys, today)
    shown = sorted(
        visible_of(unit, found, scope, today),
        key=lambda one: order[one.region, one.person_id],
    )
    details = {"search": wanted.kind.value, "rows": len(shown)}
    log_list(unit, actor, shown, details, Action.SEARCH_PERSONS, said)
    return [view_of(unit, resident, today) for resident in shown], more


def matching(unit: UnitOfWork, regions: Collection[int], text: str, day: date) -> list[PersonKey]:
    """Everybody in some regions whom words fit on a day, the best fit first, to narrow a list with.

    It says nothing of where they live: the caller shows only those who are in the list anyway, masked and audited, and
    asks for a purpose before the end of a number is looked for (see :func:`read_words`).

    Raises:
        InvalidInputError: nothing a resident can be found by, or more than `MOST_MATCHES` people.
    """
    keys, more = _ranked(unit, read_words(text), regions, day, MOST_MATCHES)
    if more:
        raise InvalidInputError(field="Search", reason="too many people fit; say more")
    return keys


def _within(unit: UnitOfWork, wanted: Wanted, scope: Scope, today: date) -> tuple[list[PersonKey], bool]:
    """Those in scope whom words fit, whole ranks only, and whether there are more."""
    regions = finding.regions_of(unit, scope)
    if wanted.kind is Kind.PLACE and wanted.place is not None:
        found = finding.by_place(unit, regions, wanted.place, today, scope=scope, limit=SEARCH_LIMIT + 1)
        return _whole([], found)
    if wanted.kind is not Kind.NAME:
        found = finding.living_inside(unit, _by_number(unit, wanted, regions), scope, today)
        return _whole([], found)
    keys: list[PersonKey] = []
    for rank in Rank:
        # Asked for one more than are left beside those known already, lest a rank be cut unseen.
        limit = SEARCH_LIMIT + 1 + len(keys)
        found = finding.by_name(unit, regions, wanted.key, rank, today, scope=scope, limit=limit)
        keys, more = _whole(keys, found)
        if more:
            return keys, True
    if not keys and wanted.place is not None:
        found = finding.by_place(unit, regions, wanted.place, today, scope=scope, limit=SEARCH_LIMIT + 1)
        return _whole([], found)
    return keys, False


def _whole(known: list[PersonKey], found: list[PersonKey]) -> tuple[list[PersonKey], bool]:
    """What is known with all of what was found, or without any of it where that is too much."""
    seen = set(known)
    fresh = sorted(key for key in found if key not in seen)
    return (known, True) if len(known) + len(fresh) > SEARCH_LIMIT else (known + fresh, False)


def _ranked(
    unit: UnitOfWork, wanted: Wanted, regions: Collection[int], day: date, limit: int
) -> tuple[list[PersonKey], bool]:
    found: dict[PersonKey, None] = {}
    if wanted.kind is Kind.NAME:
        for rank in Rank:
            found |= dict.fromkeys(finding.by_name(unit, regions, wanted.key, rank, day, limit=limit + 1))
            if len(found) > limit:
                return [], True
    elif wanted.kind is not Kind.PLACE:
        found = dict.fromkeys(_by_number(unit, wanted, regions))
    if not found and wanted.place is not None:
        found = dict.fromkeys(finding.by_place(unit, regions, wanted.place, day, limit=limit + 1))
    return ([], True) if len(found) > limit else (list(found), False)


def _by_number(unit: UnitOfWork, wanted: Wanted, regions: Collection[int]) -> list[PersonKey]:
    """Persons with a number or a tail of one; a tail leads to few, and their numbers are opened and compared."""
    key = wanted.key
    if wanted.kind is Kind.ID_NUMBER:
        return finding.by_id_index(unit, regions, unit.vault.index(key, "id"))
    if len(key) < TAIL:
        return []
    tails = [tail_index(unit, key, PHONE_TAIL)]
    if wanted.kind is Kind.TAIL:
        tails = [tail_index(unit, key, ID_TAIL)] + (tails if _PHONE_TAIL.match(key) else [])
    maybe = finding.by_tails(unit, regions, tails)
    return [person for person, numbers in finding.numbers_of(unit, maybe).items() if _ends(unit, wanted, numbers)]


def _ends(unit: UnitOfWork, wanted: Wanted, numbers: tuple[bytes | None, list[bytes]]) -> bool:
    phones = unit.vault.open_many(numbers[1], "person_attribute.phone")
    if wanted.kind is Kind.PHONE:
        return wanted.key in phones
    number = unit.vault.open(numbers[0], "person.id_number") or ""
    return number.endswith(wanted.key) or any((phone or "").endswith(wanted.key) for phone in phones)
