"""The text of shapefiles, in whichever encoding and whatever their .cpg says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers import read_layer
from geodata.readers.encoding import decode_text, detect_encoding
from tests.geodata.layers import houses, write_shapefile


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-8"])
@pytest.mark.parametrize("cpg", [None, "right", "ISO-8859-1", "wrong", "no such thing"])
def test_chinese_whatever_the_cpg_says(tmp_path: Path, encoding: str, cpg: str | None) -> None:
    """Without .cpg, with the right one, with a Latin one, with the wrong Chinese one, with nonsense."""
    stated = {"right": encoding, "wrong": "UTF-8" if encoding != "UTF-8" else "GBK"}.get(cpg or "", cpg)
    path = write_shapefile(houses(), tmp_path / "a.shp", encoding=encoding, cpg=stated)
    read = read_layer(path)
    assert read.frame["楼栋号"].tolist() == ["一号楼", "联通大厦"]
    assert read.frame["层数"].tolist() == ["六层", "11+1"]
    lied = stated in {"ISO-8859-1", "UTF-8", "GBK"} and cpg in {"ISO-8859-1", "wrong"}
    assert ("encoding_contradicted" in [i.code for i in read.issues]) is lied


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_texts_and_names_cut_inside_a_character(tmp_path: Path, encoding: str) -> None:
    """A name longer than ten bytes and a text longer than its field lose their last character, no more."""
    frame = houses().assign(建筑物的正式名称=["海府路" * 60, "x", None])
    path = write_shapefile(frame, tmp_path / "a.shp", encoding=encoding, cpg=None)
    read = read_layer(path)
    name = next(c for c in read.frame if c.startswith("建筑物"))
    assert "\ufffd" not in "".join(read.frame.columns)
    assert ("海府路" * 60).startswith(read.frame[name].iloc[0])
    assert len(read.frame[name].iloc[0]) > 50
    assert "建筑物的正式名称".startswith(name)


def test_western_text(tmp_path: Path) -> None:
    """What is neither UTF-8 nor GB18030 is read as Windows-1252."""
    frame = (
        houses().assign(楼栋号=["Äyräpää é", "Caf\u00e9 ", None]).rename(columns={"楼栋号": "name", "层数": "floors"})
    )
    frame["floors"] = None
    path = write_shapefile(frame, tmp_path / "a.shp", encoding="CP1252", cpg=None)
    assert read_layer(path).frame["name"].tolist() == ["Äyräpää é", "Café"]


def test_language_byte(tmp_path: Path) -> None:
    """The byte in the table that stands for code page 936 is believed when the bytes agree."""
    path = write_shapefile(houses(), tmp_path / "a.shp", encoding="GBK", cpg=None)
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    content[29] = 0x4D
    table.write_bytes(bytes(content))
    found = detect_encoding(table, None)
    assert (found.name, found.stated, found.contradicted) == ("gb18030", "gb18030", False)


def test_names_made_equal_by_cutting_stay_apart(tmp_path: Path) -> None:
    """Two long Chinese names with the same beginning are two columns."""
    frame = houses().assign(建筑物层数甲=[1, 2, 3], 建筑物层数乙=[4, 5, 6])
    path = write_shapefile(frame, tmp_path / "a.shp", encoding="UTF-8", cpg=None)
    read = read_layer(path)
    assert len(set(read.frame.columns)) == len(read.frame.columns) == 6


@given(text=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20), cut=st.integers(0, 80))
def test_cut_text_is_a_beginning(text: str, cut: int) -> None:
    """However a Chinese text is cut, what is decoded is its beginning."""
    for encoding in ("utf-8", "gb18030"):
        assert text.startswith(decode_text(text.encode(encoding)[:cut], encoding))
