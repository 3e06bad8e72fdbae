"""Imports in the browser after the first click: taken up after a restart, committed once, undone, mended."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from fastapi import FastAPI

from gridmap.access.service import grant_role, revoke
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords
from gridmap.accounts.service import create_user
from gridmap.batches import service as batches
from gridmap.batches.states import Status
from gridmap.importing.writing import write_plan
from gridmap.store.store import Store
from tests.web.client import Visitor, visitor
from tests.web.conftest import SETTINGS
from tests.web.sample import PASSWORD, Sample
from tests.web.test_imports import a_register, hand_in, population, wait
from web.app import create_app
from web.desk import Desk


@pytest.fixture
def manager(sign_in: Callable[[str], Visitor]) -> Visitor:
    """A data manager of sub-district A."""
    return sign_in("manager")


@contextmanager
def restarted(app: FastAPI, store: Store) -> Iterator[FastAPI]:
    """The same register behind a server that starts anew, as after a power cut: nothing was closed in order."""
    app.state.site.desk._worker.shutdown(wait=True, cancel_futures=True)
    fresh = create_app(store, SETTINGS)
    yield fresh
    fresh.state.site.desk.close()
    app.state.site.desk = Desk(store, app.state.site.desk.folder, upload_mb=SETTINGS.upload_mb, apart=False)


def status_of(store: Store, path: str) -> str:
    with store.read() as unit:
        return batches.lead(unit, UUID(path.rpartition("/")[2])).status


def checked(someone: Visitor, app: FastAPI, sample: Sample, content: bytes, name: str = "人员.csv") -> str:
    path = hand_in(someone, sample, content, name)
    wait(someone, app, path)
    someone.post(f"{path}/columns")
    wait(someone, app, path)
    return path


def committed(someone: Visitor, app: FastAPI, path: str) -> Any:
    assert someone.post(f"{path}/commit").status_code == 303
    return wait(someone, app, path)


def test_what_was_in_hand_is_taken_up_after_a_restart(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """With what was decided about its columns; a file that was previewed is checked against the register of now."""
    received = hand_in(manager, sample, a_register(sample, 1))
    wait(manager, app, received)
    previewed = hand_in(manager, sample, a_register(sample, 2))
    wait(manager, app, previewed)
    manager.post(f"{previewed}/columns", {"sheet-0-column-E": ""})
    wait(manager, app, previewed)
    assert (status_of(web_store, received), status_of(web_store, previewed)) == ("understood", "previewed")
    with restarted(app, web_store) as fresh:
        again = visitor(fresh, "manager")
        page = wait(again, fresh, previewed)
        assert "重新启动" in page.text or "started anew" in page.text
        job = next(job for job in fresh.state.site.desk._jobs.values() if str(job.id) in previewed)
        columns = next(iter(job.preview.columns.values()))
        assert next(column for column in columns if column.letters == "E").status == "ignored"
        before = population(again, sample, "c1")
        committed(again, fresh, previewed)
        assert status_of(web_store, previewed) == Status.COMMITTED.value
        fresh.state.site.figures.snapshots.current(at_once=True)
        assert population(again, sample, "c1") == before + 2
        assert wait(again, fresh, received).status_code == 200
        again.post(f"{received}/cancel")
        assert status_of(web_store, received) == Status.CANCELLED.value
        assert not list(fresh.state.site.desk.folder.rglob("*"))
        undo_in_browser(again, previewed)


def undo_in_browser(someone: Visitor, path: str) -> None:
    assert someone.get(f"{path}/undo").status_code == 200
    assert someone.post(f"{path}/undo", {"together": "yes"}).headers["location"] == path


def test_a_commit_pressed_twice_is_one_import(manager: Visitor, app: FastAPI, sample: Sample, web_store: Store) -> None:
    """In two tabs, by a retry, and by handing the very same file in again."""
    content = a_register(sample, 3)
    path = checked(manager, app, sample, content)
    assert manager.post(f"{path}/commit").status_code == 303
    assert manager.post(f"{path}/commit").status_code == 303
    wait(manager, app, path)
    assert manager.post(f"{path}/commit").status_code == 303
    second = checked(manager, app, sample, content)
    page = manager.get(second).text
    assert "would change nothing now" in page or "不会有任何变化" in page
    assert manager.post(f"{second}/commit").status_code == 303
    wait(manager, app, second)
    assert manager.get(second).headers["location"] == f"{path}?again=1"
    assert status_of(web_store, second) == Status.CANCELLED.value
    listed = manager.get("/import").text
    assert listed.count(f'href="{path}"') == 1
    assert f'href="{second}"' not in listed
    undo_in_browser(manager, path)


def test_an_import_is_undone_in_the_browser(manager: Visitor, app: FastAPI, sample: Sample, web_store: Store) -> None:
    """What stands on it is listed first; both go together or not at all."""
    before = population(manager, sample, "c1")
    first = checked(manager, app, sample, a_register(sample, 3))
    committed(manager, app, first)
    later = checked(manager, app, sample, a_register(sample, 2), "以后.csv")
    committed(manager, app, later)
    page = manager.get(f"{first}/undo").text
    assert "以后.csv" in page
    assert f'href="{later}"' in page
    assert manager.post(f"{first}/undo").headers["location"] == f"{first}/undo"
    assert status_of(web_store, first) == Status.COMMITTED.value
    undo_in_browser(manager, first)
    assert status_of(web_store, first) == status_of(web_store, later) == Status.UNDONE.value
    app.state.site.figures.snapshots.current(at_once=True)
    assert population(manager, sample, "c1") == before
    page = manager.get(first).text
    assert "Undone on" in page or "撤销" in page
    assert manager.post(f"{first}/undo").status_code == 409


def test_only_those_who_answer_for_the_area_see_and_undo_an_import(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    path = checked(manager, app, sample, a_register(sample, 1))
    committed(manager, app, path)
    with web_store.write() as unit:
        near = create_user(unit, Passwords(cheap=True), username="near", display_name="近", password=PASSWORD)
        grant_role(unit, near, Role.DATA_MANAGER, sample.areas["a"].id)
        far = create_user(unit, Passwords(cheap=True), username="far", display_name="远", password=PASSWORD)
        grant_role(unit, far, Role.DATA_MANAGER, sample.areas["b"].id)
    for address in (path, f"{path}/undo"):
        assert visitor(app, "far").get(address).status_code == 404
        assert visitor(app, "near").get(address).status_code == 200
        assert visitor(app, "street").get(address).status_code == 403
    assert path not in visitor(app, "far").get("/import").text
    assert visitor(app, "far").post(f"{path}/undo").status_code == 404
    undo_in_browser(visitor(app, "near"), path)


def test_the_marked_workbook_outlives_a_restart_and_comes_back_mended(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store
) -> None:
    """The rows as handed in, without what is never stored, each bad cell marked and commented; mended, they go in."""
    lines = a_register(sample, 2, bad=True).decode("utf-8-sig").splitlines()
    content = "\n".join([lines[0] + ",避孕措施", *(line + ",上环" for line in lines[1:])]).encode("utf-8-sig")
    path = checked(manager, app, sample, content)
    committed(manager, app, path)
    with restarted(app, web_store) as fresh:
        again = visitor(fresh, "manager")
        book = openpyxl.load_workbook(io.BytesIO(again.get(f"{path}/workbook").content))
        sheet = book.active
        texts = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert len(texts) == 2
        assert not any("上环" in str(value) or "避孕" in str(value) for row in texts for value in row)
        number = texts[0].index("身份证号")
        assert sheet.cell(2, number + 1).comment is not None
        assert texts[1][number] == "123"
        mended = io.BytesIO()
        sheet.cell(2, number + 1).value = _another_number(sample)
        book.save(mended)
        before = population(again, sample, "c1")
        second = checked(again, fresh, sample, mended.getvalue(), "订正.xlsx")
        committed(again, fresh, second)
        fresh.state.site.figures.snapshots.current(at_once=True)
        assert population(again, sample, "c1") == before + 1
        for one in (second, path):
            undo_in_browser(again, one)


def _another_number(sample: Sample) -> str:
    from tests.web.sample import id_number  # noqa: PLC0415 - beside the one use

    return id_number(933, sample.today.replace(year=1971, month=1, day=2) - timedelta(days=3), "1")


def test_a_commit_can_be_cancelled_and_leaves_nothing(
    manager: Visitor, app: FastAPI, sample: Sample, web_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is written in one transaction; cancelled before its end, it never was."""
    path = checked(manager, app, sample, a_register(sample, 2))
    before = population(manager, sample, "c1")

    def slow(*given: Any) -> None:
        write_plan(*given)
        manager.post(f"{path}/cancel")

    monkeypatch.setattr("gridmap.importing.register.write_plan", slow)
    page = committed(manager, app, path)
    assert page.status_code == 200
    assert status_of(web_store, path) == Status.CANCELLED.value
    app.state.site.figures.snapshots.current(at_once=True)
    assert population(manager, sample, "c1") == before


