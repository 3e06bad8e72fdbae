"""What a repeated import would change is told field by field before it is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import sqlalchemy as sa

from gridmap.audit.models import AuditEntry
from gridmap.i18n import translator
from gridmap.importing.register import import_register
from gridmap.importing.result import RegisterOptions
from gridmap.store.store import Store
from tests.gridmap.importing.registers import counted, id_number, make_manager, make_street, person, write_csv
from web.views.differences import difference_text, differences_of

UNDER = "460108001001"


def test_a_preview_tells_what_each_row_changes_in_words_and_masks_who(store: Store, tmp_path: Path) -> None:
    """Old and new of coded fields, that a telephone or an address changes, where somebody moves; the rest is silent."""
    make_street(store)
    manager = make_manager(store)
    home = "海景花园1号楼1单元101室"
    first = [
        person("符海燕", 2, home), person("王伟", 3, home), person("李娜", 4, home, 与户主关系="配偶"),
        person("陈明", 5, home, 公民身份号码="", 出生日期="1980-05-06"),
    ]  # fmt: skip
    later = [
        person("符海雁", 2, home, 婚姻状况="丧偶", 联系电话="13900000009"), person("王伟", 3, "海景花园2号楼301"),
        person("李娜", 4, home, 与户主关系="之女", 婚姻状况=""),
        person("陈明", 5, home, 公民身份号码=id_number(sequence=5)),
    ]  # fmt: skip
    import_register(store, manager, write_csv(tmp_path / "1.csv", first), UNDER, RegisterOptions(date(2026, 1, 1)))
    before = counted(store)
    options = RegisterOptions(date(2026, 5, 1), dry_run=True)
    shown = import_register(store, manager, write_csv(tmp_path / "2.csv", later), UNDER, options)
    assert shown.verdicts["verdict"].to_list() == ["updated"] * 4
    told = [tuple(row) for row in shown.differences.select("row", "field", "before", "after").rows()]
    assert sorted(told, key=repr) == sorted(
        [
            (2, "name", "符*燕", "符*雁"), (2, "marital_status", "20", "30"), (2, "phone", None, None),
            (3, "residence", None, "move"), (4, "relationship", "10", "30"), (5, "id_number", None, None),
        ],
        key=repr,
    )  # fmt: skip
    assert counted(store) == before
    rows = shown.verdicts.select("sheet", "row").to_dicts()
    found = differences_of(shown.differences, rows)
    text = translator("en")
    said = {row: difference_text(some, {"marital_status": "Marital status"}, text) for (_, row), some in found.items()}
    assert "Marital status: married → widowed" in said[2]
    assert said[3] == "moves to another dwelling"
    with store.read() as unit:
        actions = list(unit.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))
    assert actions == ["register.import", "register.preview"]


def test_the_same_file_again_has_no_differences(store: Store, tmp_path: Path) -> None:
    make_street(store)
    manager = make_manager(store)
    path = write_csv(tmp_path / "1.csv", [person("符海燕", 2, "海景花园1号楼1单元101室")])
    import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 1, 1)))
    again = import_register(store, manager, path, UNDER, RegisterOptions(date(2026, 5, 1), dry_run=True))
    assert again.differences.is_empty()
