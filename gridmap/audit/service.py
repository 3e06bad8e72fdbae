"""Append to and verify the audit chain.

Each entry's MAC is HMAC-SHA-256 over the MAC before it and the entry's canonical JSON, keyed by a key derived for this
alone. One chain a region: its head is a row that is locked while an entry is appended, on both engines, in the same
transaction as the act it records. Region 0 keeps what belongs to no street (sign-ins, accounts).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from gridmap.accounts.actor import Actor
from gridmap.audit.models import AuditEntry, AuditHead
from gridmap.store.keys import MasterKey
from gridmap.store.store import UnitOfWork

INSTALLATION_REGION = 0
GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The result of verifying one region's chain."""

    region: int
    entries: int
    broken_at: int | None

    @property
    def intact(self) -> bool:
        """Whether every entry and the head agree."""
        return self.broken_at is None


def record(
    unit: UnitOfWork,
    actor: Actor | None,
    action: str,
    *,
    region: int = INSTALLATION_REGION,
    subjects: Iterable[UUID] = (),
    purpose: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Append one entry. Call it before the answer leaves, inside the unit of work of the act.

    Args:
        actor: who acted; ``None`` before sign-in.
        action: what was done, as ``noun.verb``.
        region: whose chain.
        subjects: ids of the persons (or users) concerned.
        purpose: the stated purpose, where one is required.
        details: counts, field names, ids of places; never personal data.
    """
    head = unit.session.execute(
        sa.select(AuditHead.seq, AuditHead.mac).where(AuditHead.region == region).with_for_update()
    ).first()
    previous = head.mac if head else GENESIS
    entry = {
        "region": region,
        "seq": (head.seq if head else 0) + 1,
        "at": unit.now,
        "actor_id": actor.user_id if actor else None,
        "actor_name": actor.username if actor else "-",
        "action": action,
        "purpose": purpose,
        "subjects": json.dumps(sorted(str(subject) for subject in subjects)),
        "details": json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True, default=str),
        "request_id": actor.request_id if actor else None,
        "previous": previous,
    }
    mac = _mac(unit.key, previous, entry)
    unit.session.execute(sa.insert(AuditEntry).values(**entry, mac=mac))
    if head is None:
        unit.session.execute(sa.insert(AuditHead).values(region=region, seq=1, mac=mac, version=1))
    else:
        unit.session.execute(
            sa.update(AuditHead)
            .where(AuditHead.region == region)
            .values(seq=entry["seq"], mac=mac, version=AuditHead.version + 1)
        )


def verify(unit: UnitOfWork, regions: Sequence[int] | None = None) -> list[ChainCheck]:
    """Verify the chains of all (or some) regions: order, completeness and every MAC."""
    heads = unit.session.execute(sa.select(AuditHead.region, AuditHead.seq, AuditHead.mac)).all()
    known = set(unit.session.scalars(sa.select(AuditEntry.region).distinct())) | {head.region for head in heads}
    wanted = sorted(known if regions is None else set(regions))
    by_region = {head.region: head for head in heads}
    return [_verify_region(unit, region, by_region.get(region)) for region in wanted]


def _verify_region(unit: UnitOfWork, region: int, head: sa.Row[int, int, bytes] | None) -> ChainCheck:
    previous, expected = GENESIS, 1
    table = AuditEntry.__table__
    names = [column.name for column in table.c]
    query = sa.select(*table.c).where(table.c.region == region).order_by(table.c.seq).execution_options(yield_per=5000)
    with unit.session.execute(query) as rows:
        for row in rows:
            entry = dict(zip(names, row, strict=True))
            mac = bytes(entry.pop("mac"))
            linked = entry["seq"] == expected and bytes(entry["previous"]) == previous
            if not linked or not hmac.compare_digest(mac, _mac(unit.key, previous, entry)):
                return ChainCheck(region, expected - 1, expected)
            previous, expected = mac, expected + 1
    count = expected - 1
    agrees = head is not None and head[1] == count and bytes(head[2]) == previous
    return ChainCheck(region, count, None if agrees else count + 1)


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What a list of entries is narrowed to; everything optional. ``until`` is the first moment left out."""

    regions: Sequence[int] | None = None
    actor_name: str | None = None
    action: str | None = None
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY = EntryFilter()


def entries(unit: UnitOfWork, filters: EntryFilter = EVERY, *, limit: int = 200, offset: int = 0) -> list[AuditEntry]:
    """Entries, newest first, filtered."""
    order = AuditEntry.at.desc(), AuditEntry.region, AuditEntry.seq.desc()
    query = sa.select(AuditEntry).where(*_clauses(filters)).order_by(*order).limit(limit).offset(offset)
    return list(unit.session.scalars(query))


def count_entries(unit: UnitOfWork, filters: EntryFilter = EVERY) -> int:
    """How many entries there are."""
    query = sa.select(sa.func.count()).select_from(AuditEntry).where(*_clauses(filters))
    return int(unit.session.scalar(query) or 0)


def names_used(unit: UnitOfWork) -> tuple[list[str], list[str]]:
    """The actors and the actions that occur, for choosing from."""
    actors = unit.session.scalars(sa.select(AuditEntry.actor_name).distinct().order_by(AuditEntry.actor_name))
    actions = unit.session.scalars(sa.select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    return list(actors), list(actions)


def _clauses(filters: EntryFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.regions is not None:
        clauses.append(AuditEntry.region.in_(filters.regions))
    if filters.actor_name:
        clauses.append(AuditEntry.actor_name == filters.actor_name)
    if filters.action:
        clauses.append(AuditEntry.action.startswith(filters.action, autoescape=True))
    if filters.subject:
        clauses.append(AuditEntry.subjects.contains(str(filters.subject), autoescape=True))
    if filters.since:
        clauses.append(AuditEntry.at >= filters.since)
    if filters.until:
        clauses.append(AuditEntry.at < filters.until)
    return clauses


def _mac(key: MasterKey, previous: bytes, entry: Mapping[str, object]) -> bytes:
    canonical = json.dumps(
        {name: _plain(value) for name, value in entry.items()},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hmac.digest(key.derive("audit"), previous + canonical.encode(), "sha256")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID) else value