def test_whoever_lost_the_role_finds_nothing_taken_up_for_them(app: FastAPI, sample: Sample, web_store: Store) -> None:
    """After a restart the file is checked with the rights of then."""
    with web_store.write() as unit:
        user = create_user(unit, Passwords(cheap=True), username="gone", display_name="去", password=PASSWORD)
        grant = grant_role(unit, user, Role.DATA_MANAGER, sample.areas["a"].id).id
        grant_role(unit, user, Role.DATA_MANAGER, sample.areas["b"].id)
    someone = visitor(app, "gone")
    path = checked(someone, app, sample, a_register(sample, 1))
    with web_store.write() as unit:
        revoke(unit, grant)
    with restarted(app, web_store) as fresh:
        wait(visitor(fresh, "gone"), fresh, path)
        assert status_of(web_store, path) == Status.FAILED.value


def test_files_are_read_in_a_process_of_their_own(sample: Sample, web_store: Store, tmp_path: Path) -> None:
    """As they are in service; what it says of a file that cannot be read is said here."""
    app = create_app(web_store, SETTINGS.model_copy(update={"read_apart": True, "upload_folder": tmp_path / "up"}))
    someone = visitor(app, "manager")
    path = hand_in(someone, sample, a_register(sample, 1))
    assert "姓名" in wait(someone, app, path).text
    someone.post(f"{path}/cancel")
    broken = hand_in(someone, sample, b"PK\x03\x04 no workbook", "broken.xlsx")
    wait(someone, app, broken)
    job = next(job for job in app.state.site.desk._jobs.values() if str(job.id) in broken)
    assert job.error is not None
    assert job.error.code not in {"unexpected", "reading_ended"}
    app.state.site.desk.close()
