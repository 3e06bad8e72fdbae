"""Rules over indicators: limits, precedence, what is missing, and faults of a rules file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.compliance.rules import Rule, RuleSet, Status, load_rules, shipped_rules
from gridmap.compliance.service import Assessment, make_figures
from gridmap.compliance.verdicts import RuleResult, _by_share
from gridmap.errors import DefinitionFileError, NotFoundError
from gridmap.indicators.cache import SnapshotCache
from gridmap.indicators.registry import Values, shipped_registry
from gridmap.store.ids import uuid7_bytes
from gridmap.store.store import Store
from tests.gridmap.indicators.world import (
    LONG_AGO,
    AreaRow,
    BuildingRow,
    DwellingRow,
    HouseholdRow,
    PersonRow,
    ResidenceRow,
    World,
    fill,
    uuid,
)

DAY = date(2026, 11, 20)
SHARE = Rule(
    "share", "Share", "location_rate", "{count}", LONG_AGO, ("residential",), ("cell",), meets=95.0,
    at_risk=90.0, minimum=5,
)  # fmt: skip


def judged(part: list[int], whole: list[int], **changes: Any) -> tuple[list[Status], list[int]]:
    rule = Rule(**{name: getattr(SHARE, name) for name in Rule.__dataclass_fields__} | changes)
    numerator, denominator = np.array(part, dtype=np.float64), np.array(whole, dtype=np.float64)
    indicator = shipped_registry().indicators["location_rate"]
    nothing = np.zeros(len(part), dtype=np.int64)
    status, missing = _by_share(Values(indicator, numerator, denominator, numerator, nothing), rule)
    return [Status(code) for code in status.tolist()], missing.tolist()


def test_limits_belong_to_the_better_side() -> None:
    """Exactly 95 of 100 meets, exactly 90 is at risk, one less fails; too few to judge by are no data."""
    status, missing = judged([95, 94, 90, 89, 4, 0], [100, 100, 100, 100, 4, 0])
    assert status == [Status.MEETS, Status.AT_RISK, Status.AT_RISK, Status.FAILS, Status.NO_DATA, Status.NO_DATA]
    assert missing[:4] == [0, 1, 5, 6]


def test_limits_of_a_rate_that_should_be_low() -> None:
    """With direction down the same holds the other way round."""
    status, missing = judged([5, 10, 11], [100, 100, 100], meets=5.0, at_risk=10.0, direction="down")
    assert status == [Status.MEETS, Status.AT_RISK, Status.FAILS]
    assert missing == [0, 5, 6]


@given(st.integers(5, 3000), st.data(), st.sampled_from([90.0, 95.0, 97.5, 99.9, 33.3]))
def test_what_is_missing_is_just_enough(whole: int, data: st.DataObject, meets: float) -> None:
    """Doing what the action says meets the rule, and one less does not."""
    part = data.draw(st.integers(0, whole))
    status, missing = judged([part], [whole], meets=meets, at_risk=10.0)
    assert (status[0] is Status.MEETS) == (missing[0] == 0)
    if missing[0]:
        assert judged([part + missing[0]], [whole], meets=meets, at_risk=10.0)[0] == [Status.MEETS]
        assert judged([part + missing[0] - 1], [whole], meets=meets, at_risk=10.0)[0] != [Status.MEETS]


def test_precedence_of_statuses() -> None:
    """Failing outweighs risk, risk outweighs missing data, missing data outweighs meeting."""
    order = [Status.MEETS, Status.NO_DATA, Status.AT_RISK, Status.FAILS]
    assert sorted(order) == order
    assert [status.word for status in order] == ["meets", "no_data", "at_risk", "fails"]


# --- over a register -------------------------------------------------------------------------------------------------


def make_world(dwellings: int, verified: int, kind: str = "residential") -> tuple[World, AreaRow]:
    """A street with one cell of that many dwellings, a complete single household in each, some of them visited."""
    keys = iter(uuid7_bytes(6 + 4 * dwellings))
    street = AreaRow(next(keys), "460108001", "street", None, 1)
    community = AreaRow(next(keys), "460108001001", "community", street, 1)
    cell = AreaRow(next(keys), "460108001001001", "cell", community, 1, kind)
    empty = AreaRow(next(keys), "460108001001002", "cell", community, 1, "dedicated")
    world = World([street, community, cell, empty])
    building = BuildingRow(next(keys), 1, community, cells=[(cell, LONG_AGO, None)])
    world.buildings.append(building)
    for number in range(dwellings):
        dwelling = DwellingRow(next(keys), building)
        dwelling.visits = [DAY - timedelta(days=10)] if number < verified else []
        building.dwellings.append(dwelling)
        person = PersonRow(next(keys), 1, "1", date(1990, 1, 1), True)
        person.attributes = [
            {"presence": "floating", "marital_status": "10", "name": "某", "valid_from": LONG_AGO, "valid_to": None,
             "superseded": False}
        ]  # fmt: skip
        household = HouseholdRow(next(keys), dwelling, building, None)
        person.residences = [ResidenceRow(person, household, dwelling, building, None, LONG_AGO, None)]
        world.persons.append(person)
    return world, cell


def assess(store: Store, world: World, rules: RuleSet | None = None) -> Assessment:
    fill(store, world)
    return Assessment(make_figures(SnapshotCache(store, poll_s=0.0), rules=rules), rules)


def results(assessment: Assessment, area: AreaRow, base: date | None = None) -> dict[str, RuleResult]:
    return {result.rule.id: result for result in assessment.area(uuid(area.key), DAY, base=base).results}


def test_a_cell_with_one_failing_rule_fails(store: Store) -> None:
    """17 of 20 dwellings verified fails, says two are missing, and colours the cell though all else is well."""
    world, cell = make_world(20, 17)
    assessment = assess(store, world)
    found = results(assessment, cell)
    coverage = found["registration_coverage"]
    assert (coverage.status, coverage.numerator, coverage.denominator) == (Status.FAILS, 17, 20)
    assert (coverage.value, coverage.threshold, coverage.missing) == (85.0, 95, 2)
    assert coverage.action == "Verify {count} more dwellings"
    assert found["location_rate"].status is found["completeness"].status is Status.MEETS
    assert (found["cell_size"].status, found["cell_size"].missing) == (Status.AT_RISK, 280)
    assert found["location_rate"].action is None
    verdict = assessment.area(uuid(cell.key), DAY)
    assert (verdict.status, verdict.failing) == (Status.FAILS, 2)
    assert [result.status for result in verdict.results] == sorted((r.status for r in verdict.results), reverse=True)


def test_size_alone_never_fails(sqlite_store: Store) -> None:
    """A cell outside the range of households is at risk at worst; a dedicated one is not asked."""
    world, cell = make_world(20, 20)
    assert assess(sqlite_store, world).area(uuid(cell.key), DAY).status is Status.AT_RISK


def test_size_is_for_residential_cells(sqlite_store: Store) -> None:
    """A dedicated cell with few people is judged by the other rules only, an area above by those for its level."""
    world, cell = make_world(20, 20, "dedicated")
    assessment = assess(sqlite_store, world)
    assert "cell_size" not in results(assessment, cell)
    assert assessment.area(uuid(cell.key), DAY).status is Status.MEETS
    assert "cell_size" not in results(assessment, world.areas[0])
    assert assessment.area(uuid(world.areas[0].key), DAY).status is Status.MEETS


def test_too_little_to_judge_by(sqlite_store: Store) -> None:
    """An empty cell has not enough data: that is its own state, neither good nor bad."""
    world, _ = make_world(20, 20, "dedicated")
    assessment = assess(sqlite_store, world)
    verdict = assessment.area(uuid(world.areas[3].key), DAY)
    assert verdict.status is Status.NO_DATA
    assert {result.status for result in verdict.results} == {Status.NO_DATA}
    assert all(result.missing == 0 and result.action is None for result in verdict.results)


def test_statuses_for_the_map(sqlite_store: Store) -> None:
    """One status a cell by map id with how many rules fail; others' cells are left out and not counted."""
    world, cell = make_world(20, 17)
    assessment = assess(sqlite_store, world)
    found = assessment.cell_statuses(DAY)
    assert (found.map_ids, found.statuses, found.failing) == ((2, 3), ("fails", "no_data"), (2, 0))
    assert found.legend == {"meets": 0, "no_data": 1, "at_risk": 0, "fails": 1}
    seen = assessment.cell_statuses(DAY, visible=frozenset({uuid(cell.key)}))
    assert (seen.statuses, seen.failing) == (("fails", None), (2, None))
    assert sum(seen.legend.values()) == 1
    assert assessment.statuses(DAY, visible=frozenset({uuid(cell.key)})) == {uuid(cell.key): Status.FAILS}
    with pytest.raises(NotFoundError):
        assessment.area(uuid(uuid7_bytes(1)[0]), DAY)


