"""Forms filled from a register: the figures of the reports, lists within what the actor may see, everything logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.areas.service import find_area
from gridmap.audit.models import AuditEntry
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError, PurposeRequiredError
from gridmap.forms import service
from gridmap.forms.errors import FormAsksNothingError
from gridmap.forms.example import example
from gridmap.forms.ground import STATES
from gridmap.forms.people import Reveal
from gridmap.forms.service import Filled, KeptForm, Order, RegisterSource, words_of
from gridmap.forms.understanding import Choices, open_form
from gridmap.forms.vocabulary import Rows
from gridmap.i18n import translator
from gridmap.residents.models import PersonAttribute
from tests.gridmap.forms.books import cells, sheet_of
from tests.gridmap.town import AS_OF, FIRST, SECOND, STREET, Town


def filled(
    town: Town, content: bytes, area: str = STREET, *, actor: str = "chief", reveal: Reveal | None = None,
    choices: Choices | None = None, as_of: date = AS_OF,
) -> Filled:  # fmt: skip
    form = open_form("form.xlsx", content, words_of(town.assessment), choices)
    with town.store.write() as unit:
        order = Order(find_area(unit, area).id, as_of, reveal)
        source = service.gather(
            unit, town.actors[actor], form, order, assessment=town.assessment, words=translator("zh-CN"), name="统计表"
        )
    return service.write_form(form, source, "统计表")


def entries(town: Town, action: str) -> list[AuditEntry]:
    with town.store.read() as unit:
        query = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.region, AuditEntry.seq)
        return list(unit.session.scalars(query))


def test_totals_are_those_of_the_reports(town: Town) -> None:
    """One row a community; the rows add up to the street; each figure is the report's own."""
    content = cells(
        A1="{{row.name}}", B1="{{row.population}}", C1="{{row.households}}", A2="{{population}}", B2="{{households}}"
    )
    sheet = sheet_of(filled(town, content).content)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=3)]
    *parts, whole = rows
    report = town.report(language="zh-CN")
    figures = {figure.label: figure.value for figure in report.figures}
    assert whole[0] in figures.values()
    assert [sum(row[column] for row in parts) for column in (1, 2)] == whole[:2]
    assert len(parts) >= 2


@pytest.mark.parametrize("rows", ["网格", "社区", "下级"])
def test_rows_of_every_kind_add_up(town: Town, rows: str) -> None:
    """Whatever lies in no area of the kind has a line of its own."""
    sheet = sheet_of(filled(town, cells(A1="{{" + rows + ".人口}}", B9="{{人口}}")).content)
    values = [cell.value for cell in sheet["A"] if cell.value is not None]
    assert sum(values) == [cell.value for cell in sheet["B"] if cell.value is not None][-1]


def test_the_example_is_filled_without_a_difference(town: Town) -> None:
    """What the table adds up to is what is counted directly; the date and the areas stand where they should."""
    result = filled(town, example("figures", "zh-CN").content)
    sheet = sheet_of(result.content)
    rows = result.rows["children"]
    total = next(row for row in range(5, 40) if sheet[f"A{row}"].value == "合计")
    assert total == 5 + rows
    assert sheet[f"C{total}"].value == f"=SUM(C5:C{total - 1})"
    assert sum(sheet[f"C{row}"].value for row in range(5, total)) == sheet[f"J{total + 1}"].value
    assert "2026年11月20日" in sheet["A2"].value
    assert 0 <= sheet["K5"].value <= 1
    assert result.file_name.endswith("2026-11-20.xlsx")


@pytest.mark.parametrize("period", ["本月", "本季度", "今年"])
def test_what_happened_in_a_period_closes(town: Town, period: str) -> None:
    """From the end of the period before to the form's date: opening and what came and went make the population."""
    lines = ("期初人口", "出生", "迁入", "死亡", "迁出", "更正", "区划调整")
    content = cells(**{f"A{row}": f"{{{{{period}{line}}}}}" for row, line in enumerate(lines, start=1)}, B1="{{人口}}")
    sheet = sheet_of(filled(town, content).content)
    opening, births, moves_in, deaths, moves_out, corrections, boundary = (
        sheet[f"A{row}"].value for row in range(1, 8)
    )
    assert opening + births + moves_in - deaths - moves_out + corrections + boundary == sheet["B1"].value
    start = {"本月": date(2026, 10, 31), "本季度": date(2026, 9, 30), "今年": date(2025, 12, 31)}[period]
    then = sheet_of(filled(town, cells(A1="{{人口}}"), as_of=start).content)
    assert then["A1"].value == opening


