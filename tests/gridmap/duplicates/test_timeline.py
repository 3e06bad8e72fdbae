"""Two records' residences become one line: nobody lives in two places at once, and no day is lost."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gridmap.duplicates.timeline import Line, Remark, Stay, combine, one_place

ROOM, OTHER_ROOM, HOUSE, OTHER_HOUSE, AREA = (UUID(int=n) for n in range(1, 6))
A, B, ROOMLESS, UNLOCATED = (
    (ROOM, HOUSE, None),
    (OTHER_ROOM, OTHER_HOUSE, None),
    (None, HOUSE, None),
    (None, None, AREA),
)


def stay(number: int, place: tuple[UUID | None, UUID | None, UUID | None], start: int, end: int | None = None,
         **more: str | bool) -> Stay:  # fmt: skip
    """A stay by years."""
    until = None if end is None else date(end, 1, 1)
    return Stay(UUID(int=100 + number), place, date(start, 1, 1), until, **more)  # type: ignore[arg-type]


def years(line: Line) -> list[tuple[int, int, int | None, str, str | None]]:
    return [
        (piece.id.int - 100, piece.start.year, piece.end.year if piece.end else None, piece.cause_in, piece.cause_out)
        for piece in line.stays
    ]


def test_the_same_place_twice_is_one_residence_from_the_earlier_day() -> None:
    line = combine([stay(1, A, 2020), stay(2, A, 2022)])
    assert [(p.start.year, p.end, p.place) for p in line.stays] == [(2020, None, A)]
    assert line.remarks == ((Remark.JOINED, date(2022, 1, 1)),)


def test_who_moved_ends_the_old_residence_and_opens_the_new_one() -> None:
    line = combine([stay(1, A, 2020), stay(2, B, 2022)])
    assert years(line) == [(1, 2020, 2022, "initial", "move_within"), (2, 2022, None, "move_within", None)]
    assert line.remarks == ((Remark.CUT, date(2022, 1, 1)),)


def test_the_room_counts_from_when_the_building_or_the_area_was_known() -> None:
    for vague in (ROOMLESS, UNLOCATED):
        line = combine([stay(1, vague, 2020), stay(2, A, 2022)])
        assert [(p.start.year, p.place) for p in line.stays] == [(2020, A)]


def test_a_stay_inside_a_longer_one_is_kept_and_the_longer_one_goes_on() -> None:
    line = combine([stay(1, A, 2020), stay(2, B, 2022, 2023, cause_out="move_out")])
    assert years(line) == [
        (1, 2020, 2022, "initial", "move_within"),
        (2, 2022, 2023, "move_within", "move_within"),
        (1, 2023, None, "move_within", None),
    ]
    assert (Remark.RESUMED, date(2023, 1, 1)) in line.remarks


def test_of_two_that_began_on_one_day_the_preferred_is_kept() -> None:
    line = combine([stay(1, A, 2020), stay(2, B, 2020, preferred=True)])
    assert years(line) == [(2, 2020, None, "initial", None)]
    assert line.remarks == ((Remark.DROPPED, date(2020, 1, 1)),)


def test_a_death_on_either_side_ends_everything() -> None:
    line = combine([stay(1, A, 2020, 2024, cause_out="death"), stay(2, B, 2022), stay(3, B, 2025)])
    assert years(line) == [(1, 2020, 2022, "initial", "move_within"), (2, 2022, 2024, "move_within", "death")]
    assert (Remark.ENDED_BY_DEATH, date(2024, 1, 1)) in line.remarks


def test_a_gap_stays_a_gap() -> None:
    line = combine([stay(1, A, 2015, 2018, cause_out="move_out"), stay(2, A, 2020, cause_in="move_in")])
    assert years(line) == [(1, 2015, 2018, "initial", "move_out"), (2, 2020, None, "move_in", None)]
    assert line.remarks == ()


def test_places_of_different_exactness_may_be_one() -> None:
    assert one_place(A, ROOMLESS)
    assert one_place(UNLOCATED, B)
    assert not one_place(A, B)
    assert not one_place(A, (OTHER_ROOM, HOUSE, None))
    assert not one_place(UNLOCATED, (None, None, ROOM))


DAYS = st.integers(0, 40)
FIRST = date(2020, 1, 1)


@st.composite
def records(draw: st.DrawFn) -> list[Stay]:
    """Up to three stays of each of two records, those of one record in order."""
    made: list[Stay] = []
    for preferred in (True, False):
        days = sorted(draw(st.sets(DAYS, min_size=0, max_size=6)))
        for at in range(0, len(days) - 1, 2):
            open_end = at + 2 >= len(days) - 1 and draw(st.booleans())
            made.append(
                Stay(
                    UUID(int=len(made) + 1),
                    draw(st.sampled_from([A, B, ROOMLESS, UNLOCATED])),
                    FIRST + timedelta(days=days[at]),
                    None if open_end else FIRST + timedelta(days=days[at + 1]),
                    cause_out=None if open_end else "move_out",
                    preferred=preferred,
                )
            )
    return made


def lived(stays: list[Stay] | tuple[Stay, ...]) -> dict[int, int]:
    """How many stays hold on each day."""
    found = dict.fromkeys(range(60), 0)
    for one in stays:
        for day in found:
            at = FIRST + timedelta(days=day)
            found[day] += one.start <= at and (one.end is None or at < one.end)
    return found


@given(records())
def test_every_day_somebody_lived_somewhere_they_live_in_one_place_and_no_other_day(stays: list[Stay]) -> None:
    line = combine(stays)
    before, after = lived(stays), lived(line.stays)
    assert after == {day: min(count, 1) for day, count in before.items()}
    assert all(piece.end is None or piece.start < piece.end for piece in line.stays)
    assert all((piece.end is None) == (piece.cause_out is None) for piece in line.stays)
    assert {piece.id for piece in line.stays} <= {one.id for one in stays}


@given(records())
def test_combining_again_changes_nothing(stays: list[Stay]) -> None:
    once = combine(stays)
    ids = [UUID(int=at + 1) for at in range(len(once.stays))]
    fresh = [Stay(i, p.place, p.start, p.end, p.cause_in, p.cause_out) for i, p in zip(ids, once.stays, strict=True)]
    again = combine(fresh)
    held = [(p.place, p.start, p.end) for p in again.stays]
    vague = any(one_place(a.place, b.place) for a, b in zip(once.stays, once.stays[1:], strict=False))
    assert held == [(p.place, p.start, p.end) for p in once.stays] or vague
