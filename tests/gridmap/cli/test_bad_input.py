"""What people hand in by mistake, or to break something: one sentence and what to do, and nothing half done."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from gridmap.access.service import grant_role, local_today
from gridmap.accounts.actor import Role
from gridmap.accounts.service import create_user
from gridmap.areas.service import find_area
from gridmap.buildings.models import Dwelling, Organisation, Verification
from gridmap.cli.app import make_app
from gridmap.importing.places import load_places
from gridmap.residents.models import Person
from gridmap.store.store import open_store
from tests.conftest import ENGINES, TEST_KEY
from tests.gridmap.importing.registers import HEADINGS, id_number, make_street
from tests.gridmap.town import CHEAP, NewStore

ROOT = Path(__file__).parents[3]
STREET, COMMUNITY = "海府街道", "东湖里"
ROOM = "东湖里社区海景花园1号楼1单元101室"
DWELLING_COLUMNS = ("dwelling_id", "building_id", "compound", "building", "unit", "room", "verified_on")


@dataclass(frozen=True)
class Desk:
    """A register of a small street and the command line that works on it."""

    location: str
    folder: Path

    def run(self, *words: str | Path, db: str | None = None) -> Result:
        """Run a command as the data manager."""
        said = [str(word) for word in words]
        return CliRunner().invoke(make_app(wanted=said[0]), [*said, "--db", db or self.location, "--as", "keeper"])

    def refused(self, *words: str | Path, code: int = 3, db: str | None = None) -> str:
        """The sentence and the hint with which a command is refused."""
        result = self.run(*words, db=db)
        assert result.exit_code == code, result.output
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        assert lines[0].startswith("✗ "), result.output
        assert any(line.startswith("  → ") for line in lines[1:]), result.output
        assert "fault of its own" not in result.stderr
        return result.stderr

    def done(self, *words: str | Path) -> Result:
        """A command that ends well."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result

    def table(self, name: str, headings: tuple[str, ...], *rows: tuple[object, ...]) -> Path:
        """A CSV file."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        return path

    def count(self, entity: type[Person | Dwelling | Organisation | Verification]) -> int:
        """How many rows a table holds."""
        store = open_store(self.location, TEST_KEY)
        try:
            with store.read() as unit:
                return unit.session.scalar(sa.select(sa.func.count()).select_from(entity)) or 0
        finally:
            store.close()

    def sound(self) -> None:
        """The register and its log are whole."""
        self.done("check")
        self.done("audit", "verify")


def make_desk(location: str, folder: Path) -> Desk:
    store = open_store(location, TEST_KEY)
    try:
        make_street(store)
        with store.write() as unit:
            user = create_user(unit, CHEAP, username="keeper", display_name="Keeper", password=None)
            for role in (Role.ADMINISTRATOR, Role.DATA_MANAGER):
                grant_role(unit, user, role, None)
    finally:
        store.close()
    return Desk(location, folder)


@pytest.fixture(scope="module", params=ENGINES)
def shared_desk(
    request: pytest.FixtureRequest, new_store_url: NewStore, tmp_path_factory: pytest.TempPathFactory
) -> Desk:
    """A desk that nothing is written to for good, on each kind of store."""
    return make_desk(new_store_url(request.param), tmp_path_factory.mktemp("desk"))


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMAP_KEY", TEST_KEY.secret.hex())
    monkeypatch.setenv("GRIDMAP_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def any_desk(shared_desk: Desk, english: None, tmp_path: Path) -> Desk:
    """The desk on each kind of store, with a folder of its own."""
    return Desk(shared_desk.location, tmp_path)


@pytest.fixture
def desk(english: None, new_store_url: NewStore, tmp_path: Path) -> Desk:
    """A new desk on a file."""
    return make_desk(new_store_url("sqlite"), tmp_path)


def residents(desk: Desk, *rows: dict[str, object], name: str = "r.csv") -> Path:
    """A register of residents; each row says what differs from a plain one."""
    plain = {"姓名": "甲某", "性别": "男", "公民身份号码": id_number(), "婚姻状况": "未婚", "与户主关系": "户主"}
    filled = [{"现住址": ROOM, **plain, **row} for row in rows or ({},)]
    return desk.table(name, HEADINGS, *(tuple(row.get(heading, "") for heading in HEADINGS) for row in filled))


TABLES = ("areas", "dwellings", "organisations", "aliases", "statistics", "register")


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_is_none(desk: Desk, kind: str) -> None:
    """No file, a folder, an empty file, bytes of another kind, half a workbook: each import says it."""
    under = ("--under", STREET) if kind in {"dwellings", "organisations", "register"} else ()
    workbook = openpyxl.Workbook()
    for number in range(50):
        workbook.active.append([f"a{number}", "b", "c"])
    workbook.save(desk.folder / "whole.xlsx")
    whole = (desk.folder / "whole.xlsx").read_bytes()
    (desk.folder / "folder.xlsx").mkdir()
    (desk.folder / "empty.csv").touch()
    (desk.folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (desk.folder / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    for name, said in (
        ("nothing.csv", "There is no file named nothing.csv."),
        ("folder.xlsx", "There is no file named folder.xlsx."),
        ("empty.csv", "holds no rows"),
        ("picture.csv", "picture.csv"),
        ("half.xlsx", "damaged"),
    ):
        assert said in desk.refused("import", kind, desk.folder / name, *under)


def test_workbooks_made_to_exhaust_memory(desk: Desk) -> None:
    """A cell at the far corner and a sheet that unpacks to gigabytes are refused before they are opened."""
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["XFD1048576"] = "姓名", "x"
    workbook.save(desk.folder / "far.xlsx")
    with (
        zipfile.ZipFile(desk.folder / "far.xlsx") as source,
        zipfile.ZipFile(desk.folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.namelist():
            target.writestr(entry, source.read(entry))
        target.writestr("xl/worksheets/sheet2.xml", bytes(150_000_000))
    for name in ("far.xlsx", "bomb.xlsx"):
        assert name in desk.refused("import", "register", desk.folder / name, "--under", STREET)
    assert desk.count(Person) == 0


def ring(*corners: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


SQUARE = ring((110.30, 20.0), (110.31, 20.0), (110.31, 20.01), (110.30, 20.01), (110.30, 20.0))
LAYERS: dict[str, tuple[dict[str, object] | None, str]] = {
    "swapped": (ring((20.0, 110.3), (20.0, 110.31), (20.01, 110.31), (20.0, 110.3)), "latitude, longitude"),
    "metres": (ring((5e5, 3e6), (5.01e5, 3e6), (5.01e5, 3.001e6), (5e5, 3e6)), "are metres"),
    "points": ({"type": "Point", "coordinates": [110.3, 20.0]}, "must be valid polygons"),
    "nothing": (None, "no usable feature"),
}


@pytest.mark.parametrize("kind", ["cells", "buildings"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_that_cannot_be_right(desk: Desk, kind: str, name: str) -> None:
    """Swapped axes, metres as degrees, points and no outline at all stop the import."""
    shape, said = LAYERS[name]
    path = desk.folder / f"{name}.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert said in desk.refused("import", kind, path, "--under", COMMUNITY)
    desk.sound()


@pytest.mark.parametrize("value", ["-5", "nan", "inf", "1e9"])
def test_a_tolerance_that_is_no_width(desk: Desk, value: str) -> None:
    """It is refused as an option, before anything is written."""
    path = desk.folder / "cells.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": SQUARE}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert "--tolerance: 0 to 100 metres" in desk.refused(
        "import", "cells", path, "--under", COMMUNITY, "--tolerance", value
    )


def test_dates_in_every_form_and_none_that_do_not_exist(any_desk: Desk) -> None:
    """Tables of dwellings and of organisations read the dates that people write, and refuse impossible ones."""
    good = ("2026-9-1", "2026/9/1", "2026年9月1日", "20260901", "2026.9.1", "2026/9/1 0:00")
    rows = [(f"R{n}", "", "海景花园", "1号楼", "9", str(901 + n), text) for n, text in enumerate(good)]
    bad = [
        (f"S{n}", "", "海景花园", "1号楼", "9", str(801 + n), text) for n, text in enumerate(("2026-02-30", "2999-1-1"))
    ]
    file = any_desk.table("d.csv", DWELLING_COLUMNS, *rows, *bad)
    before = any_desk.count(Verification)
    said = json.loads(any_desk.done("import", "dwellings", file, "--under", STREET, "--json").stdout)
    assert (said["inserted"], said["rejected"]) == (len(good), 2)
    assert [issue["code"] for issue in said["issues"]] == ["date_not_understood", "date_in_future"]
    assert any_desk.count(Verification) == before + len(good)

    columns = ("name", "kind", "address", "valid_from", "valid_to")
    firms = any_desk.table(
        "o.csv", columns, ("一", "", ROOM, "2024/1/5", "2025年1月5日"), ("二", "", ROOM, "2024-01-05", "2024-01-05"),
        ("三", "", ROOM, "2026-02-30", ""),
    )  # fmt: skip
    said = json.loads(any_desk.done("import", "organisations", firms, "--under", STREET, "--json").stdout)
    assert (said["inserted"], said["rejected"]) == (1, 2)
    assert [issue["code"] for issue in said["issues"]] == ["ends_before_it_begins", "date_not_understood"]


def test_every_rejected_row_says_column_value_reason_and_remedy(desk: Desk) -> None:
    """Numbers are masked; nothing is left open about what is wrong."""
    file = residents(
        desk,
        {"姓名": "未来", "公民身份号码": id_number("20900101")},
        {"姓名": "性别", "公民身份号码": id_number("19800506", 2), "性别": "男"},
        {"姓名": "校验", "公民身份号码": id_number()[:-1] + ("0" if id_number()[-1] != "0" else "1")},
    )
    result = desk.run("import", "register", file, "--under", COMMUNITY, "--json")
    assert result.exit_code == 1  # there were rows, and none could be used
    said = json.loads(result.stdout)
    assert said["rejected"] == said["read"] == 3
    by_row = {issue["row"]: issue for issue in said["issues"] if issue["severity"] == "error"}
    assert {row: (i["code"], i["column"]) for row, i in by_row.items()} == {
        2: ("id_birth_future", "公民身份号码"), 3: ("sex_differs", "性别"), 4: ("id_checksum", "公民身份号码"),
    }  # fmt: skip
    assert "460108***********" in by_row[2]["message"]
    assert "男" in by_row[3]["message"]
    assert all(issue["hint"] for issue in by_row.values())
    assert desk.count(Person) == 0


@pytest.mark.parametrize("option", ["--verdicts", "--errors"])
def test_results_that_cannot_be_written_stop_before_the_import(desk: Desk, option: str) -> None:
    """A missing folder, a folder as file, and the very file that is imported."""
    file = residents(desk)
    content = file.read_bytes()
    for target in (desk.folder / "missing" / "x", desk.folder, file):
        assert option in desk.refused("import", "register", file, "--under", COMMUNITY, option, target)
    assert desk.count(Person) == 0
    assert file.read_bytes() == content


def test_what_the_system_says_of_a_file_is_passed_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read, even where the superuser runs the tests."""
    file = residents(desk)

    def forbidden(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", "r.csv")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    said = desk.refused("import", "register", file, "--under", COMMUNITY)
    assert "r.csv cannot be used: Permission denied" in said


def test_users_need_a_name(desk: Desk) -> None:
    for name in ("", " x", "x\n", "x" * 65):
        assert "User name" in desk.refused("user", "add", name, "--role", "grid_worker", "--area", COMMUNITY)


KILLED_WHILE_WRITING = """
import os, sys
from gridmap.cli.app import make_app
from gridmap.importing import register
write = register.write_rows
def cut_off(*args):
    write(*args)
    os._exit(99)
register.write_rows = cut_off
make_app(wanted="import")(sys.argv[1:])
"""


def test_an_import_that_is_cut_off_leaves_nothing(any_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C, and a process that dies after its last row and before the commit: the register is as it was."""
    file = residents(any_desk)
    words = ["import", "register", str(file), "--under", COMMUNITY]
    before = any_desk.count(Person)

    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gridmap.importing.register.write_rows", interrupted)
        assert any_desk.run(*words).exit_code == 130
    assert any_desk.count(Person) == before
    place = ["--db", any_desk.location, "--as", "keeper"]
    died = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, *words, *place], cwd=ROOT, check=False)
    assert died.returncode == 99
    assert any_desk.count(Person) == before
    any_desk.sound()
    any_desk.done(*words)
    assert any_desk.count(Person) == before + 1


def test_many_codes_of_the_office_are_looked_up_one_by_one(desk: Desk) -> None:
    """The work to find the rooms of an area grows with their number, not with its square."""
    count = 3000
    rows = [(f"R{n}", "", "海景花园", "1号楼", "9", str(10_000 + n), "") for n in range(count)]
    desk.done("import", "dwellings", desk.table("d.csv", DWELLING_COLUMNS, *rows), "--under", STREET)
    store = open_store(desk.location, TEST_KEY)
    thousands = 0

    def counted() -> int:
        nonlocal thousands
        thousands += 1
        return 0

    try:
        with store.read() as unit:
            driver = unit.session.connection().connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(counted, 1000)
            places = load_places(unit, find_area(unit, STREET), local_today(unit))
            driver.set_progress_handler(None, 1000)
    finally:
        store.close()
    assert places.dwellings["code"].str.starts_with("R").sum() == count
    assert thousands < count


def test_a_full_disk_is_said_and_leaves_the_register_whole(desk: Desk) -> None:
    """No room while rows are written, while a backup is made, and already when the register is opened."""
    resource = pytest.importorskip("resource", reason="limits of file sizes are POSIX")
    rows = [(f"R{n}", "", "海景花园", "1号楼", "9", str(10_000 + n), "") for n in range(3000)]
    file = desk.table("d.csv", DWELLING_COLUMNS, *rows)
    before = desk.count(Dwelling)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limited(bytes_: int, *words: str | Path) -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
        try:
            return desk.refused(*words, code=5)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "cannot be read or written" in limited(200_000, "import", "dwellings", file, "--under", STREET)
    assert desk.count(Dwelling) == before
    assert "cannot be read or written" in limited(200_000, "backup", desk.folder / "b.backup")
    assert not list(desk.folder.glob("b.backup*"))
    assert "cannot be read or written" in limited(1_000, "check")
    desk.sound()
    desk.done("import", "dwellings", file, "--under", STREET)


def test_a_restore_takes_its_name_only_when_complete(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that is cut off leaves no register behind that looks like one."""
    backup, new = desk.folder / "b.backup", desk.folder / "new.gridmap"
    desk.done("backup", backup)
    shutil.copyfile(backup, desk.folder / "whole")
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    result = CliRunner().invoke(make_app(wanted="restore"), ["restore", str(backup), "--db", str(new)])
    assert result.exit_code == 5, result.output
    assert not list(desk.folder.glob("new.gridmap*"))
    whole = ["restore", str(desk.folder / "whole"), "--db", str(new)]
    assert CliRunner().invoke(make_app(wanted="restore"), whole).exit_code == 0
