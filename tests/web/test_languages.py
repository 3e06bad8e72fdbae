"""Every address speaks the reader's language: no English is left in Chinese pages, no Chinese but names in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from gridmap.codes import code_lists
from gridmap.i18n import translator
from tests.security.addresses import addresses
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample

# What a page says does not depend on the store.
pytestmark = pytest.mark.parametrize("filled", ["sqlite"], indirect=True, scope="module")

READERS = ("street", "manager", "admin", "auditor")
SPOKEN = {"title", "aria-label", "placeholder", "alt", "data-confirm"}
SILENT = {"style", "svg"}
LETTERS = re.compile(r"[A-Za-z]{2}")
CHINESE = re.compile(r"[㐀-鿿]+")


class Texts(HTMLParser):
    """Everything of a page that is read or read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what attributes say."""
        self.silent += tag in SILENT
        self.found |= {value.strip() for name, value in attrs if name in SPOKEN and value}

    def handle_endtag(self, tag: str) -> None:
        """Leave a silent part."""
        self.silent -= tag in SILENT and self.silent > 0

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self.silent and data.strip():
            self.found.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def spoken(app: FastAPI, sample: Sample) -> dict[str, dict[str, set[str]]]:
    """The texts of every page and fragment by language and path."""
    found: dict[str, dict[str, set[str]]] = {}
    for language in ("zh-CN", "en"):
        for reader in READERS:
            someone: Visitor = visitor(app, reader)
            someone.post("/language", {"lang": language, "next": "/"})
            for address in addresses(app, sample, "c1"):
                if address.method != "GET" or address.path.startswith(("/api", "/tiles", "/static")):
                    continue
                answer = someone.get(address.path)
                if answer.status_code == 200 and "html" in answer.headers.get("content-type", ""):
                    found.setdefault(language, {}).setdefault(address.path, set()).update(Texts(answer.text).found)
            someone.post("/language", {"lang": "zh-CN", "next": "/"})
    return found


def test_no_message_stays_english_in_chinese_pages(spoken: dict[str, dict[str, set[str]]], sample: Sample) -> None:
    """A text that is a message, or the English label of a code, has been missed."""
    messages = translator("zh-CN").messages
    english = {text for text, chinese in messages.items() if chinese != text and LETTERS.search(text)}
    english |= {label for codes in code_lists().values() for label in codes.labels_en.values() if " " in label}
    english -= set(sample.users)
    left = {path: texts & english for path, texts in spoken["zh-CN"].items() if texts & english}
    assert left == {}
    assert len(spoken["zh-CN"]) > 10


def test_no_message_and_no_label_stays_chinese_in_english_pages(spoken: dict[str, dict[str, set[str]]]) -> None:
    """Names of areas, compounds and people stay as they are; what the program says does not."""
    chinese = {text for text in translator("zh-CN").messages.values() if CHINESE.search(text)}
    chinese |= {label for codes in code_lists().values() for label in codes.labels_zh.values()}
    left = {path: texts & chinese for path, texts in spoken["en"].items() if texts & chinese}
    assert left == {}
    assert set(spoken["en"]) == set(spoken["zh-CN"])


def test_what_stays_chinese_in_english_pages_are_names(
    spoken: dict[str, dict[str, set[str]]], app: FastAPI, sample: Sample
) -> None:
    """Whatever Chinese is left stands in the register."""
    nodes = app.state.site.tree.current().nodes
    words = [*(node.name for node in nodes), *NAMES, *(token for one in sample.people for token in one.tokens)]
    known = [part for word in words for part in CHINESE.findall(word)]
    parts = {part for texts in spoken["en"].values() for text in texts for part in CHINESE.findall(text)}
    assert {part for part in parts if not any(part in name or name in part for name in known)} == set()


NAMES = ("中文", "工号", "云湾花园1号楼", "水湾花园", "金湾花园", "滨海路", "便民药店")
"""The language's own name in the switch; users, buildings, compounds, roads and organisations of the sample."""
