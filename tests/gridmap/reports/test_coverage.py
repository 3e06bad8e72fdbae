"""The coverage report says what the register says: counts, rates, verdicts, and who may read it."""

from __future__ import annotations

import json
import re
from datetime import date
from fractions import Fraction

import pytest
import shapely
import sqlalchemy as sa

from gridmap.audit.models import AuditEntry
from gridmap.buildings.models import Dwelling
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from gridmap.i18n import translator
from gridmap.indicators.cells import AreaTable
from gridmap.reports import registry
from gridmap.reports.model import Kind, Rate, Report, RowStyle, Table
from gridmap.residents.models import Person, PersonAttribute, Residence
from tests.gridmap.town import AS_OF, FIRST, SECOND, STREET, Town

SHARES = {"Dwellings verified": (95, 90), "Residents placed in a dwelling": (98, 95),
          "Households verified": (95, 90), "Complete records": (95, 90),
          "Let dwellings with an agreement": (90, 80)}  # fmt: skip
LEAST = 5
UNJUDGED = "Let dwellings with an agreement"
"""With too few let dwellings there is nothing to judge; of everything else there must be enough."""


def table(report: Report, name: str) -> Table:
    return next(table for table in report.tables if table.name == name)


def column(of: Table, label: str) -> int:
    return next(number for number, entry in enumerate(of.columns) if entry.label == label)


def counts(town: Town) -> AreaTable:
    return town.assessment.figures.table(AS_OF)


def test_key_figures_are_those_of_the_register(town: Town) -> None:
    """Population by a count in SQL, dwellings by another."""
    found = {figure.label: figure.value for figure in town.report().figures}
    with town.store.read() as unit:
        population = unit.session.scalar(
            sa.select(sa.func.count(sa.distinct(Residence.person_id))).where(
                Residence.principal,
                Residence.superseded_at.is_(None),
                Residence.valid_from <= AS_OF,
                sa.or_(Residence.valid_to.is_(None), Residence.valid_to > AS_OF),
            )
        )
        dwellings = unit.session.scalar(sa.select(sa.func.count()).select_from(Dwelling))
    assert found["Population"] == population > 1000
    assert found["Dwellings"] == dwellings
    verified = found["Dwellings verified"]
    assert isinstance(verified, Rate)
    assert verified.denominator == dwellings


def test_every_cell_has_the_counts_of_the_snapshot(town: Town) -> None:
    """Code by code: population, households, dwellings, and the counts behind each rate."""
    cells = table(town.report(), "Cells")
    snapshot = counts(town).cells
    codes = [snapshot.occupancy.snapshot.areas.codes[row] for row in snapshot.rows.tolist()]
    plain = [row for number, row in enumerate(cells.rows) if cells.style(number) is RowStyle.PLAIN]
    assert [row[0] for row in plain] == codes
    for label, name in (("Population", "population"), ("Households", "households"), ("Dwellings", "dwellings")):
        assert [row[column(cells, label)] for row in plain] == snapshot[name].tolist()
    rates = [row[column(cells, "Residents placed in a dwelling")] for row in plain]
    assert [rate.numerator for rate in rates if isinstance(rate, Rate)] == snapshot["located"].tolist()
    assert [rate.denominator for rate in rates if isinstance(rate, Rate)] == snapshot["population"].tolist()


@pytest.mark.parametrize("name", ["Communities", "Cells"])
def test_rows_add_up_to_the_total(town: Town, name: str) -> None:
    """Every count and every part of a rate, with the line of those in no area below."""
    found = table(town.report(), name)
    assert found.styles[-1] is RowStyle.TOTAL
    assert RowStyle.OWN in found.styles
    *rows, total = found.rows
    for at, entry in enumerate(found.columns):
        if entry.kind is Kind.COUNT:
            assert sum(row[at] for row in rows) == total[at], entry.label  # type: ignore[misc]
        if entry.kind is Kind.RATE:
            parts = [row[at] for row in rows if row[at] is not None]
            whole = total[at]
            assert isinstance(whole, Rate)
            assert sum(rate.numerator for rate in parts) == whole.numerator  # type: ignore[union-attr]
            assert sum(rate.denominator for rate in parts) == whole.denominator  # type: ignore[union-attr,misc]