def test_change_since_an_earlier_date(sqlite_store: Store) -> None:
    """Each result can say by how much its value rose or fell."""
    world, cell = make_world(20, 17)
    found = results(assess(sqlite_store, world), cell, base=DAY - timedelta(days=30))
    assert found["registration_coverage"].change == 85.0
    assert found["location_rate"].change == 0.0


def test_rules_hold_from_their_day(tmp_path: Path) -> None:
    """A stricter rule of the same id takes over on its day; before the first one none holds."""
    own = tmp_path / "rules.toml"
    own.write_text(rules_text() + rules_text(meets="99", valid_from="2026-01-01"), encoding="utf-8")
    rules = load_rules(own)
    assert [rule.meets for rule in rules.on(date(2025, 12, 31))] == [95]
    assert [rule.meets for rule in rules.on(date(2026, 1, 1))] == [99]
    assert rules.on(date(2019, 1, 1)) == ()


def test_a_deployments_own_rules_are_counted(sqlite_store: Store, tmp_path: Path) -> None:
    """A window of days that no indicator asks for is counted when a rule does."""
    own = tmp_path / "rules.toml"
    own.write_text(rules_text(days="7"), encoding="utf-8")
    world, cell = make_world(20, 20)
    found = results(assess(sqlite_store, world, load_rules(own)), cell)
    assert list(found) == ["x"]
    assert found["x"].value == 0.0


