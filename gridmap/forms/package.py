"""A workbook as the parts of its archive. Only parts that must change are rewritten: pictures, charts, styles, print
settings and whatever else a form carries go through byte by byte."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.dom.minidom import Document, Element, Text
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

from geodata.readers.table_guard import (
    OLE_MAGIC,
    ZIP_MAGIC,
    TableDamagedError,
    TableLimits,
    TableProtectedError,
    TableTooLargeError,
    TableTypeError,
    check_size,
    check_workbook,
    is_encrypted_ole,
)

LIMITS: Final = TableLimits(
    max_bytes=10 * 1024 * 1024,
    max_unpacked_bytes=48 * 1024 * 1024,
    max_entries=500,
    max_rows=20_000,
    max_columns=500,
    max_cells=1_000_000,
)
"""A form is a few pages, not a register."""

MOST_XML: Final = 4 * 1024 * 1024
"""Bytes of one part that is read as a tree; a tree takes some forty times as much memory."""

_FIXED: Final = (1980, 1, 1, 0, 0, 0)
_TEMPLATE: Final = "spreadsheetml.template.main+xml"
_SHEET: Final = "spreadsheetml.sheet.main+xml"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet: its name, the part it is in, and whether it is hidden."""

    name: str
    path: str
    hidden: bool


@dataclass
class Package:
    """An opened workbook. Parts are read as trees once, on demand; what :meth:`put` sets is written instead."""

    name: str
    parts: dict[str, bytes]
    sheets: tuple[SheetPart, ...] = ()
    date1904: bool = False
    _trees: dict[str, Document] = field(default_factory=dict, repr=False)

    def tree(self, path: str) -> Document:
        """A part as a tree. TableDamagedError when it is none, TableTooLargeError above the limit."""
        if path not in self._trees:
            content = self.parts.get(path)
            if content is None:
                raise TableDamagedError(name=self.name)
            if len(content) > MOST_XML:
                raise TableTooLargeError(name=self.name, what="bytes of one sheet", value=len(content), limit=MOST_XML)
            try:
                self._trees[path] = parseString(content, forbid_dtd=True)
            except (ExpatError, DefusedXmlException, ValueError, LookupError):
                raise TableDamagedError(name=self.name) from None
        return self._trees[path]

    def root(self, path: str) -> Element:
        """The outermost element of a part; errors as of :meth:`tree`."""
        return root_of(self.tree(path))

    def put(self, path: str, content: bytes) -> None:
        """Set what is written for a part."""
        self.parts[path] = content
        self._trees.pop(path, None)

    def related(self, path: str) -> dict[str, tuple[str, str]]:
        """The parts a part refers to inside the archive: id → (last word of the kind, path)."""
        folder, name = posixpath.split(path)
        rels = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        if rels not in self.parts:
            return {}
        found = {}
        for element in elements(self.root(rels), "Relationship"):
            if element.getAttribute("TargetMode") != "External":
                kind = element.getAttribute("Type").rpartition("/")[2]
                found[element.getAttribute("Id")] = (kind, _inside(folder, element))
        return found

    def drop(self, path: str) -> None:
        """Leave a part out, with every mention of it."""
        if self.parts.pop(path, None) is None:
            return
        self._trees.pop(path, None)
        for rels in [part for part in self.parts if part.endswith(".rels")]:
            base = posixpath.dirname(posixpath.dirname(rels))
            for element in list(elements(self.root(rels), "Relationship")):
                if _inside(base, element) == path:
                    remove(element)
                    self.put_tree(rels)
        for element in list(elements(self.root("[Content_Types].xml"), "Override")):
            if element.getAttribute("PartName").lstrip("/") == path:
                remove(element)
                self.put_tree("[Content_Types].xml")

    def put_tree(self, path: str) -> None:
        """Write a part from its tree."""
        self.parts[path] = serialised(self._trees[path])

    def content(self) -> bytes:
        """The workbook as a file: the same parts give the same bytes."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self.parts.items():
                archive.writestr(zipfile.ZipInfo(path, _FIXED), content, zipfile.ZIP_DEFLATED)
        return target.getvalue()


def open_package(name: str, content: bytes, limits: TableLimits = LIMITS) -> Package:
    """Open a form (.xlsx, .xltx).

    Raises a `TableError`: not a workbook, damaged, protected by a password, with macros or other files inside, above
    a limit.
    """
    check_size(name, len(content), limits)
    if content.startswith(OLE_MAGIC):
        if is_encrypted_ole(content):
            raise TableProtectedError(name=name)
        raise TableTypeError(name=name, found="an old workbook (.xls); save it as .xlsx first")
    if not content.startswith(ZIP_MAGIC):
        raise TableTypeError(name=name, found="another kind of file")
    check_workbook(name, content, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise TableDamagedError(name=name) from None
    package = Package(name, parts)
    _read_workbook(package)
    return package


def _inside(folder: str, relationship: Element) -> str:
    """The path of a related part in the archive."""
    target = relationship.getAttribute("Target")
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def workbook_path(package: Package) -> str:
    """The part that lists the sheets. TableDamagedError without one."""
    found = [path for kind, path in package.related("").values() if kind == "officeDocument"]
    if not found or found[0] not in package.parts:
        raise TableDamagedError(name=package.name)
    return found[0]


def _read_workbook(package: Package) -> None:
    path = workbook_path(package)
    root = package.root(path)
    related = package.related(path)
    sheets = []
    for element in elements(root, "sheet"):
        kind, target = related.get(attribute(element, "id"), ("", ""))
        if kind == "worksheet" and target in package.parts:
            hidden = element.getAttribute("state") not in {"", "visible"}
            sheets.append(SheetPart(element.getAttribute("name"), target, hidden))
    if not sheets:
        raise TableDamagedError(name=package.name)
    package.sheets = tuple(sheets)
    settings = next(elements(root, "workbookPr"), None)
    package.date1904 = settings is not None and settings.getAttribute("date1904") in {"1", "true"}


def as_workbook(package: Package) -> None:
    """Say in a template (.xltx) that it is a workbook now; nothing else changes."""
    types = package.parts["[Content_Types].xml"]
    if _TEMPLATE.encode() in types:
        package.put("[Content_Types].xml", types.replace(_TEMPLATE.encode(), _SHEET.encode()))


def elements(root: Element, name: str) -> Iterator[Element]:
    """All elements of a local name below (and with) an element, whatever their prefix."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if local(element) == name:
            yield element
        waiting.extend(reversed(children(element)))