def judged(rate: Rate, meets: int, at_risk: int) -> str:
    """What a clerk with the rule in hand would say."""
    if not rate.denominator or rate.denominator < LEAST:
        return "no_data"
    share = Fraction(rate.numerator, rate.denominator)
    return "meets" if share >= Fraction(meets, 100) else "at_risk" if share >= Fraction(at_risk, 100) else "fails"


def test_statuses_follow_from_the_rates(town: Town) -> None:
    """Each rate of each cell, and the cell's status as the worst of them and of its size."""
    cells = table(town.report(), "Cells")
    kinds = counts(town).occupancy.snapshot.areas.kinds
    codes = counts(town).occupancy.snapshot.areas.codes
    seen = set()
    for number, row in enumerate(cells.rows):
        if cells.style(number) is not RowStyle.PLAIN:
            continue
        found = {label: row[column(cells, label)] for label in SHARES}
        words = {label: judged(rate, *SHARES[label]) for label, rate in found.items() if isinstance(rate, Rate)}
        if words.get(UNJUDGED) == "no_data":
            words[UNJUDGED] = None
        assert {label: rate.status for label, rate in found.items() if isinstance(rate, Rate)} == words
        households = row[column(cells, "Households")]
        assert isinstance(households, int)
        size = kinds[codes.index(str(row[0]))] == "dedicated" or 300 <= households <= 500
        expected = next(
            word for word in ("fails", "at_risk", "no_data", "meets")
            if word in words.values() or (word == "at_risk" and not size)
        )  # fmt: skip
        assert row[column(cells, "Status")] == expected
        seen.add(expected)
    assert len(seen) > 1


def test_the_list_names_every_shortcoming_once(town: Town) -> None:
    """Failed rules first; each line says how many are short, and as many make the rule met."""
    report = town.report()
    cells, found = table(report, "Cells"), table(report, "What is short")
    expected = {
        (row[0], label)
        for number, row in enumerate(cells.rows)
        if cells.style(number) is RowStyle.PLAIN
        for label in SHARES
        if isinstance(rate := row[column(cells, label)], Rate) and rate.status in {"fails", "at_risk"}
    }
    by_rule = column(found, "Rule")
    assert {(row[0], row[by_rule]) for row in found.rows if row[by_rule] in SHARES} == expected
    assert len({(row[0], row[by_rule]) for row in found.rows}) == len(found.rows)
    statuses = [row[column(found, "Status")] for row in found.rows]
    assert statuses == sorted(statuses, key=["fails", "at_risk"].index)
    for row in found.rows:
        rate, missing, action = row[column(found, "Value")], row[column(found, "Short by")], row[-1]
        assert isinstance(rate, Rate)
        assert isinstance(missing, int)
        assert f"{missing:,}" in str(action)
        if rate.denominator is not None:
            limit = SHARES[str(row[by_rule])][0]
            assert Fraction(rate.numerator + missing, rate.denominator) >= Fraction(limit, 100)
            assert Fraction(rate.numerator + missing - 1, rate.denominator) < Fraction(limit, 100)


def test_it_names_no_person(town: Town) -> None:
    """No name, identity number or telephone of anybody is anywhere in the report, nor the id of a record."""
    text = str(town.report())
    with town.store.read() as unit:
        names = set(unit.session.scalars(sa.select(PersonAttribute.name).where(PersonAttribute.name.is_not(None))))
        numbers = {
            unit.vault.open(sealed, "person.id_number")
            for sealed in unit.session.scalars(sa.select(Person.id_number).where(Person.id_number.is_not(None)))
        }
        ids = {str(key) for key in unit.session.scalars(sa.select(Person.id))}
    assert len(numbers) > 1000
    assert not [word for word in (*numbers, *ids) if word in text]
    assert not [name for name in names if len(name) > 1 and name in text]


def test_it_is_marked_internal(town: Town) -> None:
    """Small numbers are not suppressed, and it says so."""
    report = town.report()
    assert report.internal
    assert any("suppressed" in note.text for note in report.notes)