def test_an_earlier_date_gives_other_figures(town: Town) -> None:
    """The form speaks of the date that is asked for."""
    content = cells(A1="{{population}}")
    now, then = (sheet_of(filled(town, content, as_of=day).content)["A1"].value for day in (AS_OF, date(2024, 1, 1)))
    assert now != then


def test_a_roster_is_masked_and_everyone_in_it_is_logged(town: Town) -> None:
    """Names, numbers and telephones are masked; the log names every person and the form."""
    before = len(entries(town, "person.list"))
    result = filled(town, example("roster", "zh-CN").content, FIRST, actor="officer")
    count = result.rows["residents"]
    sheet = sheet_of(result.content)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_row=3 + count)]
    assert [row[0] for row in rows] == list(range(1, count + 1))
    assert all("*" in row[1] for row in rows)
    assert all(row[4] is None or "*" in row[4] for row in rows)
    assert {row[2] for row in rows} <= {"男性", "女性", "男", "女", None}
    new = entries(town, "person.list")[before:]
    assert sum(len(json.loads(entry.subjects)) for entry in new) == count
    details = json.loads(new[-1].details)
    assert (details["form"], details["fields"], details["rows"]) == ("统计表", "masked", count)
    with town.store.read() as unit:
        source = RegisterSource(
            unit, town.actors["officer"], Order(find_area(unit, FIRST).id, AS_OF),
            assessment=town.assessment, words=translator("en"), form="x",
        )  # fmt: skip
        population = source.areas.table["population"][source.areas.table.row_of(source.areas.position)]
    assert count == population


def test_persons_in_full_need_a_purpose(town: Town) -> None:
    """With one the values are whole, and the log says why."""
    content = cells(A1="姓名", B1="身份证号", C1="出生日期")
    for wrong in (Reveal(""), Reveal("other", "x")):
        with pytest.raises(PurposeRequiredError):
            filled(town, content, FIRST, actor="officer", reveal=wrong)
    before = len(entries(town, "person.reveal"))
    result = filled(town, content, FIRST, actor="officer", reveal=Reveal("service", "社保核对"))
    sheet = sheet_of(result.content)
    with town.store.read() as unit:
        names = set(unit.session.scalars(sa.select(PersonAttribute.name)))
    assert {sheet[f"A{row}"].value for row in range(2, result.rows["residents"] + 2)} <= names
    new = entries(town, "person.reveal")[before:]
    assert {entry.purpose for entry in new} == {"service: 社保核对"}
    assert sum(len(json.loads(entry.subjects)) for entry in new) == result.rows["residents"]


def test_dwellings_are_listed_room_by_room(town: Town) -> None:
    """As many as are counted; nobody is named, so nobody is logged."""
    before = len(entries(town, "person.list"))
    content = cells(A1="小区", B1="楼栋", C1="单元", D1="楼层", E1="房号", F1="居住人数", G1="房屋状态", H1="所属街道")
    result = filled(town, content)
    sheet = sheet_of(result.content)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=1 + result.rows["dwellings"])]
    whole = sheet_of(filled(town, cells(A1="{{dwellings}}", A2="{{located}}")).content)
    assert len(rows) == whole["A1"].value
    assert sum(row[5] for row in rows) == whole["A2"].value
    assert {row[6] for row in rows} <= {translator("zh-CN").gettext(word) for word in STATES.values()}
    assert all(row[7] for row in rows)
    assert len(entries(town, "person.list")) == before


def test_scope_holds_for_figures_and_lists(town: Town) -> None:
    """Another community is as if it were not there; a role without the right is refused."""
    for content in (cells(A1="{{population}}"), cells(A1="姓名", B1="性别"), cells(A1="楼栋", B1="房号")):
        for area in (STREET, SECOND):
            with pytest.raises(NotFoundError):
                filled(town, content, area, actor="officer")
        with pytest.raises(PermissionDeniedError):
            filled(town, content, actor="auditor")


def test_a_refused_list_leaves_no_entry(town: Town) -> None:
    """What could not be filled was not read."""
    before = [len(entries(town, action)) for action in ("form.fill", "person.list", "person.reveal")]
    with pytest.raises(PurposeRequiredError):
        filled(town, cells(A1="{{population}}", B1="{{居民.姓名}}"), reveal=Reveal("nothing"))
    assert [len(entries(town, action)) for action in ("form.fill", "person.list", "person.reveal")] == before


def test_a_form_that_asks_nothing_is_refused(town: Town) -> None:
    """With what to write into it."""
    with pytest.raises(FormAsksNothingError):
        filled(town, cells(A1="会议通知", A2="{{天气}}"))


# --- kept forms ------------------------------------------------------------------------------------------------------


