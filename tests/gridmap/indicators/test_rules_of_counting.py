"""Rules of counting that must not be left to chance: ages, classes, joins, overlaps, definitions."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import DefinitionFileError
from gridmap.indicators.classes import change_classes, natural_classes
from gridmap.indicators.columns import UNKNOWN_DAY
from gridmap.indicators.dates import BANDS, UNKNOWN_BAND, bands_of, month_ends, year_before
from gridmap.indicators.keys import KeyIndex
from gridmap.indicators.overlaps import without_overlaps
from gridmap.indicators.registry import load_registry, shipped_registry
from gridmap.residents.rules import age_on
from gridmap.store.types import to_day
from tests.gridmap.indicators.oracle import band

ENTRY = '[[indicator]]\nid = "x"\nname = "x"\nunit = "x"\nsource = "x"\n'
DATES = st.dates(date(1905, 1, 1), date(2100, 12, 31))


@given(birth=DATES, day=DATES)
def test_age_bands_are_of_completed_years(birth: date, day: date) -> None:
    """A band is that of the age everyone else in the program gives; births to come are unknown."""
    found = int(bands_of(np.array([to_day(birth)], dtype=np.int32), to_day(day))[0])
    assert (*BANDS, "unknown")[found] == band(birth, day)
    if birth <= day:
        assert BANDS[found] == ("85_up" if age_on(birth, day) >= 85 else BANDS[age_on(birth, day) // 5])


def test_born_on_leap_day() -> None:
    """Someone born on 29 February is five on 1 March of a common year, not a day earlier."""
    birth = np.array([to_day(date(2020, 2, 29)), UNKNOWN_DAY], dtype=np.int32)
    assert bands_of(birth, to_day(date(2025, 2, 28))).tolist() == [0, UNKNOWN_BAND]
    assert bands_of(birth, to_day(date(2025, 3, 1))).tolist() == [1, UNKNOWN_BAND]


def test_month_ends_and_the_year_before() -> None:
    """A trend has the last month ends and the day itself; a leap day is compared with 28 February."""
    assert month_ends(date(2026, 1, 15), 4) == [
        date(2025, 10, 31),
        date(2025, 11, 30),
        date(2025, 12, 31),
        date(2026, 1, 15),
    ]
    assert month_ends(date(2024, 3, 31), 2) == [date(2024, 2, 29), date(2024, 3, 31)]
    assert year_before(date(2024, 2, 29)) == date(2023, 2, 28)


@given(st.lists(st.integers(-50, 4000), max_size=60), st.integers(1, 6))
def test_natural_classes_are_the_best(values: list[int], classes: int) -> None:
    """Classes hold every value once, in order, and no other cut is tighter (checked against all cuts when few)."""
    found = natural_classes(np.array(values, dtype=np.int64), classes)
    assert sum(part.count for part in found) == len(values)
    assert len(found) == min(classes, len(set(values)))
    for low, high in pairwise(found):
        assert low.end is not None
        assert high.start is not None
        assert low.end < high.start
    if 0 < len(set(values)) <= 9:
        assert _spread([[v for v in values if part.start <= v <= part.end] for part in found]) == pytest.approx(  # type: ignore[operator]
            _best(sorted(values), min(classes, len(set(values)))), abs=1e-6
        )  # fmt: skip


def _spread(groups: list[list[int]]) -> float:
    return sum(sum((v - sum(group) / len(group)) ** 2 for v in group) for group in groups)


def _best(values: list[int], classes: int) -> float:
    if classes == 1:
        return _spread([values])
    cuts = [cut for cut in range(classes - 1, len(values)) if values[cut - 1] != values[cut]]
    return min(
        (
            _best(values[:cut], classes - 1) + _spread([values[cut:]])
            for cut in cuts
            if len(set(values[:cut])) >= classes - 1
        ),
        default=float("inf"),
    )


def test_natural_classes_of_many_values() -> None:
    """Far more values than the search takes still give whole classes."""
    values = np.random.default_rng(3).lognormal(6, 1, 8000).astype(np.int64)
    found = natural_classes(values)
    assert len(found) == 6
    assert sum(part.count for part in found) == 8000
    assert found[0].start == values.min()
    assert found[-1].end == values.max()


@given(st.lists(st.integers(-900, 900), max_size=40))
def test_changes_fall_into_seven_classes(changes: list[int]) -> None:
    """Seven classes without a gap, open at both ends, the middle one around zero and alike on both sides."""
    found = change_classes(np.array(changes, dtype=np.int64))
    assert len(found) == 7
    assert (found[0].start, found[-1].end) == (None, None)
    for low, high in pairwise(found):
        assert low.end is not None
        assert high.start == low.end + 1
    assert found[3].start == -found[3].end  # type: ignore[operator]
    for part in found:
        inside = [c for c in changes if (part.start is None or part.start <= c) and (part.end is None or c <= part.end)]
        assert part.count == len(inside)


@given(
    st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=30),
    st.lists(st.binary(min_size=16, max_size=16), max_size=10),
)
def test_joins_find_exactly_the_key(keys: list[bytes], others: list[bytes]) -> None:
    """Each key is found where it stands, any other is not found; keys that end in zero bytes too."""
    index = KeyIndex(np.array(keys, dtype="S16") if keys else np.zeros(0, dtype="S16"))
    wanted = [*keys, *others, bytes(15) + b"\x01"]
    places = {key: place for place, key in enumerate(keys)}
    assert index.positions(np.array(wanted, dtype="S16")).tolist() == [places.get(key, -1) for key in wanted]


def test_a_key_that_stands_twice_is_refused() -> None:
    """A list with a key twice cannot be joined to."""
    with pytest.raises(ValueError, match="twice"):
        KeyIndex(np.array([b"a" * 16, b"a" * 16], dtype="S16"))


INTERVAL = st.tuples(st.integers(0, 20), st.integers(0, 20))


@given(st.lists(st.lists(INTERVAL, max_size=5, unique_by=lambda pair: pair[0]), min_size=1, max_size=4))
def test_overlapping_residences_are_told_apart(persons: list[list[tuple[int, int]]]) -> None:
    """On every day a person holds the residence that began last, if any is open, and never two."""
    flat = [(person, start, end) for person, spans in enumerate(persons) for start, end in spans]
    columns = ("person", "valid_from", "valid_to", "cause_in", "cause_out", "row")
    rows = {
        name: np.array(values, dtype=np.int32)
        for name, values in zip(
            columns, [*zip(*flat, strict=True), [1] * len(flat), [2] * len(flat), list(range(len(flat)))]
            if flat else [[]] * 6, strict=True
        )
    }  # fmt: skip
    found, parted = without_overlaps(rows)
    assert parted <= len(persons)
    for person, spans in enumerate(persons):
        mine = found["person"] == person
        for day in range(21):
            held = mine & (found["valid_from"] <= day) & (day < found["valid_to"])
            expected = max((start for start, end in spans if start <= day < end), default=None)
            assert held.sum() == (expected is not None)
            if expected is not None:
                assert flat[int(found["row"][held][0])][1] == expected


def test_every_shipped_indicator_says_what_it_is() -> None:
    """Name, unit and the source of the definition are there for each, and shares are of a hundred."""
    registry = shipped_registry()
    assert set(registry.indicators) == {
            "population", "households", "density", "household_size", "floating_share", "share_60", "share_65",
            "total_dependency", "child_dependency", "old_age_dependency", "registration_coverage", "location_rate",
            "completeness", "freshness", "vacancy", "rental_share", "sex_ratio",
            "rental_agreements", "programme_coverage",
    }  # fmt: skip
    assert all(indicator.factor == 100 for indicator in registry.indicators.values() if indicator.unit == "%")
    assert registry.terms().windows == (90, 180)
    assert registry.terms((30, 90)).windows == (30, 90, 180)


def test_a_deployment_adds_indicators_and_terms(tmp_path: Path) -> None:
    """A few lines of TOML add an indicator, replace one, and change what a complete record is."""
    own = tmp_path / "indicators.toml"
    own.write_text(
        '[terms]\nrequired = ["name", "phone"]\n'
        '[measure]\nover_80 = "age(80)"\n'
        '[[indicator]]\nid = "share_80"\nname = "Aged 80 and over"\nnumerator = "over_80"\ndenominator = "known_age"\n'
        'factor = 100\nunit = "%"\nsource = "own"\n',
        encoding="utf-8",
    )
    registry = load_registry(own)
    assert registry.required == ("name", "phone")
    assert registry.unverified_days == shipped_registry().unverified_days
    assert registry.indicators["share_80"].numerator == "over_80"
    assert "population" in registry.indicators


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[terms]\nunverified_days = 0", "unverified_days must be"),
        ('[terms]\nrequired = ["shoe_size"]', "unknown field shoe_size"),
        ('[measure]\nx = "no_such"', "nothing is counted as no_such"),
        ('[measure]\nx = "populaton * 2"', "did you mean population"),
        ('[measure]\nx = "y"\ny = "x"', "nothing is counted as y"),
        ('[measure]\nx = "male +"', "cannot be read"),
        (ENTRY, "numerator is missing"),
        (ENTRY + 'numerator = "y"', "nothing is counted as y"),
        (ENTRY + 'numerator = "age(3, 7)"', "multiple of 5"),
        (ENTRY + 'numerator = "male"\ncolour = 1', "unknown key colour"),
        (ENTRY + 'numerator = "male"\ndirection = "left"', "direction"),
        (ENTRY + 'numerator = "male"\ndays = -1', "days must be"),
        ("this is no TOML", "own.toml"),
    ],
)  # fmt: skip
def test_faults_of_a_file_are_named(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong in a deployment's own file is said, with the name of the entry."""
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionFileError, match=said):
        load_registry(own)


def test_a_missing_file_is_an_explained_error(tmp_path: Path) -> None:
    """A path that leads nowhere is not a traceback."""
    with pytest.raises(DefinitionFileError):
        load_registry(tmp_path / "absent.toml")
