"""Addresses that name another province, city or district than the one at hand."""

from __future__ import annotations

import polars as pl

from gridmap.linking.index import DwellingIndex
from gridmap.linking.lexicon import nearest, words
from gridmap.linking.plain import in_simplified

_NAME = f"(?:{'|'.join(words()['provinces'])})"
_PROVINCE = rf"(?:{_NAME}(?:省|壮族自治区|回族自治区|维吾尔自治区|自治区))"
_CITY = r"(?:\p{Han}{2,5}?市)"
_DISTRICT = r"(?:\p{Han}{1,3}?[\p{Han}--[社小园校院厂库宅活舍]][区县])"
# The levels whose names each pattern is compared with. A district alone is not told from a compound: it counts behind a
# province or a city only. A province without its word is only told from a road by the city behind it.
_PATTERNS = (
    (rf"^(?:中国)?({_PROVINCE})", ("province",)),
    (rf"^(?:中国)?({_NAME}){_CITY}", ("province",)),
    (rf"^(?:中国)?(?:{_PROVINCE}|{_NAME})?({_CITY})", ("province", "district", "city")),
    (rf"^(?:中国)?(?:(?:{_PROVINCE}|{_NAME})?{_CITY}+|{_PROVINCE})({_DISTRICT})", ("district",)),
)


def lies_elsewhere(texts: pl.Series, index: DwellingIndex) -> pl.Series:
    """Which texts begin with a province, a city or a district that is none of those above the index, nor like one.

    Without known names of areas above, none does.
    """
    nowhere = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(texts))
    if not index.admin or texts.is_empty():
        return nowhere
    named = texts.str.contains_any(["省", "市", "自治区", "自治區"]).fill_null(value=False)
    if not named.all():
        return (
            nowhere
            if not named.any()
            else nowhere.scatter(named.arg_true(), lies_elsewhere(texts.filter(named), index))
        )
    plain = in_simplified(texts.fill_null("").str.normalize("NFKC").str.replace_all(r"\s", ""))
    # 农贸市场, 城市花园 and 超市 are no cities.
    plain = plain.str.replace_all("市场|城市|都市|超市|夜市|菜市", "场")
    result = nowhere
    for pattern, levels in _PATTERNS:
        known = index.admin_words(*levels)
        named = plain.str.extract(pattern, 1)
        others = [name for name in named.drop_nulls().unique().to_list() if name not in known]
        # Where the level itself is not known, nothing is strange to it.
        if others and index.admin.get(levels[-1]):
            meant = nearest(others, known, short_too=True)
            result = result | named.is_in([name for name in others if name not in meant]).fill_null(value=False)
    return result
