"""Areas, cells, buildings, dwellings and organisations come in, are placed, and say what is wrong with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import sqlalchemy as sa

from geodata.errors import GeodataError
from geodata.partition import regular_cells
from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.areas import repository as areas
from gridmap.areas.models import Area
from gridmap.areas.node import BEGINNING
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.buildings.models import Building, BuildingCell, Dwelling, DwellingState, Organisation, Verification
from gridmap.errors import AreaAmbiguousError, AreaNotFoundError, NotFoundError, PermissionDeniedError
from gridmap.importing.areas import import_areas
from gridmap.importing.buildings import BuildingOptions, import_buildings
from gridmap.importing.cells import CellOptions, import_cells
from gridmap.importing.dwellings import import_dwellings
from gridmap.importing.integrity import check_register
from gridmap.importing.organisations import import_organisations
from gridmap.importing.outcome import ImportOutcome, Verdict
from gridmap.importing.rooms import RoomPlan
from gridmap.importing.sheet import MissingColumnError
from gridmap.store.ids import uuid7
from gridmap.store.store import Store

MANAGER = Actor(uuid7(), "manager", "manager", (RoleGrant(Role.DATA_MANAGER, None),))
WEST, SOUTH, STEP = 110.35, 20.03, 0.004
STREET = "460108001"
DIVISIONS = """code,name,level,parent_code
460108001001,东湖里社区居民委员会,community,460108001
460108001,海府街道,street,460108
460108,美兰区,district,
460108001002,白坡里社区居民委员会,community,460108001
"""


def counts(outcome: ImportOutcome) -> dict[str, int]:
    """The verdicts that occurred."""
    return {verdict.value: number for verdict, number in outcome.verdicts.items() if number}


def write(path: Path, text: str) -> Path:
    """Write a text file."""
    path.write_text(text, "utf-8")
    return path


def divided(store: Store, folder: Path) -> None:
    """Import the street with two communities."""
    assert counts(import_areas(store, MANAGER, write(folder / "d.csv", DIVISIONS))) == {"inserted": 4}


def grid(
    folder: Path, *, columns: int = 4, width: float = 1, name: str = "cells.gpkg", community: str | None = "东湖里"
) -> Path:
    """Two rows of square cells that are a valid coverage, without codes."""
    bounds = (WEST, SOUTH, WEST + columns * width * STEP, SOUTH + 2 * STEP)
    cells = regular_cells(bounds, rows=2, columns=columns)
    frame = gpd.GeoDataFrame(geometry=cells.geometry, crs="EPSG:4326")
    if community:
        frame["社区"] = community
    frame.to_file(folder / name, layer="cells")
    return folder / name


def houses(folder: Path, lefts: list[float], *, ids: list[str] | None = None, name: str = "b.geojson") -> Path:
    """Houses of 0.0004° in the lower row of cells at the given offsets, in steps of a cell."""
    boxes = [
        shapely.box(WEST + left * STEP, SOUTH + 0.001, WEST + left * STEP + 0.0004, SOUTH + 0.0014) for left in lefts
    ]
    frame = gpd.GeoDataFrame(
        {"层数": ["6层"] * len(lefts), "小区": ["海景花园"] * len(lefts)}, geometry=boxes, crs="EPSG:4326"
    )
    frame["楼号"] = [f"{number + 1}号楼" for number in range(len(lefts))]
    if ids:
        frame["building_id"] = ids
    frame.to_file(folder / name)
    return folder / name


def test_areas_come_in_any_order_once(store: Store, tmp_path: Path) -> None:
    """A parent may follow its child; the same file again changes nothing; a new name leaves the old as an alias."""
    divided(store, tmp_path)
    assert counts(import_areas(store, MANAGER, tmp_path / "d.csv")) == {"unchanged": 4}
    renamed = write(tmp_path / "r.csv", "code,name\n460108001,海府路街道\n")
    assert counts(import_areas(store, MANAGER, renamed)) == {"updated": 1}
    with store.read() as unit:
        street = find_area(unit, STREET)
        assert street.name == "海府路街道"
        assert find_area(unit, "海府街道").id == street.id
        community = find_area(unit, "海府路街道/东湖里社区")
        assert (community.code, community.region) == ("460108001001", street.region)
        assert [node.level for node in areas.ancestors(unit, community.id)] == ["district", "street", "community"]
        with pytest.raises(AreaNotFoundError):
            find_area(unit, "没有的社区")


def test_a_name_that_fits_several_areas_is_asked_back(store: Store, tmp_path: Path) -> None:
    """Two communities of the same name need a path or a code."""
    twins = DIVISIONS + "460108002,蓝天街道,street,460108\n460108002001,东湖里社区居民委员会,community,460108002\n"
    import_areas(store, MANAGER, write(tmp_path / "d.csv", twins))
    with store.read() as unit:
        with pytest.raises(AreaAmbiguousError):
            find_area(unit, "东湖里")
        assert find_area(unit, "蓝天街道/东湖里").code == "460108002001"
        assert find_area(unit, "蓝天街道").region != find_area(unit, "海府街道").region


def test_rows_of_areas_that_cannot_be_used_say_why(store: Store, tmp_path: Path) -> None:
    """Each bad row has its reason; the good ones are in; the counts add up."""
    rows = ("1,,district,", "2,甲,planet,", "460108,美兰区,district,", "3,丙社区,community,999", "4,丁,district,460108")
    text = "\n".join(["code,name,level,parent_code", *rows])
    outcome = import_areas(store, MANAGER, write(tmp_path / "d.csv", text))
    assert counts(outcome) == {"inserted": 1, "rejected": 4}
    assert outcome.read == 5
    assert [(issue.row, issue.code) for issue in sorted(outcome.errors, key=lambda issue: issue.row or 0)] == [
        (2, "area_incomplete"), (3, "area_level_unknown"), (5, "area_parent_unknown"), (6, "area_level_order"),
    ]  # fmt: skip
    with pytest.raises(MissingColumnError):
        import_areas(store, MANAGER, write(tmp_path / "x.csv", "what,ever\n1,2\n"))


def test_cells_get_codes_and_buildings_their_cell(store: Store, tmp_path: Path) -> None:
    """Codes run west to east; a building goes whole to the cell with most of it; straddlers and orphans are listed."""
    divided(store, tmp_path)
    assert counts(import_cells(store, MANAGER, grid(tmp_path), STREET, CellOptions())) == {"inserted": 8}
    # Inside the first cell; 10 % in the third; outside all.
    outcome = import_buildings(store, MANAGER, houses(tmp_path, [0.2, 1.91, 9.0]), STREET, BuildingOptions())
    assert counts(outcome) == {"inserted": 3}
    assert {"building_orphan", "building_straddler"} <= {issue.code for issue in outcome.issues}
    assert (outcome.notes["orphans"], outcome.notes["straddlers"]) == (1, 1)
    with store.read() as unit:
        codes = [node.code for node in areas.descendants(unit, find_area(unit, STREET).id, level="cell")]
        assert codes == [f"460108001001{number:03d}" for number in range(1, 9)]
        main = unit.session.execute(
            sa.select(Building.number, Area.code, BuildingCell.share)
            .join(
                BuildingCell, sa.and_(BuildingCell.region == Building.region, BuildingCell.building_id == Building.id)
            )
            .join(Area, Area.id == BuildingCell.cell_id)
            .where(BuildingCell.main)
            .order_by(Building.number)
        ).all()
        assert [row.number for row in main] == ["1号楼", "2号楼"]
        assert main[0].share == pytest.approx(1.0)
        assert 0.5 < main[1].share < 1.0
    assert counts(import_cells(store, MANAGER, tmp_path / "cells.gpkg", STREET, CellOptions())) == {"unchanged": 8}
    again = import_buildings(store, MANAGER, tmp_path / "b.geojson", STREET, BuildingOptions())
    assert counts(again) == {"unchanged": 3}


def test_a_redivision_closes_old_cells_and_keeps_the_past(store: Store, tmp_path: Path) -> None:
    """From its day on buildings lie in the new cells; before it they lie in the old ones."""
    divided(store, tmp_path)
    import_cells(store, MANAGER, grid(tmp_path), STREET, CellOptions())
    import_buildings(store, MANAGER, houses(tmp_path, [0.2, 1.2]), STREET, BuildingOptions())
    day = date(2026, 4, 1)
    outcome = import_cells(
        store, MANAGER, grid(tmp_path, columns=1, width=0.9, name="new.gpkg"), STREET, CellOptions(valid_from=day)
    )
    assert outcome.verdicts[Verdict.INSERTED] == 2
    assert outcome.notes["ended"] == 2
    with store.read() as unit:
        ended = unit.session.scalars(sa.select(Area.valid_to).where(Area.valid_to.is_not(None))).all()
        assert set(ended) == {day}
        rows = unit.session.execute(
            sa.select(Building.number, BuildingCell.valid_from, BuildingCell.valid_to)
            .join(BuildingCell, BuildingCell.building_id == Building.id)
            .order_by(Building.number, BuildingCell.valid_from)
        ).all()
        assert [tuple(row) for row in rows] == [
            ("1号楼", BEGINNING, day), ("1号楼", day, None), ("2号楼", BEGINNING, None),
        ]  # fmt: skip


def test_dwellings_from_floors(store: Store, tmp_path: Path) -> None:
    """Six floors of four rooms in two units, once."""
    divided(store, tmp_path)
    options = BuildingOptions(rooms=RoomPlan(rooms_per_floor=4, units=2))
    outcome = import_buildings(store, MANAGER, houses(tmp_path, [0.2]), STREET, options)
    assert outcome.notes["dwellings"] == 48
    again = import_buildings(store, MANAGER, tmp_path / "b.geojson", STREET, options)
    assert again.notes["dwellings"] == 0
    with store.read() as unit:
        rooms = {tuple(row) for row in unit.session.execute(sa.select(Dwelling.floor, Dwelling.room))}
        assert rooms == {(floor, f"{floor}{room:02d}") for floor in range(1, 7) for room in range(1, 5)}


ROOMS = """dwelling_id,building_id,community,compound,road,road_no,building,unit,floor,room,state,tenure,verified_on
D1,B1,东湖里社区,海景花园,海府路,12,1号楼,2单元,3,301室,自住,,2026-03-01
D2,B1,东湖里社区,海景花园,海府路,12,1号楼,2单元,,302,出租,,
D3,B9,白坡里,银湖花园,白坡路,3,8栋,,,1204,空置,,2026-02-30
D4,,,,,,,,,101,,,
D5,B1,东湖里社区,海景花园,海府路,12,1号楼,2单元,,,自住,,
D6,B9,白坡里,银湖花园,白坡路,3,8栋,,,1203,胡说,,
D7,B9,白坡里,银湖花园,白坡路,3,8栋,,,1202,空置,,2026-02-28
"""


def test_a_table_of_dwellings_keeps_the_offices_ids(store: Store, tmp_path: Path) -> None:
    """Known buildings get rooms, unknown ones are made without footprint, bad rows say why, twice changes nothing."""
    divided(store, tmp_path)
    import_buildings(store, MANAGER, houses(tmp_path, [0.2], ids=["B1"]), STREET, BuildingOptions())
    table = write(tmp_path / "r.csv", ROOMS)
    outcome = import_dwellings(store, MANAGER, table, STREET)
    assert counts(outcome) == {"inserted": 3, "rejected": 4}
    assert [(i.row, i.code) for i in outcome.errors] == [
        (4, "date_not_understood"), (5, "building_unnamed"), (6, "room_missing"), (7, "state_unknown"),
    ]  # fmt: skip
    assert outcome.notes["buildings_without_footprint"] == 1
    assert counts(import_dwellings(store, MANAGER, table, STREET)) == {"unchanged": 3, "rejected": 4}
    with store.read() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Building)) == 2
        first = unit.session.execute(sa.select(Dwelling).where(Dwelling.room == "301")).scalar_one()
        assert first.floor == 3
        assert set(unit.session.scalars(sa.select(DwellingState.tenure))) == {"owner", "let", "vacant"}
        assert set(unit.session.scalars(sa.select(Verification.verified_on))) == {date(2026, 3, 1), date(2026, 2, 28)}


def test_a_changed_state_keeps_the_old_one(store: Store, tmp_path: Path) -> None:
    """A room that was lived in and is let from a day on has both states, each with its time."""
    divided(store, tmp_path)
    head = ROOMS.splitlines()[0]
    row = "D1,B1,东湖里社区,海景花园,海府路,12,1号楼,2,3,301,{state},,{day}"
    for state, day in (("自住", "2026-01-01"), ("出租", "2026-05-01")):
        import_dwellings(
            store, MANAGER, write(tmp_path / "r.csv", f"{head}\n{row.format(state=state, day=day)}\n"), STREET
        )
    with store.read() as unit:
        columns = (DwellingState.tenure, DwellingState.valid_from, DwellingState.valid_to)
        states = unit.session.execute(sa.select(*columns).order_by(DwellingState.valid_from)).all()
        assert [tuple(row) for row in states] == [
            ("owner", date(2026, 1, 1), date(2026, 5, 1)), ("let", date(2026, 5, 1), None),
        ]  # fmt: skip


def test_organisations_are_placed_by_id_or_address(store: Store, tmp_path: Path) -> None:
    """Dwelling, building, address; a changed kind is a new belief; a place nobody knows is said."""
    divided(store, tmp_path)
    import_buildings(store, MANAGER, houses(tmp_path, [0.2], ids=["B1"]), STREET, BuildingOptions())
    import_dwellings(store, MANAGER, write(tmp_path / "r.csv", ROOMS), STREET)
    text = (
        "name,kind,building_id,address,dwelling_id,valid_from,valid_to\n"
        "便利店,商店,B1,,,2025-01-01,\n诊所,医疗,,,D1,,\n小学,教育,,海景花园1号楼,,,\n没处去,商店,,火星路9号,,,\n,商店,B1,,,,\n"
    )
    outcome = import_organisations(store, MANAGER, write(tmp_path / "o.csv", text), None)
    assert counts(outcome) == {"inserted": 3, "rejected": 2}
    assert {i.code for i in outcome.errors} == {"organisation_place_unknown", "organisation_unnamed"}
    changed = import_organisations(
        store, MANAGER, write(tmp_path / "o.csv", text.replace("便利店,商店", "便利店,超市")), None
    )
    assert counts(changed) == {"updated": 1, "unchanged": 2, "rejected": 2}
    with store.read() as unit:
        kinds = unit.session.execute(
            sa.select(Organisation.kind, Organisation.superseded_at.is_(None)).where(Organisation.name == "便利店")
        )
        assert {tuple(row) for row in kinds} == {("商店", False), ("超市", True)}


def test_only_a_data_manager_of_the_area_imports(store: Store, tmp_path: Path) -> None:
    """Other roles are refused; a data manager of one community does not reach the other."""
    divided(store, tmp_path)
    cells = grid(tmp_path, community=None)
    worker = Actor(uuid7(), "w", "w", (RoleGrant(Role.STREET_OFFICER, None),))
    with pytest.raises(PermissionDeniedError):
        import_cells(store, worker, cells, STREET, CellOptions())
    with store.read() as unit:
        left = find_area(unit, "东湖里").id
    manager = Actor(uuid7(), "m", "m", (RoleGrant(Role.DATA_MANAGER, left),))
    with pytest.raises(NotFoundError):
        import_cells(store, manager, cells, "白坡里", CellOptions())
    assert counts(import_cells(store, manager, cells, "东湖里", CellOptions())) == {"inserted": 8}


def test_a_file_that_cannot_be_read_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """No batch, no audit entry, no area."""
    divided(store, tmp_path)
    with store.read() as unit:
        before = sum(check.entries for check in audit.verify(unit))
    with pytest.raises(GeodataError):
        import_cells(store, MANAGER, write(tmp_path / "c.geojson", "{not json"), STREET, CellOptions())
    with store.read() as unit:
        assert sum(check.entries for check in audit.verify(unit)) == before
        assert unit.session.scalar(sa.select(sa.func.count()).where(Area.level == "cell")) == 0


@pytest.mark.shared_data
def test_the_real_layer_of_shanghai(store: Store, shared_data: Path) -> None:
    """1,321 real buildings in 309 blocks: all accounted for, none in no cell, every check passes."""
    import_areas(store, MANAGER, shared_data / "admin" / "haikou_divisions.csv")
    cells = import_cells(store, MANAGER, shared_data / "shanghai_osm_blocks.geojson", STREET, CellOptions())
    assert counts(cells) == {"inserted": 309}
    options = BuildingOptions(layer="buildings", rooms=RoomPlan())
    outcome = import_buildings(store, MANAGER, shared_data / "shanghai_osm_buildings.gpkg", STREET, options)
    assert outcome.read == 1321
    assert counts(outcome) == {"inserted": 1321}
    assert outcome.notes["orphans"] == 0
    report = check_register(store, MANAGER)
    assert report.errors == []
    assert report.figures["buildings"] == 1321


@pytest.mark.shared_data
def test_the_real_layer_of_helsinki_with_its_invalid_geometries(
    store: Store, shared_data: Path, tmp_path: Path
) -> None:
    """Invalid outlines are repaired and reported; cells are a regular partition; nothing is lost silently."""
    divided(store, tmp_path)
    buildings = gpd.read_file(shared_data / "helsinki_osm_buildings.gpkg")
    cells = regular_cells(tuple(buildings.to_crs(4326).total_bounds), rows=4, columns=5)
    gpd.GeoDataFrame(geometry=cells.geometry, crs="EPSG:4326").to_file(tmp_path / "h.gpkg")
    import_cells(store, MANAGER, tmp_path / "h.gpkg", "东湖里", CellOptions())
    outcome = import_buildings(store, MANAGER, shared_data / "helsinki_osm_buildings.gpkg", None, BuildingOptions())
    assert outcome.read == len(buildings)
    codes = [issue.code for issue in outcome.issues]
    assert (codes.count("geometry_repaired"), codes.count("geometry_collapsed")) == (11, 7)
    assert counts(outcome) == {"inserted": 482, "rejected": 7}
    assert outcome.notes["orphans"] == 0


def test_new_cells_over_the_neighbours_are_reported(store: Store, tmp_path: Path) -> None:
    """Cells of another community that lie over existing ones come in with a warning that names them."""
    divided(store, tmp_path)
    import_cells(store, MANAGER, grid(tmp_path), STREET, CellOptions())
    over = grid(tmp_path, columns=1, width=0.5, name="over.gpkg", community="白坡里")
    outcome = import_cells(store, MANAGER, over, STREET, CellOptions())
    assert counts(outcome) == {"inserted": 2}
    found = [issue for issue in outcome.issues if issue.code == "cell_overlaps_other"]
    assert {str(issue.params["code"]) for issue in found} == {"460108001001001", "460108001001002"}
    again = import_cells(store, MANAGER, tmp_path / "cells.gpkg", "东湖里", CellOptions())
    assert again.notes["overlaps_with_others"] == 2


def test_a_code_that_stands_twice_in_a_file_is_rejected(store: Store, tmp_path: Path) -> None:
    """The first row counts; the second is named."""
    text = "code,name,level\n460108,美兰区,district\n460108,琼山区,district\n"
    outcome = import_areas(store, MANAGER, write(tmp_path / "d.csv", text))
    assert counts(outcome) == {"inserted": 1, "rejected": 1}
    assert [(issue.row, issue.code) for issue in outcome.errors] == [(3, "area_repeated")]


def test_a_damaged_file_is_noticed(sqlite_store: Store, tmp_path: Path) -> None:
    """A page that was changed on the disk fails its seal, even one that no query reads."""
    divided(sqlite_store, tmp_path)
    assert check_register(sqlite_store, MANAGER).errors == []
    file = Path(sqlite_store.location)
    sqlite_store.close()
    content = bytearray(file.read_bytes())
    content[-2000] ^= 0xFF  # in the last page; the first ones hold the schema, without which no file opens
    file.write_bytes(content)
    codes = {issue.code for issue in check_register(sqlite_store, MANAGER).errors}
    assert "file_damaged" in codes
