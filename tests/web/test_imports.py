"""Importing a register in the browser: read, check, commit, and what is left on the disk."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from fastapi import FastAPI

from gridmap.access.service import grant_role, revoke
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.audit import service as audit
from gridmap.importing.layouts import list_layouts
from gridmap.store.store import Store
from tests.web.client import Visitor, visitor
from tests.web.sample import PASSWORD, Sample, id_number

HEADINGS = "姓名,身份证号,性别,与户主关系,电话,备注,现住址"


def a_register(sample: Sample, rows: int = 3, *, bad: bool = False) -> bytes:
    """A register of newcomers in the first building of cell 1."""
    lines = [HEADINGS]
    for number in range(rows):
        birth = sample.today.replace(year=1990 - number, month=1, day=2)
        lines.append(
            f"新来{'甲乙丙丁戊'[number]}乙,{id_number(900 + number, birth, '1')},男,户主,1380000{number:04d},x,"
            f"云湾花园1号楼1单元30{2}"
        )
    if bad:
        lines.append("错行丁,123,男,户主,,,云湾花园1号楼1单元302")
    return "\n".join(lines).encode("utf-8-sig")


def hand_in(someone: Visitor, sample: Sample, content: bytes, name: str = "新来人员.csv", area: str = "k1") -> str:
    """Upload a file; the address of its page."""
    answer = someone.client.post(
        "/import",
        data={"csrf": someone.csrf, "template": "register", "area": str(sample.areas[area].id),
              "effective": sample.today.isoformat(), "completeness": "partial"},
        files={"file": (name, content)}, headers={"accept": "text/html"}, follow_redirects=False,
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def wait(someone: Visitor, app: FastAPI, path: str) -> Any:
    """Wait for background work as the page does, and give the page."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if someone.get(f"{path}/progress").headers.get("hx-refresh"):
            return someone.get(path)
        time.sleep(0.05)
    raise AssertionError("the work did not end")


@pytest.fixture
def manager(sign_in: Callable[[str], Visitor]) -> Visitor:
    """A data manager of sub-district A."""
    return sign_in("manager")


def population(someone: Visitor, sample: Sample, area: str) -> int:
    """The population of an area as the interface says it."""
    return int(someone.get(f"/api/v1/areas/{sample.areas[area].id}/summary").json()["population"])