def keep(town: Town, content: bytes, name: str, area: str = STREET, actor: str = "chief") -> KeptForm:
    with town.store.write() as unit:
        return service.keep(
            unit, town.actors[actor], find_area(unit, area).id, f"{name}.xlsx", content,
            words=words_of(town.assessment),
        )  # fmt: skip


def listed(town: Town, actor: str) -> Mapping[str, int]:
    with town.store.read() as unit:
        return {form.name: form.version for form in service.list_forms(unit, town.actors[actor])}


def test_forms_are_kept_by_name_and_version(town: Town) -> None:
    """The same file is the same version; what was decided about columns holds for the next."""
    first = keep(town, cells(A1="{{population}}"), "月报")
    assert keep(town, cells(A1="{{population}}"), "月报").id == first.id
    choices: dict[str, Any] = {"表1": {"columns": {"B": ""}}}
    with town.store.write() as unit:
        service.correct(unit, town.actors["chief"], first.region, first.id, choices)
    second = keep(town, cells(A1="{{population}}", A2="x"), "月报")
    assert (first.version, second.version, second.choices) == (1, 2, choices)
    with town.store.read() as unit:
        found = service.form_named(unit, town.actors["chief"], "月报")
        assert found.content == cells(A1="{{population}}", A2="x")
        assert [form.version for form in service.list_versions(unit, town.actors["chief"], found)] == [2, 1]
    with town.store.write() as unit:
        service.delete(unit, town.actors["chief"], second.region, second.id)
    assert "月报" not in listed(town, "chief")


def test_a_street_s_form_is_there_for_its_communities(town: Town) -> None:
    """They fill it for their own area, but neither change nor delete it; a community's own is seen above and there."""
    form = keep(town, cells(A1="{{area}}", B1="{{population}}"), "街道表")
    own = keep(town, cells(A1="{{population}}", A3="社区"), "社区表", FIRST, "officer")
    assert {"街道表", "社区表"} <= set(listed(town, "officer"))
    with town.store.read() as unit:
        content = service.get_form(unit, town.actors["officer"], form.region, form.id).content
    assert sheet_of(filled(town, content, FIRST, actor="officer").content)["A1"].value
    for act in (service.delete, lambda *given: service.correct(*given, {})):
        with town.store.write() as unit, pytest.raises(NotFoundError):
            act(unit, town.actors["officer"], form.region, form.id)
    with pytest.raises(NotFoundError):
        keep(town, cells(A1="{{population}}"), "别处", SECOND, "officer")
    with pytest.raises(PermissionDeniedError):
        keep(town, cells(A1="{{population}}"), "别处", STREET, "auditor")
    for kept in (form, own):
        with town.store.write() as unit:
            service.delete(unit, town.actors["chief"], kept.region, kept.id)


def test_only_so_many_versions_are_kept(town: Town) -> None:
    """The oldest give way."""
    for number in range(service.MOST_VERSIONS + 2):
        form = keep(town, cells(A1="{{population}}", A2=number), "多版本")
    with town.store.write() as unit:
        versions = service.list_versions(unit, town.actors["chief"], form)
        assert [found.version for found in versions] == list(range(22, 2, -1))
        service.delete(unit, town.actors["chief"], form.region, form.id)


def test_what_a_form_holds_is_sealed(town: Town) -> None:
    """Nothing of it can be read from the database's own files."""
    form = keep(town, cells(A1="{{population}}", A2="内部会商事项"), "密封")
    with town.store.write() as unit:
        raw = unit.session.scalar(sa.text("SELECT content FROM form_template WHERE name = '密封'"))
        assert b"PK\x03\x04" not in bytes(raw)
        assert bytes(raw)[:1] == b"\x01"
        service.delete(unit, town.actors["chief"], form.region, form.id)


def test_two_areas_with_a_form_of_one_name(town: Town) -> None:
    """The command line asks for the file then."""
    forms = [keep(town, cells(A1="{{population}}"), "同名", area) for area in (FIRST, SECOND)]
    with town.store.read() as unit:
        with pytest.raises(InvalidInputError):
            service.form_named(unit, town.actors["chief"], "同名")
        assert service.form_named(unit, town.actors["officer"], "同名").id == forms[0].id
        with pytest.raises(NotFoundError):
            service.form_named(unit, town.actors["officer"], "没有")
    for form in forms:
        with town.store.write() as unit:
            service.delete(unit, town.actors["chief"], form.region, form.id)


def test_rows_of_people_are_read_once(town: Town) -> None:
    """A form that lists them twice logs them once."""
    before = len(entries(town, "person.list"))
    filled(town, cells(A1="{{居民.姓名}}", A3="{{居民.姓名}}"), FIRST, actor="officer")
    assert len(entries(town, "person.list")) == before + 1
    assert Rows.RESIDENTS.value == "residents"
