"""Which encoding the text of a dBASE table is in: from its .cpg, its language byte, or the bytes themselves."""

from __future__ import annotations

import codecs
import struct
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

_SAMPLE_BYTES: Final = 8 * 1024**2
_SAMPLE_VALUES: Final = 20_000
_FALLBACK: Final = "cp1252"
_END_OF_FIELDS: Final = b"\x0d"


@dataclass(frozen=True, slots=True)
class DbfEncoding:
    """An encoding of Python, and whether the file's own statement was contradicted."""

    name: str
    stated: str | None = None
    contradicted: bool = False


def take_field_names(dbf: Path, encoding: str) -> list[str]:
    """Rename the fields of a .dbf to f0, f1 … in place and give back their decoded names, made distinct.

    A name cut in the middle of a character by the ten bytes it may have is text in no encoding and stops GDAL.
    """
    names: list[str] = []
    with dbf.open("r+b") as file:
        header_bytes = struct.unpack("<H", file.read(10)[8:10])[0]
        for number in range((header_bytes - 33) // 32):
            file.seek(32 + number * 32)
            raw = file.read(11)
            if raw[:1] == _END_OF_FIELDS:
                break
            name = decode_text(raw.split(b"\0")[0], encoding) or f"f{number}"
            while name in names:
                name = f"{name}_{number}"
            names.append(name)
            file.seek(32 + number * 32)
            file.write(f"f{number}".encode().ljust(11, b"\0"))
    return names


def decode_text(raw: bytes, encoding: str) -> str:
    """The text of a field; a last character cut by the width of the field is left out."""
    return raw.decode(encoding, errors="ignore").strip(" \0")


@cache
def _code_pages() -> dict[str, Any]:
    text = resources.files("geodata.readers").joinpath("encodings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def detect_encoding(dbf: Path, cpg: Path | None) -> DbfEncoding:
    """The encoding of a .dbf: what is stated if the bytes agree, else what the bytes are.

    UTF-8 is tried before GB18030 (which holds GBK and GB2312); what is neither is read as Windows-1252.
    """
    texts, language = _texts(dbf)
    stated = _from_cpg(cpg) or _code_pages()["language_bytes"].get(str(language))
    if stated is not None and _share_readable(texts, stated) == 1.0:
        # A Latin code page decodes anything, so it is believed only where nothing better fits.
        latin = stated in _code_pages()["catch_all"]["names"]
        if not latin or not texts or _from_bytes(texts) == _FALLBACK:
            return DbfEncoding(stated, stated)
    found = _from_bytes(texts)
    return DbfEncoding(found, stated, contradicted=stated is not None and stated != found)


def _from_cpg(cpg: Path | None) -> str | None:
    if cpg is None:
        return None
    text = cpg.read_bytes()[:64].decode("ascii", errors="ignore").strip().lower()
    named = _code_pages()["cpg"].get(text)
    if named is not None:
        return str(named)
    try:
        return codecs.lookup(text).name
    except LookupError:
        return None


def _texts(dbf: Path) -> tuple[list[bytes], int]:
    """Field names and distinct text values that are not plain ASCII, and the language byte (dBASE III layout)."""
    with dbf.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            return [], 0
        header_bytes, record_bytes = struct.unpack("<HH", head[8:12])
        fields = file.read(max(0, header_bytes - 32))
        body = file.read(_SAMPLE_BYTES)
    texts: list[bytes] = []
    spans: list[tuple[int, int]] = []
    start = 1
    for at in range(0, len(fields) - 31, 32):
        if fields[at : at + 1] == _END_OF_FIELDS:
            break
        texts.append(fields[at : at + 11].split(b"\0")[0])
        width = fields[at + 16]
        if fields[at + 11 : at + 12] == b"C":
            spans.append((start, width))
        start += width
    if record_bytes > 0:
        rows = np.frombuffer(body[: len(body) // record_bytes * record_bytes], dtype=np.uint8)
        rows = rows.reshape(-1, record_bytes)
        for first, width in spans:
            texts.extend(_values(rows[:, first : first + width]))
    return [t for t in texts if not t.isascii()], head[29]


def _values(column: np.ndarray[Any, np.dtype[np.uint8]]) -> list[bytes]:
    """The distinct non-ASCII values of a text column."""
    foreign = column[(column > 0x7F).any(axis=1)]
    if not foreign.size:
        return []
    packed = np.ascontiguousarray(foreign).view(f"S{foreign.shape[1]}").ravel()
    return [bytes(v).rstrip(b" \0") for v in np.unique(packed)[:_SAMPLE_VALUES]]


def _readable(text: bytes, encoding: str) -> bool:
    """Whether the bytes decode; a last character cut by the width of its field is forgiven."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _share_readable(texts: list[bytes], encoding: str) -> float:
    return sum(_readable(t, encoding) for t in texts) / len(texts) if texts else 1.0


def _common_han_share(texts: list[bytes], encoding: str) -> float:
    """Share of the non-ASCII characters that GB2312 has: nearly all of any Chinese text, hardly any of a wrong guess.

    Western letters with accents decode as GB18030 too, but to rare characters, each made of two letters.
    """
    text = "".join(decode_text(t, encoding) for t in texts)
    foreign = [c for c in text if not c.isascii()]
    return sum(_in_gb2312(c) for c in foreign) / len(foreign) if foreign else 0.0


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _from_bytes(texts: list[bytes]) -> str:
    """The encoding of the bytes alone; few short texts can be both, then the more Chinese reading wins."""
    if not texts:
        return "utf-8"
    fits = [e for e in ("utf-8", "gb18030") if _share_readable(texts, e) == 1.0]
    chinese = {e: _common_han_share(texts, e) for e in fits}
    if "gb18030" in fits and chinese["gb18030"] > max(0.5, chinese.get("utf-8", 0.0)):
        return "gb18030"
    return "utf-8" if "utf-8" in fits else _FALLBACK
