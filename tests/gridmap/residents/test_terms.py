"""What a name can be found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.residents.terms import MOST_CHARACTERS, name_terms, search_key

COMMON = "王张李伟芳娜秀英敏静丽强磊军洋艳勇杰娟涛明超兰霞平刚桂阿依古丽买提欧阳单解曾乐长"
HAN = st.text(st.sampled_from(COMMON), min_size=1, max_size=8)


def found_by(name: str, text: str) -> bool:
    """Whether a search for a text finds a name: some term begins with it."""
    key = search_key(text)
    return any(term.text.startswith(key) for term in name_terms(name))


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("张伟", ["张伟", "张", "伟", "zhangwei", "Zhang Wei", "zhangw", "wei", "zw", "ZW"]),
        ("符海燕", ["海燕", "燕", "fuhaiyan", "haiyan", "fhy", "hy"]),
        ("阿依古丽·买买提", ["阿依古丽", "古丽", "买买提", "阿依古丽买买提", "阿依古丽•买", "gulimai", "ayglmmt"]),
        ("吕绿", ["lvlv", "LYU", "lü", "ll"]),
        ("单雄信", ["shanxiongxin", "sxx", "dan"]),
        ("曾强", ["zengqiang", "zq", "ceng"]),
        ("欧阳长乐", ["ouyangchangle", "changyue", "oycl", "zhangle"]),
        ("尉迟恭", ["yuchi", "ycg"]),
        ("John Smith", ["john", "smith", "johnsmith", "JOHN S"]),
        ("王 　芳", ["王芳", "wangfang"]),
    ],
)
def test_any_part_in_any_way_of_writing_it(name: str, texts: list[str]) -> None:
    """Characters, pinyin from any syllable on, initials; spaces, dots, width and case make no difference."""
    assert [text for text in texts if not found_by(name, text)] == []


@pytest.mark.parametrize(("name", "text"), [("张伟", "hang"), ("张伟", "章伟"), ("符海燕", "符燕"), ("张伟", "zg")])
def test_what_is_no_part_is_not_found(name: str, text: str) -> None:
    """Not from the middle of a syllable, not with a gap."""
    assert not found_by(name, text)


@given(HAN, st.data())
def test_every_part_of_every_name_is_found(name: str, data: st.DataObject) -> None:
    """Whatever part is taken, its characters and their terms lead back to the name."""
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert found_by(name, name[start:end])
    assert any(term.place == 0 and term.text == search_key(name)[:MOST_CHARACTERS] for term in name_terms(name))


@given(st.text(max_size=60))
def test_no_text_breaks_it(name: str) -> None:
    """Terms are short, not empty, each once, and never a single letter."""
    terms = name_terms(name)
    texts = [term.text for term in terms]
    assert len(set(texts)) == len(texts)
    assert all(0 < len(text) <= MOST_CHARACTERS for text in texts)
    assert not [text for text in texts if len(text) == 1 and text.isascii()]