def test_a_register_goes_from_the_file_to_the_map(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """Nothing is written before the commit; afterwards the figures have it."""
    before = population(manager, sample, "c1")
    path = hand_in(manager, sample, a_register(sample, bad=True))
    understood = wait(manager, app, path)
    assert "姓名" in understood.text
    assert manager.post(f"{path}/columns").headers["location"] == path
    checked = wait(manager, app, path)
    assert "123" in checked.text or "错" in checked.text
    assert population(manager, sample, "c1") == before
    assert manager.post(f"{path}/commit").status_code == 303
    committed = wait(manager, app, path)
    assert "Committed" in committed.text or "已提交" in committed.text or committed.status_code == 200
    app.state.site.figures.snapshots.current(at_once=True)
    assert population(manager, sample, "c1") == before + 3


def test_what_identifies_people_is_masked_in_the_preview(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """The page is seen by whoever stands behind the screen."""
    path = hand_in(manager, sample, a_register(sample, 2))
    wait(manager, app, path)
    manager.post(f"{path}/columns")
    page = wait(manager, app, path).text
    birth = sample.today.replace(year=1990, month=1, day=2)
    assert id_number(900, birth, "1") not in page
    assert "13800000000" not in page
    assert "新来甲乙" not in page
    manager.post(f"{path}/cancel")


def test_somebody_may_say_otherwise_what_a_column_means(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """A column left out by choice stays out, however often the rows are checked."""
    path = hand_in(manager, sample, a_register(sample, 1))
    wait(manager, app, path)
    for _ in range(2):
        manager.post(f"{path}/columns", {"sheet-0-column-E": ""})
        assert wait(manager, app, path).status_code == 200
        job = app.state.site.desk.jobs(app_actor(app, manager))[0]
        columns = next(iter(job.preview.columns.values()))
        assert next(column for column in columns if column.letters == "E").status == "ignored"
        manager.post(f"{path}/columns", {})
        wait(manager, app, path)
    manager.post(f"{path}/cancel")


def app_actor(app: FastAPI, someone: Visitor) -> Any:
    """The actor behind a visitor, as the desk knows owners."""
    username = someone.get("/api/v1/me").json()["username"]
    jobs = list(app.state.site.desk._jobs.values())
    return next(job.actor for job in jobs if job.actor.username == username)


def test_an_import_belongs_to_its_owner(manager: Visitor, app: FastAPI, sample: Sample, web_store: Store) -> None:
    """Another data manager of the same area finds nothing there, by no address."""
    with web_store.write() as unit:
        other = create_user(unit, Passwords(cheap=True), username="manager2", display_name="另一位", password=PASSWORD)
        grant_role(unit, other, Role.DATA_MANAGER, sample.areas["a"].id)
    path = hand_in(manager, sample, a_register(sample, 1))
    wait(manager, app, path)
    colleague = visitor(app, "manager2")
    assert path not in colleague.get("/import").text
    assert path in manager.get("/import").text
    for address in (path, f"{path}/progress", f"{path}/verdicts.csv", f"{path}/workbook"):
        assert colleague.get(address).status_code == 404
    for step in ("columns", "commit", "cancel"):
        assert colleague.post(f"{path}/{step}").status_code == 404
    assert visitor(app, "street").get(path).status_code == 403
    assert visitor(app).get(path).status_code == 303
    manager.post(f"{path}/cancel")


def test_files_outside_the_owners_areas_are_refused(manager: Visitor, sample: Sample) -> None:
    """An area of another sub-district is as if it did not exist."""
    answer = manager.client.post(
        "/import",
        data={"csrf": manager.csrf, "area": str(sample.areas["k3"].id), "template": "register"},
        files={"file": ("a.csv", b"x")}, headers={"accept": "text/html"}, follow_redirects=False,
    )  # fmt: skip
    assert answer.status_code == 404


def test_a_file_waits_sealed_and_leaves_nothing_on_the_disk(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """The folder of uploads is private, holds nothing in the clear while nobody works on it, and is empty of what was
    cancelled, committed or could not be read."""
    folder: Path = app.state.site.desk.folder
    path = hand_in(manager, sample, a_register(sample, 1))
    wait(manager, app, path)
    assert folder.stat().st_mode & 0o077 == 0
    waiting = [found for found in folder.rglob("*") if found.is_file()]
    assert [found.suffix for found in waiting] == [".sealed"]
    assert "姓名".encode() not in waiting[0].read_bytes()
    manager.post(f"{path}/cancel")
    broken = hand_in(manager, sample, b"\x00\x01\x02", "broken.xlsx")
    page = wait(manager, app, broken)
    assert page.status_code == 200
    given_up = hand_in(manager, sample, a_register(sample, 1, bad=True))
    wait(manager, app, given_up)
    manager.post(f"{given_up}/columns")
    wait(manager, app, given_up)
    assert manager.get(f"{given_up}/workbook").status_code == 200
    manager.post(f"{given_up}/cancel")
    assert manager.get(f"{given_up}/workbook").status_code == 404
    assert not list(folder.rglob("*"))


def test_steps_out_of_order_are_refused(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """Pressing twice, or going back in the browser, does not write twice."""
    path = hand_in(manager, sample, a_register(sample, 1))
    wait(manager, app, path)
    assert manager.post(f"{path}/commit").status_code == 422
    manager.post(f"{path}/cancel")
    assert manager.post(f"{path}/columns").status_code == 422


def test_making_the_list_of_verdicts_is_recorded(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """The list names persons by id; that somebody took it is in the log."""
    path = hand_in(manager, sample, a_register(sample, 1, bad=True))
    wait(manager, app, path)
    manager.post(f"{path}/columns")
    wait(manager, app, path)
    answer = manager.get(f"{path}/verdicts.csv")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "sheet,row,verdict,dwelling_id,building_id,person_id,reason"
    assert len(lines) == 3
    with web_store.read() as unit:
        assert audit.entries(unit, audit.EntryFilter(action="batch.read"))
    manager.post(f"{path}/cancel")


def test_the_workbook_to_correct_is_made_in_memory(
    manager: Visitor, app: FastAPI, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No part of it passes through the system's temporary folder, where it would lie in the clear."""
    path = hand_in(manager, sample, a_register(sample, 1, bad=True))
    wait(manager, app, path)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    manager.post(f"{path}/columns")
    wait(manager, app, path)
    assert manager.get(f"{path}/workbook").status_code == 200
    manager.post(f"{path}/cancel")


def test_rows_are_checked_with_the_rights_of_the_moment(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """Whoever lost the area after handing a file in learns nothing of it any more, while another one is left."""
    with web_store.write() as unit:
        user = create_user(unit, Passwords(cheap=True), username="manager3", display_name="又一位", password=PASSWORD)
        lost = grant_role(unit, user, Role.DATA_MANAGER, sample.areas["a"].id).id
        grant_role(unit, user, Role.DATA_MANAGER, sample.areas["k3"].id)
    someone = visitor(app, "manager3")
    path = hand_in(someone, sample, a_register(sample, 1))
    wait(someone, app, path)
    with web_store.write() as unit:
        revoke(unit, lost)
    someone.post(f"{path}/columns")
    wait(someone, app, path)
    job = next(job for job in app.state.site.desk.jobs(app_actor(app, someone)))
    assert job.preview is None
    assert job.state == "failed"


def office_form(sample: Sample) -> bytes:
    """A workbook as an office keeps it: title, headings of two rows, a section, a subtotal, a note; a second sheet with
    headings that nobody knows; a hidden column."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("人口")
        sheet.merge_range("A1:E1", "登记表（截至2025年3月31日）")
        for letters, heading in {"A": "姓名", "B": "身份证号", "E": "来源"}.items():
            sheet.merge_range(f"{letters}2:{letters}3", heading)
        sheet.merge_range("C2:D2", "住址")
        sheet.write_row(2, 2, ["楼栋", "房号"])
        sheet.merge_range("A4:E4", "第一网格")
        birth = sample.today.replace(year=1990, month=1, day=2)
        sheet.write_row(4, 0, ["新来甲乙", id_number(960, birth, "1"), "1号楼", "302", "13800000000"])
        sheet.write_row(5, 0, ["小计", "", "", "", "1人"])
        sheet.write_row(6, 0, ["填表人：张测试", "", "联系电话：13900000000"])
        sheet.set_column("B:B", 20, None, {"hidden": True})
        other = book.add_worksheet("名单")
        other.write_row(0, 0, ["说明"])
        other.write_row(1, 0, ["甲栏", "乙栏"])
        other.write_row(2, 0, ["新来丙丁", id_number(961, birth, "2")])
    return content.getvalue()


def test_what_was_understood_is_shown_corrected_and_remembered(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """Every row of every sheet is on the page before anything is judged, nobody's name or number is; what is corrected
    holds, and the next file with the same headings is read that way."""
    path = hand_in(manager, sample, office_form(sample), "表.xlsx")
    page = wait(manager, app, path).text
    birth = sample.today.replace(year=1990, month=1, day=2)
    for secret in ("新来甲乙", id_number(960, birth, "1"), "13800000000", "13900000000", "张测试"):
        assert secret not in page
    for shown in ("截至2025年3月31日", "第一网格", "小计", "填表人", "2025-03-31", "2-3"):
        assert shown in page
    fields = {"sheet-0-shown": "1", "sheet-0-use": "yes", "sheet-0-header": "2-3", "effective": "2025-03-31"}
    answer = manager.post(f"{path}/columns", {**fields, "sheet-1-header": "2", "action": "read"})
    assert answer.headers["location"] == path
    wait(manager, app, path)
    job = next(job for job in app.state.site.desk.jobs(app_actor(app, manager)) if path.endswith(str(job.id)))
    assert job.understood.sheets[1].header_rows == (2,)
    chosen = {"sheet-1-header": "2", "sheet-1-column-A": "name", "sheet-1-column-B": "id_number"}
    chosen |= {"sheet-1-layout": "名单表", "sheet-0-column-E": "phone"}
    manager.post(f"{path}/columns", {**fields, **chosen, "action": "check"})
    wait(manager, app, path)
    counts = job.preview.counts
    assert (counts["rows"], job.preview.skipped["人口"], job.order.effective.isoformat()) == (
        2, {"title": 1, "header": 2, "section": 1, "subtotal": 1, "note": 1}, "2025-03-31",
    )  # fmt: skip
    manager.post(f"{path}/cancel")
    assert "名单表" in manager.get("/import").text
    again = hand_in(manager, sample, office_form(sample), "表2.xlsx")
    assert "名单表" in wait(manager, app, again).text
    manager.post(f"{again}/cancel")
    with web_store.read() as unit:
        (layout,) = list_layouts(unit, app_actor(app, manager))
    assert manager.post(f"/import/layouts/{layout.id}/forget").status_code == 303
    assert "名单表" not in manager.get("/import").text
    assert manager.post(f"/import/layouts/{layout.id}/forget").status_code == 404


def test_a_layout_is_remembered_by_whatever_button_its_name_is_sent(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """Taking the date of a title reads the file again, but does not forget the name that was typed."""
    path = hand_in(manager, sample, office_form(sample), "表3.xlsx")
    wait(manager, app, path)
    manager.post(f"{path}/columns", {"sheet-0-layout": "月报名单", "take_date": "2025-03-31"})
    wait(manager, app, path)
    manager.post(f"{path}/cancel")
    with web_store.read() as unit:
        (layout,) = list_layouts(unit, app_actor(app, manager))
    assert layout.name == "月报名单"
    manager.post(f"/import/layouts/{layout.id}/forget")


def test_a_file_without_known_headings_is_not_given_up(manager: Visitor, app: FastAPI, sample: Sample) -> None:
    """It says so, shows the first rows masked, and goes on once somebody says what the columns are; back to the first
    understanding is one button."""
    birth = sample.today.replace(year=1990, month=1, day=2)
    rows = [f"新来甲乙,{id_number(970, birth, '1')}", f"新来丙丁,{id_number(971, birth, '2')}"]
    path = hand_in(manager, sample, "\n".join(rows).encode(), "无表头.csv")
    page = wait(manager, app, path).text
    assert "无表头.csv" in page
    assert "新来甲乙" not in page
    assert id_number(970, birth, "1") not in page
    manager.post(f"{path}/columns", {"sheet-0-column-A": "name", "sheet-0-column-B": "id_number", "sheet-0-header": ""})
    wait(manager, app, path)
    job = next(job for job in app.state.site.desk.jobs(app_actor(app, manager)) if path.endswith(str(job.id)))
    assert job.preview.counts["rows"] == 2
    manager.post(f"{path}/columns", {"action": "reset"})
    wait(manager, app, path)
    assert (job.choices, job.state) == ({}, "understood")
    late = manager.post(f"{path}/columns", {"effective": "2999-01-01"})
    assert late.status_code == 422
    manager.post(f"{path}/cancel")