def rules_text(**changes: str) -> str:
    """A rule; every part can be replaced by other TOML, or left out with an empty text."""
    parts = {
        "id": '"x"', "name": '"X"', "indicator": '"registration_coverage"', "meets": "95", "at_risk": "90",
        "kinds": '["residential"]', "levels": '["cell"]', "valid_from": "2020-01-01", "action": '"Do {count}"',
    } | changes  # fmt: skip
    return "[[rule]]\n" + "\n".join(f"{name} = {value}" for name, value in parts.items() if value) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rules_text(indicator='"no_such"'), "rule x: there is no indicator no_such"),
        (rules_text(indicator='"population"'), "plain count"),
        (rules_text(meets="80"), "meets must be the stricter limit"),
        (rules_text(direction='"down"'), "stricter"),
        (rules_text(direction='"left"'), "direction must be up or down"),
        (rules_text(meets='"much"'), "as numbers"),
        (rules_text(range="[3, 5]"), "either range, or meets"),
        (rules_text(range="[5, 3]", meets="", at_risk=""), "the lower first"),
        (rules_text(levels='["planet"]'), "there is no level planet"),
        (rules_text(kinds='["castle"]'), "there is no kind castle"),
        (rules_text(kinds='"residential"'), "kinds must be a list"),
        (rules_text(valid_from='"spring"'), "valid_from must be a date"),
        (rules_text(minimum="0"), "minimum must be"),
        (rules_text(days="1.5"), "days must be"),
        (rules_text(few='"guess"'), "few must be"),
        (rules_text(action='"Do more"'), "action must say {count}"),
        (rules_text(action=""), "action is missing"),
        (rules_text(colour='"red"'), "unknown key colour"),
        (rules_text() * 2, "stands there twice"),
        ("", r"there is no \[\[rule\]\]"),
        ("[other]\n" + rules_text(), "unknown table other"),
        ("[[rule", "own.toml"),
    ],
)
def test_faults_of_a_rules_file_are_named(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong in a deployment's own rules is said, with the rule's id, and nothing starts with them."""
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionFileError, match=said):
        load_rules(own)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """Two faults are both in the message, so that a file is mended in one go."""
    own = tmp_path / "own.toml"
    own.write_text(rules_text(meets="80") + rules_text(id='"y"', levels='["planet"]'), encoding="utf-8")
    with pytest.raises(DefinitionFileError) as caught:
        load_rules(own)
    assert "rule x:" in caught.value.text
    assert "rule y:" in caught.value.text


def test_a_rule_with_nothing_to_judge_says_nothing(sqlite_store: Store) -> None:
    """A cell that lets no dwellings is not grey for want of agreements; with too little of anything else it is."""
    world, cell = make_world(20, 20, "dedicated")
    assessment = assess(sqlite_store, world)
    assert "rental_agreements" not in results(assessment, cell)
    assert results(assessment, cell)["location_rate"].status is Status.MEETS


def test_shipped_rules() -> None:
    """The rules that ship look at known indicators and hold today."""
    rules = shipped_rules().on(DAY)
    assert [rule.id for rule in rules] == [
        "registration_coverage",
        "location_rate",
        "freshness",
        "completeness",
        "cell_size",
        "rental_agreements",
    ]
    assert {rule.id: (rule.meets, rule.at_risk) for rule in rules if rule.meets} == {
        "registration_coverage": (95, 90), "location_rate": (98, 95), "freshness": (95, 90), "completeness": (95, 90),
        "rental_agreements": (90, 80),
    }  # fmt: skip
    assert shipped_rules().windows == (90, 180)
    assert load_rules() is shipped_rules()
