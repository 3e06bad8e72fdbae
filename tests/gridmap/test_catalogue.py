"""The Chinese catalogue: every message of the program is in it, and nothing else."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from geodata.errors import ExplainedError, Phrase
from gridmap.access.policy import Action
from gridmap.access.words import ACTIONS
from gridmap.accounts.actor import Role
from gridmap.accounts.words import ROLES
from gridmap.errors import InvalidInputError
from gridmap.i18n import translator
from gridmap.importing.findings import FINDINGS
from gridmap.importing.headings import field_of
from gridmap.importing.outcome import Verdict
from gridmap.importing.words import VERDICTS
from tools.word_calls import DECLARED, Messages, Sources, python_sources
from tools.word_sources import every_message
from tools.words import CATALOGUE, Entries, faults, read, write

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[㐀-鿿]")


@pytest.fixture(scope="module")
def messages() -> Messages:
    """Every message of the program."""
    return every_message(ROOT)


@pytest.fixture(scope="module")
def sources() -> Sources:
    """The Python sources."""
    return python_sources(ROOT)


@pytest.fixture(scope="module")
def entries() -> Entries:
    """The catalogue."""
    return read(CATALOGUE)


def test_every_message_has_its_chinese_and_every_entry_a_message(messages: Messages, entries: Entries) -> None:
    """What is missing, unused, filled differently or has another plural is named."""
    assert faults(messages, entries) == []


def test_every_source_of_messages_is_known(sources: Sources) -> None:
    """Where a call translates what cannot be looked up, it is declared where its messages are found."""
    assert {text: place for text, place in sources.unknown.items() if text not in DECLARED} == {}
    assert [text for text in DECLARED if text not in sources.unknown] == []


def test_all_errors_findings_roles_actions_and_verdicts_are_among_the_messages(messages: Messages) -> None:
    """What the classes and tables say is what reading the sources finds."""
    import web.app  # noqa: F401, PLC0415 - its modules define errors too

    said = {text for kind in _below(ExplainedError) for text in (kind.message, kind.hint)}
    said |= {text for finding in FINDINGS.values() for text in (finding.message, finding.hint)}
    said |= set(ROLES.values()) | set(ACTIONS.values()) | set(VERDICTS.values())
    assert sorted(said - set(messages)) == []
    assert (set(ROLES), set(ACTIONS)) == (set(Role), set(Action))
    assert set(VERDICTS) == {verdict.value for verdict in Verdict} | {"absent"}


def _below(kind: type[ExplainedError]) -> list[type[ExplainedError]]:
    found = [below for below in kind.__subclasses__() if below.__module__.startswith(("geodata", "gridmap", "web"))]
    return [kind, *(further for below in found for further in _below(below))]


def test_chinese_is_chinese(entries: Entries) -> None:
    """Every sentence holds Chinese; its punctuation is full width, it neither shouts nor calls names by pinyin."""
    sentences = {
        english: chinese for english, (_, chinese) in entries.items() if re.search("[A-Za-z]{3} [a-z]", english)
    }
    assert [chinese for chinese in sentences.values() if not CHINESE.search(chinese)] == []
    half = re.compile(r"[㐀-鿿][,;!?](?!\w)|[㐀-鿿]\.(?:\s|$)|！|!$")
    assert [chinese for _, chinese in entries.values() if half.search(chinese)] == []


def test_english_sentences_end_where_chinese_ones_do(entries: Entries) -> None:
    """A full stop stands in both languages or in neither."""
    differing = [
        (english, chinese)
        for english, (_, chinese) in entries.items()
        if len(english) > 12
        and english.endswith(".")
        and CHINESE.search(chinese)
        and not chinese.endswith(("。", "…", "）"))
    ]
    assert differing == []


def test_the_marked_workbook_is_known_when_it_comes_back() -> None:
    """Its own columns, in either language, are left out of the next import."""
    for language in ("zh-CN", "en"):
        said = translator(language).gettext
        assert field_of(said("verdict")) == field_of("判定")
        assert field_of(said("reason and remedy")) == field_of("原因与办法")


def test_the_catalogue_is_as_the_tool_writes_it(entries: Entries, tmp_path: Path) -> None:
    """Sorted and in one form, so that changes are small."""
    write(tmp_path / "written.po", entries)
    assert (tmp_path / "written.po").read_bytes() == CATALOGUE.read_bytes()


def test_a_reason_is_translated_and_filled_on_its_own() -> None:
    """The sentence around a phrase does not need to know what the phrase needs."""
    error = InvalidInputError(field="Date", reason=Phrase("{day} lies in the future", {"day": "2030-01-01"}))
    assert str(error) == "Date: 2030-01-01 lies in the future"
    assert translator("zh-CN").error(error).message == "日期：2030-01-01 晚于今天"


SAMPLE = """
from elsewhere import ROWS
TABLE = {"a": "First", "b": "Second"}

def plain(text, code, flag):
    text.gettext("Plain.")
    text.text("Yes." if flag else "No.")
    text.gettext(TABLE.get(code, "Third"))
    for label in TABLE.values():
        text.gettext(label)
    for _code, (one, _two) in ROWS.items():
        text.gettext(one)
    passes("Passed on.")
    sheet.text("not a message")
    text.gettext(unknown())

def passes(message, rest="x"):
    say(message)
"""


def test_the_extractor_follows_tables_conditions_loops_and_parameters(tmp_path: Path) -> None:
    """A call that translates a name leads to the literals the name stands for."""
    for package in ("geodata", "gridmap", "web"):
        (tmp_path / package).mkdir()
    (tmp_path / "web" / "sample.py").write_text(textwrap.dedent(SAMPLE).replace("elsewhere", "web.elsewhere"), "utf-8")
    (tmp_path / "web" / "elsewhere.py").write_text('ROWS = {"k": ("Far", "Not this")}\n', "utf-8")
    found = python_sources(tmp_path)
    assert sorted(found.messages) == ["Far", "First", "No.", "Passed on.", "Plain.", "Second", "Third", "Yes."]
    assert set(found.unknown) == {"unknown()"}


def test_faults_of_a_catalogue_are_named(messages: Messages, entries: Entries) -> None:
    """The check is no formality: a gap, a stray entry and a lost place are each found."""
    message = "There is no register at {location}."
    broken: Entries = {**entries, "Stray": (None, "多余"), message: (None, "没有登记库。")}
    del broken["Sign in again."]
    assert len(faults(messages, broken)) == 3