def test_an_officer_gets_the_own_community_only(town: Town) -> None:
    """Its cells and nobody else's; the street and the neighbour are as if they were not there."""
    report = town.report(FIRST, actor="officer")
    codes = [str(row[0]) for row in table(report, "Cells").rows]
    assert codes
    assert all(code.startswith(FIRST) for code in codes)
    assert {place.card[0].value[:12] for place in report.plan.places} == {FIRST} if report.plan else False
    for other in (STREET, SECOND):
        with pytest.raises(NotFoundError):
            town.report(other, actor="officer")


def test_others_get_nothing(town: Town) -> None:
    """A role without the right is refused before anything is counted."""
    with pytest.raises(PermissionDeniedError):
        town.report(actor="auditor")


def test_reading_is_logged_without_subjects(town: Town) -> None:
    """Who read which report of which area and date."""
    with town.store.read() as unit:
        before = unit.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    town.report(SECOND)
    with town.store.read() as unit:
        entries = list(unit.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "report.read")))
        after = unit.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    entry = max(entries, key=lambda entry: entry.at)
    assert after == (before or 0) + 1
    assert entry.actor_name == "chief"
    assert json.loads(entry.subjects) == []
    assert json.loads(entry.details) == {"report": "coverage", "area": SECOND, "as_of": AS_OF.isoformat()}
    assert entry.region > 0


def test_a_cell_has_a_report_too(town: Town) -> None:
    """Of itself alone."""
    code = str(table(town.report(), "Cells").rows[0][0])
    report = town.report(code)
    assert [row[0] for row in table(report, "Cells").rows] == [code, code]
    assert [entry.name for entry in report.tables if not entry.summary] == ["Cells", "What is short"]


def test_an_earlier_date_is_another_report(town: Town) -> None:
    """Figures are of the date asked for."""
    with town.store.write() as unit:
        earlier = registry.build(
            "coverage", unit, town.actors["chief"], STREET, date(2025, 12, 31),
            assessment=town.assessment, words=translator("en"),
        )  # fmt: skip
    now = town.report()
    assert earlier.as_of.isoformat() in earlier.subtitle
    assert earlier.figures[2].value != now.figures[2].value


def test_unknown_reports_and_formats_are_named(town: Town) -> None:
    """The refusal lists those there are."""
    with pytest.raises(InvalidInputError, match="coverage"):
        town.report(code="nothing")
    with pytest.raises(InvalidInputError, match="xlsx"):
        registry.write(town.report(), "docx")


def test_in_chinese_every_word_is_chinese(town: Town) -> None:
    """Titles, labels, limits, actions and definitions; the maker's name stays as it is."""
    report = town.report(language="zh-CN")
    said = [report.title, report.subtitle, *report.path]
    said += [part for figure in report.figures for part in (figure.label, figure.note)]
    said += [part for note in report.notes for part in (note.heading, note.text)]
    for entry in report.tables:
        said += [entry.name, entry.title, entry.empty]
        said += [part for col in entry.columns for part in (col.label, col.numerator, col.denominator, col.threshold)]
        said += [cell for row in entry.rows for cell, col in zip(row, entry.columns, strict=True)
                 if isinstance(cell, str) and col.kind is Kind.TEXT]  # fmt: skip
    assert report.plan is not None
    said += [entry.label for theme in report.plan.themes for entry in theme.legend]
    said += [line.label for place in report.plan.places for line in place.card]
    assert [text for text in said if re.search("[A-Za-z]", text)] == []


@pytest.mark.parametrize(("area", "names"), [(STREET, ["Donghuli", "Baipoli"]), (FIRST, ["Donghuli"])])
def test_the_map_is_bordered_by_the_areas_below(town: Town, area: str, names: list[str]) -> None:
    """A street's map shows its communities, a community's itself; all cells lie inside them."""
    plan = town.report(area).plan
    assert plan is not None
    assert [outline.label for outline in plan.outlines] == names
    whole = shapely.union_all([outline.shape for outline in plan.outlines]).buffer(1e-5)
    assert all(whole.contains(place.shape) for place in plan.places)
    assert len(plan.places) == len(table(town.report(area), "Cells").rows) - sum(
        style is not RowStyle.PLAIN for style in table(town.report(area), "Cells").styles
    )
