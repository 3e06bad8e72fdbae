"""Messages in the reader's language."""

from __future__ import annotations

import pytest

from gridmap.errors import NotFoundError, StoreMissingError
from gridmap.i18n import Translator, language_of, translator


def a_translator() -> Translator:
    """A translator of three messages."""
    messages = {
        "There is no register at {location}.": "{location} 处没有登记库。",
        "must be after valid_from": "必须晚于 valid_from",
        "{field}: {reason}": "{field}：{reason}",
    }
    return Translator("zh-CN", messages, {"%(num)s day": ("%(num)s 天",)}, lambda _: 0)


def test_a_message_is_filled_after_it_is_translated() -> None:
    """The catalogue has one entry for all values."""
    text = a_translator()
    assert text.error(StoreMissingError(location="a.gridmap")).message == "a.gridmap 处没有登记库。"


def test_parameters_that_are_messages_are_translated_too() -> None:
    """A reason inside an error is a message of its own; lists are joined as the language joins them."""
    text = a_translator()
    assert text.text("{field}: {reason}", field="x", reason="must be after valid_from") == "x：必须晚于 valid_from"
    assert text.text("{names}", names=["甲", "乙"]) == "甲、乙"
    assert translator("en").text("{names}", names=["A", "B"]) == "A, B"


def test_a_message_without_an_entry_stays_english() -> None:
    """A gap is visible, never an empty label."""
    assert a_translator().gettext("Quite new.") == "Quite new."
    assert a_translator().ngettext("%(num)s year", "%(num)s years", 2) == "%(num)s years"


def test_numbers_choose_their_form() -> None:
    """Chinese has one form, English two."""
    assert a_translator().ngettext("%(num)s day", "%(num)s days", 3) == "%(num)s 天"
    english = translator("en")
    assert [english.ngettext("%(num)s day", "%(num)s days", n) for n in (0, 1, 2)] == [
        "%(num)s days", "%(num)s day", "%(num)s days",
    ]  # fmt: skip


def test_english_is_the_message_itself() -> None:
    """No catalogue is needed for it."""
    said = translator("en").error(NotFoundError())
    assert (said.message, said.hint) == (NotFoundError.message, NotFoundError.hint)


@pytest.mark.parametrize(
    ("stated", "accepted", "language"),
    [
        (["en"], "zh-CN,zh;q=0.9", "en"),
        ([None, ""], "en-GB,en;q=0.8", "en"),
        ([None], "fr-FR,zh;q=0.5", "zh-CN"),
        ([None], None, "zh-CN"),
        (["xx"], "de", "zh-CN"),
        (["zh"], "en", "zh-CN"),
    ],
)
def test_the_language_is_what_the_user_chose_then_what_the_browser_prefers(
    stated: list[str | None], accepted: str | None, language: str
) -> None:
    """Chinese is the language of whoever says nothing."""
    assert language_of(stated, accepted) == language
