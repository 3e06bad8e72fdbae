"""Keep what residents are found by in step with the register.

Both tables are derived and hold nothing of their own. Whoever writes names, identity numbers or telephones says so
here, in the same unit of work; what nobody told is found and mended by :func:`mend`, which may run at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gridmap.residents.models import NameTerm, Person, PersonAttribute, PersonTail
from gridmap.residents.terms import name_terms
from gridmap.store.store import UnitOfWork

TAIL = 4
"""Characters of a number in its tail."""

TAIL_BYTES = 8
ID_TAIL, PHONE_TAIL = "id_tail", "phone_tail"
_PIECE = 20_000
_CHUNK = 1_000

Id = UUID | bytes
TermRow = tuple[int, bytes, str, int]
TailRow = tuple[int, bytes, bytes]
"""Region, tail and person; keys as 16 bytes, which sort and compare quickly."""

_TERM_COLUMNS = {"region": "smallint", "term": "bytea", "name": "text", "place": "smallint"}
_TAIL_COLUMNS = {"region": "smallint", "tail": "bytea", "person_id": "uuid"}


@dataclass(frozen=True, slots=True)
class IndexState:
    """What was wrong with the index: counts of entries that were missing and of entries of nobody."""

    missing: int
    stray: int

    @property
    def sound(self) -> bool:
        """Whether everybody can be found, and nobody who is not there."""
        return not self.missing and not self.stray


def tail_index(unit: UnitOfWork, number: str, kind: str) -> bytes:
    """The blind index of the tail of a normalised number; ``kind`` is `ID_TAIL` or `PHONE_TAIL`."""
    return unit.vault.index(number[-TAIL:], kind)[:TAIL_BYTES]


def index_names(unit: UnitOfWork, regions: Sequence[int], names: Sequence[str | None]) -> int:
    """Make names findable in the region of each; known ones cost a look-up. Returns how many names there were."""
    unit.session.flush()
    return _index_names(unit, regions, names)


def _index_names(unit: UnitOfWork, regions: Sequence[int], names: Sequence[str | None]) -> int:
    known = {(region, name) for region, name in zip(regions, names, strict=True) if name}
    rows: list[TermRow] = []
    for region, name in sorted(known):
        rows += [(region, term.text.encode(), name, term.place) for term in name_terms(name)]
        if len(rows) > _PIECE:
            _insert_terms(unit, rows)
            rows = []
    _insert_terms(unit, rows)
    return len(known)


def index_numbers(
    unit: UnitOfWork, kind: str, regions: Sequence[int], persons: Sequence[Id], numbers: Sequence[str | None]
) -> None:
    """Make persons findable by the tails of their numbers (normalised; None is left out). The persons must be
    written already."""
    unit.session.flush()
    given = [
        (region, person.bytes if isinstance(person, UUID) else person, number[-TAIL:])
        for region, person, number in zip(regions, persons, numbers, strict=True)
        if number and len(number) >= TAIL
    ]
    # There are few tails and many numbers: each is hashed once.
    hashed = {tail: unit.vault.index(tail, kind)[:TAIL_BYTES] for tail in {tail for _, _, tail in given}}
    _insert_tails(unit, {(region, hashed[tail], person) for region, person, tail in given})


def index_person(
    unit: UnitOfWork,
    region: int,
    person_id: UUID,
    *,
    name: str | None = None,
    id_number: str | None = None,
    phone: str | None = None,
) -> None:
    """Make one person findable by what was written of them; what is left out stays as it is."""
    index_names(unit, [region], [name])
    index_numbers(unit, ID_TAIL, [region], [person_id], [id_number])
    index_numbers(unit, PHONE_TAIL, [region], [person_id], [phone])


def reindex(unit: UnitOfWork, persons: Iterable[tuple[int, UUID]], *, flushed: bool = False) -> None:
    """Make some persons (region, id) findable by everything that is recorded of them, after their records were put
    back or moved by whoever knows them by key only. ``flushed`` says that nothing waits to be written, as within a
    flush."""
    if not flushed:
        unit.session.flush()
    by_region: dict[int, list[UUID]] = {}
    for region, person in persons:
        by_region.setdefault(region, []).append(person)
    for region, ids in by_region.items():
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            names = sa.select(PersonAttribute.name).where(
                PersonAttribute.region == region, PersonAttribute.person_id.in_(chunk)
            )
            borne = list(unit.session.scalars(names))
            _index_names(unit, [region] * len(borne), borne)
            _insert_tails(unit, _tails(unit, region, chunk))


def mend(unit: UnitOfWork, regions: Iterable[int] | None = None) -> IndexState:
    """Index whatever is not, and drop what belongs to nobody any more, in some regions or all; returns what it did.

    For writers that restore rows as they were (undo, a merge of registers), and after an upgrade.
    """
    missing = stray = 0
    for region in _regions(unit, regions):
        wanted, unused = _names_apart(unit, region)
        index_names(unit, [region] * len(wanted), wanted)
        _forget_names(unit, region, unused)
        lacking, lost = _tails_apart(unit, region)
        _insert_tails(unit, lacking)
        _forget_tails(unit, lost)
        missing += len(wanted) + len(lacking)
        stray += len(unused) + len(lost)
    return IndexState(missing, stray)


def examine(unit: UnitOfWork, regions: Iterable[int] | None = None) -> IndexState:
    """What :func:`mend` would do, without doing it."""
    missing = stray = 0
    for region in _regions(unit, regions):
        wanted, unused = _names_apart(unit, region)
        lacking, lost = _tails_apart(unit, region)
        missing += len(wanted) + len(lacking)
        stray += len(unused) + len(lost)
    return IndexState(missing, stray)


# --- names -----------------------------------------------------------------------------------------------------------


def _insert_terms(unit: UnitOfWork, rows: Iterable[TermRow]) -> None:
    _insert_new(unit, "name_term", _TERM_COLUMNS, rows)


def _names_apart(unit: UnitOfWork, region: int) -> tuple[list[str], list[str]]:
    """Names that are borne but not indexed as they should be, and names that are indexed but not borne."""
    borne = set(
        unit.session.scalars(
            sa.select(PersonAttribute.name)
            .distinct()
            .where(PersonAttribute.region == region, PersonAttribute.name.is_not(None))
        )
    )
    counts = sa.select(NameTerm.name, sa.func.count()).where(NameTerm.region == region).group_by(NameTerm.name)
    held = {name: count for name, count in unit.session.execute(counts)}  # noqa: C416 - rows are no tuples to mypy
    wanted = sorted(name for name in borne if name and held.get(name, 0) < len(name_terms(name)))
    return wanted, sorted(held.keys() - borne)


def forget_unborne(unit: UnitOfWork, region: int) -> int:
    """Drop the names that nobody in a region bears or bore, as after an undo; returns how many there were."""
    bearer = sa.exists().where(PersonAttribute.region == NameTerm.region, PersonAttribute.name == NameTerm.name)
    # Every name has one term that is the whole of it, at the least.
    query = sa.select(NameTerm.name).distinct().where(NameTerm.region == region, NameTerm.place == 0, ~bearer)
    names = list(unit.session.scalars(query))
    _forget_names(unit, region, names)
    return len(names)


def _forget_names(unit: UnitOfWork, region: int, names: list[str]) -> None:
    if names:
        table: Any = NameTerm.__table__
        statement = sa.delete(table).where(
            table.c.region == region, table.c.term == sa.bindparam("of_term"), table.c.name == sa.bindparam("of_name")
        )
        terms = [{"of_term": term.text.encode(), "of_name": name} for name in names for term in name_terms(name)]
        unit.session.connection().execute(statement, terms)


# --- tails of numbers ------------------------------------------------------------------------------------------------


def _insert_tails(unit: UnitOfWork, rows: Iterable[TailRow]) -> None:
    _insert_new(unit, "person_tail", _TAIL_COLUMNS, rows)


def _tails_apart(unit: UnitOfWork, region: int) -> tuple[set[TailRow], set[TailRow]]:
    """Tails that are lacking and tails of numbers that nobody has any more, from the numbers themselves."""
    right = _tails(unit, region)
    query = sa.select(PersonTail.tail, PersonTail.person_id).where(PersonTail.region == region)
    held = {(region, bytes(row.tail), row.person_id.bytes) for row in unit.session.execute(query)}
    return right - held, held - right


def _tails(unit: UnitOfWork, region: int, persons: Sequence[UUID] | None = None) -> set[TailRow]:
    """The tails of the numbers of some persons of a region, or of all."""
    numbers = sa.select(Person.id, Person.id_number).where(Person.region == region, Person.id_number.is_not(None))
    # Those of beliefs that were given up too: an undo may bring them back.
    phones = sa.select(PersonAttribute.person_id, PersonAttribute.phone).where(
        PersonAttribute.region == region, PersonAttribute.phone.is_not(None)
    )
    if persons is not None:
        numbers, phones = numbers.where(Person.id.in_(persons)), phones.where(PersonAttribute.person_id.in_(persons))
    right: set[TailRow] = set()
    for query, kind, column in (
        (numbers, ID_TAIL, "person.id_number"), (phones, PHONE_TAIL, "person_attribute.phone"),
    ):  # fmt: skip
        rows = unit.session.execute(query).all()
        opened = unit.vault.open_many([row[1] for row in rows], column)
        hashed: dict[str, bytes] = {}
        for row, number in zip(rows, opened, strict=True):
            tail = (number or "")[-TAIL:]
            if len(tail) == TAIL:
                if tail not in hashed:
                    hashed[tail] = unit.vault.index(tail, kind)[:TAIL_BYTES]
                right.add((region, hashed[tail], row[0].bytes))
    return right


def _forget_tails(unit: UnitOfWork, rows: set[TailRow]) -> None:
    if rows:
        table: Any = PersonTail.__table__
        statement = sa.delete(table).where(
            table.c.region == sa.bindparam("of_region"),
            table.c.tail == sa.bindparam("of_tail"),
            table.c.person_id == sa.bindparam("of_person"),
        )
        unit.session.connection().execute(
            statement, [{"of_region": region, "of_tail": tail, "of_person": person} for region, tail, person in rows]
        )


def _insert_new(unit: UnitOfWork, table: str, columns: dict[str, str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows whose key is not there yet; the others stay as they are. Sorted, neighbours share pages."""
    fresh = sorted(rows)
    if not fresh:
        return
    connection: Any = unit.session.connection().connection
    names = ", ".join(columns)
    if unit.dialect == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        values: list[list[Any]] = [list(column) for column in zip(*fresh, strict=True)]
        for place, kind in enumerate(columns.values()):
            if kind == "uuid":
                values[place] = [UUID(bytes=value) for value in values[place]]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING", values
            )
        return
    cursor = connection.cursor()
    marks = ", ".join("?" for _ in columns)
    cursor.executemany(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", fresh)
    cursor.close()


def _regions(unit: UnitOfWork, regions: Iterable[int] | None) -> list[int]:
    if regions is not None:
        return sorted(set(regions))
    found: set[int] = set()
    for model in (PersonAttribute, NameTerm):
        found |= set(unit.session.scalars(sa.select(model.region).distinct()))
    return sorted(found)
