"""Tables whose columns are known by the names of their purposes, or by the usual headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.importing.sheet import MissingColumnError, read_mapped

WANTED = ("dwelling_id", "community", "compound", "building", "unit", "floor", "room", "state", "verified_on")


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "heading", ["dwelling_id,community,compound,building,unit,room", "房屋编码,社区,小区,楼栋,单元,房号"]
)
def test_columns_that_the_file_does_not_have_are_empty(tmp_path: Path, heading: str) -> None:
    sheet = read_mapped(table(tmp_path / "d.csv", f"{heading}\nD1,东湖里社区,海景花园,1,2,301\n"), WANTED, ("room",))
    assert len(sheet) == 1
    assert [sheet.text(name)[0] for name in WANTED] == ["D1", "东湖里社区", "海景花园", "1", "2", "", "301", "", ""]
    assert not sheet.has("floor")
    assert sheet.unknown == ()


def test_a_missing_required_column_is_named_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError) as caught:
        read_mapped(table(tmp_path / "d.csv", "小区,星座\na,b\n"), WANTED, ("room",))
    assert "room" in caught.value.text
    assert "星座" in caught.value.text