def children(element: Element) -> list[Element]:
    """The elements right below an element."""
    return [node for node in element.childNodes if isinstance(node, Element)]


def child(element: Element, name: str) -> Element | None:
    """The first element of a local name right below an element."""
    return next((node for node in children(element) if local(node) == name), None)


def local(element: Element) -> str:
    """The name of an element without its prefix."""
    return element.tagName.rpartition(":")[2]


def attribute(element: Element, name: str) -> str:
    """An attribute by its local name, whatever its prefix."""
    for key, value in element.attributes.items():
        if key.rpartition(":")[2] == name:
            return str(value)
    return ""


def text_of(element: Element) -> str:
    """The text right inside an element."""
    return "".join(node.data for node in element.childNodes if isinstance(node, Text))


def set_text(element: Element, text: str) -> None:
    """Put a text in place of what is inside an element."""
    for node in list(element.childNodes):
        element.removeChild(node)
    node = Text()
    node.data = text
    node.ownerDocument = element.ownerDocument
    element.appendChild(node)


def root_of(tree: Document) -> Element:
    """The outermost element; a parsed document always has one."""
    root = tree.documentElement
    if root is None:
        raise ValueError("a document without an element")
    return root


def parent_of(element: Element) -> Element | None:
    """The element around an element."""
    parent = element.parentNode
    return parent if isinstance(parent, Element) else None


def remove(element: Element) -> None:
    """Take an element out of its tree."""
    parent = parent_of(element)
    if parent is not None:
        parent.removeChild(element)


def add_after(root: Element, name: str, before: frozenset[str]) -> Element:
    """A new element of a local name right below the root, after the last of those that stand before it."""
    made = _made(root, name)
    found = [part for part in children(root) if local(part) in before]
    following = found[-1].nextSibling if found else root.firstChild
    root.insertBefore(made, following)  # type: ignore[arg-type]
    return made


def add_last(root: Element, name: str) -> Element:
    """A new element of a local name at the end of another."""
    made = _made(root, name)
    root.appendChild(made)
    return made


def _made(root: Element, name: str) -> Element:
    prefix = root.tagName.rpartition(":")[0]
    made = Element(f"{prefix}:{name}" if prefix else name)
    made.ownerDocument = root.ownerDocument
    return made


def serialised(tree: Document) -> bytes:
    """A tree as a part."""
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + root_of(tree).toxml().encode("utf-8")


_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def legal(text: str) -> str:
    """A text without the characters that a workbook cannot hold."""
    return _ILLEGAL.sub("", text)
