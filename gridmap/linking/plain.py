"""Addresses in one plain spelling, before they are read: without remarks, in half width, with digits that count."""

from __future__ import annotations

from functools import cache

import polars as pl

from gridmap.linking.keys import NUMERAL, read_numerals
from gridmap.linking.likeness import simplified, taken_for

_REMARKED = r"[(\[【<《；;1]|\s|备注|[室房]\p{Han}"
_BRACKETS = r"[(\[【<《]([^)\]】>》]*)[)\]】>》]"
# What stands in brackets and still says where: a part of a compound, a number that counts.
_PLACE = (
    r"[(\[【<《]((?:[东西南北中]|[一二三四五六七八九十0-9A-Z]{1,2})[区期院]|"
    r"[^)\]】>》]*[0-9][号栋幢座单元门梯室房楼层][^)\]】>》]*)[)\]】>》]"
)
_CALLED = r"(^|[^0-9])(?:(?:联系电话|联系方式|电话|手机|TEL)[:：]?\s*)?"
_PHONE = _CALLED + r"(?:1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8})($|[^0-9])"
# With spaces inside it is only told from a room at the end.
_SPACED_PHONE = _CALLED + r"1\s?[3-9](?:\s?[0-9]){9}\s*$"
# Characters that count, point or stand in a name between numbers: they are never taken for misspelt ones.
_OWN = "号栋幢座楼单元门梯层室房户东西南北中左右零〇一二两三四五六七八九十百区期村院路街巷里弄组队"
# A remark behind the room: behind a space or a semicolon at least two characters that count nothing.
_BEHIND = (
    rf"([0-9A-Z室房号户栋幢座楼#-]|[0-9]\p{{Han}}|{NUMERAL})"
    r"(?:\s+|\s*[;；,，]\s*|-?备注[:：]?|-?注[:：])(\p{Han}[^0-9]+)$"
)
_COUNTS = (
    r"^(?:[东西南北中左右][户侧边]?$|单元|号楼|号房|号$|栋|幢|座|楼|层|室$|房$|门|梯|[零〇一二两三四五六七八九十])"
)
_AT_ONCE = r"([0-9][室房])\p{Han}{2,}$"
_NUMERO = rf"NO[.:]?((?:[0-9A-Z]|{NUMERAL}))"
# 3.2.501, 三、二、五零一
_BETWEEN = rf"([0-9A-Z]|{NUMERAL})[.·、,，]([0-9]|{NUMERAL})"
_COUNTED_WORD = f"{NUMERAL}(?:号|栋|幢|座|单元|门|梯|层|楼|室|房)"
_COUNTED = f"{NUMERAL}(?:号|栋|幢|座|#|单元|门|梯|层|楼|室|房|户|弄|巷|-|$)"


def plain_texts(texts: pl.Series, *, closely: bool = False) -> pl.Series:
    """Half width, upper case, without spaces, remarks and telephone numbers, one kind of dash, digits for numerals.

    ``closely``: traditional characters become simplified ones, and words that count are put right where they are
    misspelt by sound or shape.
    """
    plain = _without_remarks(texts.str.normalize("NFKC").str.to_uppercase())
    if closely:
        plain = in_simplified(plain)
    plain = (
        plain.str.replace_all(r"\s", "")
        .str.replace_all(_NUMERO, "$1")
        .str.replace_all(_BETWEEN, "$1-$2")
        .str.replace_all(_BETWEEN, "$1-$2")
        .str.replace_all(r"[,，、。;；:：\"“”'‘’()（）\[\]【】<>《》·.]", "")
        .str.replace_all(r"[‐‑–—―－_~/\\]|--+", "-")
    )
    if closely:
        plain = _counters(plain)
    numerals = plain.str.contains(_COUNTED)
    if numerals.any():
        read = [read_numerals(text) for text in plain.filter(numerals).to_list()]
        plain = plain.scatter(numerals.arg_true(), pl.Series(read, dtype=pl.String))
    return plain.str.replace_all(r"第([0-9]+(?:号楼|栋|幢|座|单元|门|梯|层|楼|室))", "$1")


def _without_remarks(texts: pl.Series) -> pl.Series:
    """Without what is said beside the address; most texts have nothing of the kind and are left alone."""
    suspect = texts.str.contains(_REMARKED)
    if not suspect.any():
        return texts
    some = texts.filter(suspect).str.strip_chars()
    some = (
        some.str.replace(r"^(.*?)[(\[【<《](\p{Han}{2,8}(?:社区|居委会|村委会))[)\]】>》](.*)$", "$2$1$3")
        .str.replace_all(r"[(\[【<《][^)\]】>》0-9]*(?:原|电话|手机|另|备注)[^)\]】>》]*[)\]】>》]", " ")
        .str.replace_all(_PLACE, "$1")
        .str.replace_all(_BRACKETS, " ")
        .str.replace_all(_PHONE, "$1$2")
        .str.replace(_SPACED_PHONE, "$1")
        .str.strip_chars()
    )
    behind = some.str.extract_groups(_BEHIND).struct.unnest().to_series(1)
    remark = behind.is_not_null() & ~behind.str.contains(f"{_COUNTS}|{_COUNTED_WORD}").fill_null(value=True)
    cut = pl.select(pl.when(remark).then(some.str.replace(_BEHIND, "$1")).otherwise(some)).to_series()
    return texts.scatter(suspect.arg_true(), cut.str.replace(_AT_ONCE, "$1"))


def in_simplified(texts: pl.Series) -> pl.Series:
    """With simplified characters for traditional ones."""
    table = simplified()
    odd = texts.str.contains_any(list(table))
    if not odd.any():
        return texts
    return texts.scatter(odd.arg_true(), texts.filter(odd).str.replace_many(list(table), list(table.values())))


@cache
def _misspellings() -> tuple[tuple[str, str], ...]:
    """Patterns of misspelt words that count, between two numbers or behind the last, and the right word for each."""

    def like(*characters: str) -> str:
        others = {other for character in characters for other in taken_for(character)} - set(_OWN)
        return "[" + "".join(sorted({*characters, *others})) + "]"

    number, then = rf"([0-9A-Z]|{NUMERAL})", rf"([0-9]|{NUMERAL}|-|$)"
    return (
        (number + like("单") + like("元") + then, "${1}单元$2"),
        (number + like("号") + like("楼") + then, "${1}号楼$2"),
        (number + like("栋", "幢", "座") + then, "${1}栋$2"),
        (number + like("门", "梯") + rf"([0-9]|{NUMERAL}|-)", "${1}单元$2"),
        (rf"((?:[0-9]|{NUMERAL}){{2}})" + like("室", "房") + "$", "${1}室"),
    )


def _counters(plain: pl.Series) -> pl.Series:
    for pattern, right in _misspellings():
        plain = plain.str.replace_all(pattern, right)
    # What else stands between two numbers, or behind the room, is some word that counts: only the order says which.
    unknown = rf"[\p{{Han}}--[{_OWN}]]"
    between, behind = rf"([0-9A-Z]){unknown}{{1,2}}([0-9])", rf"([0-9]){unknown}$"
    return plain.str.replace_all(between, "$1-$2").str.replace(behind, "$1")
