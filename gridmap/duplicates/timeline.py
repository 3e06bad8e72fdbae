"""The residences of two records of one person as one line without overlaps. Pure; dates are half-open intervals.

Where both say the same place at the same time they are one residence. Where they say different places, whoever moved
in later is believed: the earlier residence ends on that day, and goes on where the later one ends inside it. A death
ends everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

DEATH, MOVE, INITIAL, IN = "death", "move_within", "initial", "move_in"
Place = tuple[UUID | None, UUID | None, UUID | None]
"""Dwelling, building, area; what is known of them."""


class Remark(StrEnum):
    """What was done to make one line of two."""

    JOINED = "joined"
    CUT = "cut"
    DROPPED = "dropped"
    RESUMED = "resumed"
    ENDED_BY_DEATH = "ended_by_death"


@dataclass(frozen=True, slots=True)
class Stay:
    """One residence of either record. ``preferred``: it wins where both began on one day."""

    id: UUID
    place: Place
    start: date
    end: date | None
    cause_in: str = INITIAL
    cause_out: str | None = None
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Stays in order, none overlapping another (``id`` tells whose household and relationship each keeps), and what
    was done."""

    stays: tuple[Stay, ...]
    remarks: tuple[tuple[Remark, date], ...]


def one_place(one: Place, other: Place) -> bool:
    """Whether two places may be one, known more or less exactly: the room or the building is unknown on one side."""
    dwelling, building, area = one
    if building is None and other[1] is None:
        return area == other[2]
    if building is None or other[1] is None:
        return True
    return building == other[1] and (dwelling == other[0] or dwelling is None or other[0] is None)


def combine(stays: Sequence[Stay]) -> Line:
    """Make one line of the stays of two records."""
    remarks: list[tuple[Remark, date]] = []
    held = _until_death(_joined(list(stays), remarks), remarks)
    cuts = sorted({day for stay in held for day in (stay.start, stay.end) if day is not None})
    pieces: list[Stay] = []
    for at, start in enumerate(cuts):
        end = cuts[at + 1] if at + 1 < len(cuts) else None
        covering = [stay for stay in held if stay.start <= start and (stay.end is None or start < stay.end)]
        if not covering:
            continue
        best = max(covering, key=lambda stay: (stay.start, stay.preferred, stay.end is None, stay.id))
        if pieces and pieces[-1].id == best.id and pieces[-1].end == start:
            pieces[-1] = replace(pieces[-1], end=end)
        else:
            pieces.append(replace(best, start=start, end=end))
    told = _told(held, pieces)
    return Line(tuple(_with_causes(held, pieces)), (*remarks, *told))


def _joined(stays: list[Stay], remarks: list[tuple[Remark, date]]) -> list[Stay]:
    """Stays at one place that overlap or touch become one, at the more exact place."""
    waiting = sorted(stays, key=lambda stay: (stay.start, stay.id))
    done: list[Stay] = []
    while waiting:
        first = waiting.pop(0)
        other = next((stay for stay in waiting if _meets(first, stay) and one_place(first.place, stay.place)), None)
        if other is None:
            done.append(first)
            continue
        waiting.remove(other)
        remarks.append((Remark.JOINED, other.start))
        waiting.append(_union(first, other))
        waiting.sort(key=lambda stay: (stay.start, stay.id))
    return done


def _meets(first: Stay, later: Stay) -> bool:
    return first.end is None or later.start <= first.end


def _union(first: Stay, later: Stay) -> Stay:
    exact = max(first, later, key=lambda stay: (sum(part is not None for part in stay.place[:2]), stay.preferred))
    last = max(first, later, key=lambda stay: (stay.end is None, stay.end or date.min))
    return Stay(
        exact.id, exact.place, first.start, last.end, first.cause_in, last.cause_out, first.preferred or later.preferred
    )


def _until_death(stays: list[Stay], remarks: list[tuple[Remark, date]]) -> list[Stay]:
    deaths = [stay.end for stay in stays if stay.cause_out == DEATH and stay.end is not None]
    if not deaths:
        return stays
    day = min(deaths)
    if any(stay.end is None or stay.end > day for stay in stays):
        remarks.append((Remark.ENDED_BY_DEATH, day))
    return [
        stay if stay.end is not None and stay.end < day else replace(stay, end=day, cause_out=DEATH)
        for stay in stays
        if stay.start < day
    ]


def _told(held: list[Stay], pieces: list[Stay]) -> list[tuple[Remark, date]]:
    told: list[tuple[Remark, date]] = []
    for stay in held:
        own = [piece for piece in pieces if piece.id == stay.id]
        if not own:
            told.append((Remark.DROPPED, stay.start))
            continue
        if own[0].end != stay.end:
            told.append((Remark.CUT, own[0].end or stay.start))
        told += [(Remark.RESUMED, piece.start) for piece in own[1:]]
    return told


def _with_causes(held: list[Stay], pieces: list[Stay]) -> list[Stay]:
    """Where one piece follows another without a gap, the person moved."""
    whole = {stay.id: stay for stay in held}
    shown = []
    for at, piece in enumerate(pieces):
        before = pieces[at - 1] if at else None
        after = pieces[at + 1] if at + 1 < len(pieces) else None
        own = whole[piece.id]
        follows = before is not None and before.end == piece.start
        followed = after is not None and piece.end == after.start
        cause_out = MOVE if followed else (own.cause_out if piece.end == own.end else MOVE)
        shown.append(
            replace(piece, cause_in=MOVE if follows else own.cause_in, cause_out=cause_out if piece.end else None)
        )
    return shown
