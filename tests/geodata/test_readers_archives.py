"""Archives are judged by their directory before a byte is unpacked."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata import errors
from geodata.readers import ReadLimits, list_layers, read_layer
from tests.geodata.layers import houses, write_shapefile, zipped


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def bomb(path: Path) -> Path:
    return archive(path, **{"a.shp": b"\0" * 30_000_000})


def many(path: Path) -> Path:
    return archive(path, **{f"{i}.txt": b"" for i in range(3000)})


def climbing(path: Path) -> Path:
    return archive(path, **{"../a.shp": b"x"})


def climbing_backwards(path: Path) -> Path:
    return archive(path, **{"..\\a.shp": b"x"})


def absolute(path: Path) -> Path:
    return archive(path, **{"C:/a.shp": b"x"})


def link(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        member = zipfile.ZipInfo("a.shp")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(member, "/etc/hostname")
    return path


def nested(path: Path) -> Path:
    return archive(path, **{"inner.zip": b"PK"})


def encrypted(path: Path) -> Path:
    archive(path, **{"a.shp": b"x"})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(bytes(content))
    return path


def without_layer(path: Path) -> Path:
    return archive(path, **{"readme.txt": b"x"})


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (bomb, errors.ArchiveTooLargeError), (many, errors.ArchiveTooLargeError), (climbing, errors.ArchivePathError),
        (climbing_backwards, errors.ArchivePathError), (absolute, errors.ArchivePathError),
        (link, errors.ArchivePathError), (nested, errors.ArchiveNestedError), (encrypted, errors.ArchiveEncryptedError),
        (without_layer, errors.MissingPartError),
    ],
)  # fmt: skip
def test_refused_by_the_directory(tmp_path: Path, make: Callable[[Path], Path], error: type[Exception]) -> None:
    """Each danger has its error, and nothing is written anywhere."""
    path = make(tmp_path / "a.zip")
    with pytest.raises(error):
        read_layer(path)
    assert [p.name for p in tmp_path.rglob("*")] == ["a.zip"]


def test_a_directory_that_lies_is_caught_while_unpacking(tmp_path: Path) -> None:
    """The announced size is small, the real one is not: bytes are counted as they come."""
    path = archive(tmp_path / "a.zip", **dict.fromkeys(("a.shp", "a.shx", "a.dbf"), b"\x00" * 5000000))
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<I", 10)
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(bytes(content))
    with pytest.raises((errors.ArchiveTooLargeError, errors.DamagedFileError)):
        read_layer(path, limits=ReadLimits(max_unpacked_bytes=1_000_000))


def test_damaged_member(tmp_path: Path) -> None:
    """Wrong bytes inside are found by their checksum."""
    source = write_shapefile(houses(), tmp_path / "a.shp", encoding="GBK", cpg=None)
    path = zipped(source, tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    at = content.index(b".dbf") + 60
    content[at : at + 20] = b"\xff" * 20
    path.write_bytes(bytes(content))
    with pytest.raises(errors.DamagedFileError):
        read_layer(path)


def test_several_shapefiles_in_one_archive(tmp_path: Path) -> None:
    """They are layers by name; litter of operating systems is none."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for name in ("网格", "楼栋"):
        write_shapefile(houses(), folder / f"{name}.shp", encoding="UTF-8", cpg="UTF-8")
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as file:
        for part in folder.iterdir():
            file.write(part, part.name)
            file.writestr(f"__MACOSX/._{part.name}", b"litter")
    assert {layer.name for layer in list_layers(path)} == {"网格", "楼栋"}
    with pytest.raises(errors.LayerChoiceError):
        read_layer(path)
    assert read_layer(path, layer="网格").layer_name == "网格"


def test_names_in_gbk(tmp_path: Path) -> None:
    """Windows packs names in GBK without saying so; the layer has its Chinese name all the same."""
    source = write_shapefile(houses(), tmp_path / "a.shp", encoding="GBK", cpg="GBK")
    path = tmp_path / "gbk.zip"
    with zipfile.ZipFile(path, "w") as file:
        for part in tmp_path.glob("a.*"):
            file.write(part, "xxxx" + part.suffix)
    content = path.read_bytes().replace(b"xxxx.", "楼栋".encode("gbk") + b".")
    path.write_bytes(content)
    assert source.exists()
    assert read_layer(path).layer_name == "楼栋"


def test_kmz(tmp_path: Path) -> None:
    """A packed KML."""
    houses().rename(columns={"楼栋号": "name"}).to_file(tmp_path / "a.kml", driver="KML")
    path = archive(tmp_path / "a.kmz", **{"doc.kml": (tmp_path / "a.kml").read_bytes()})
    assert read_layer(path).frame["Name"].tolist() == ["一号楼", "联通大厦"]
    with pytest.raises(errors.WrongContentError):
        read_layer(archive(tmp_path / "b.kmz", **{"x.txt": b"x"}))


def test_entities_in_kml_are_refused(tmp_path: Path) -> None:
    """A few lines that would unfold to gigabytes are never unfolded."""
    path = tmp_path / "bomb.kml"
    path.write_text('<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml><name>&b;</name></kml>')
    with pytest.raises(errors.UnsafeDocumentError):
        read_layer(path)
