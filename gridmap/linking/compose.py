"""One text out of an address that stands in columns of its own, whatever the columns were filled with."""

from __future__ import annotations

import polars as pl

from gridmap.linking.grammar import PARTS, parse_addresses
from gridmap.linking.plain import in_simplified

_NUMERAL = "零〇一二两三四五六七八九十百"
_BARE = rf"^\s*[0-9A-Z{_NUMERAL}]+\s*$"
# Three digits are a room; one or two, or a word without digits, are a house.
_ROOM_LIKE, _HOUSE_LIKE = r"^\s*[0-9]{3,4}\s*\p{Han}?\s*$", r"^\s*(?:[0-9]{1,2}\s*号?|[^0-9]{2,})\s*$"
# By column: what its cell counts, and the pattern of a cell that counts this and nothing else.
_COUNTS = {
    "building": ("栋", r"号楼|[栋幢#]|座\s*$|^[^0-9室房户]*楼\s*$"),
    "unit": ("单元", r"单元|[门梯]"),
    "room": ("室", r"[室房户]"),
}
_COMMUNITY = r"(?:社区居委会|社区居民委员会|社区|居委会|村委会)\s*$"


def misplaced(rows: pl.DataFrame) -> pl.Series:
    """Rows whose building, unit or room says that it is something else, or more than one of them."""
    given = [name for name in _COUNTS if name in rows.columns]
    wrong = pl.Series([False]).new_from_index(0, rows.height)
    for name in given:
        others = "|".join(pattern for other, (_, pattern) in _COUNTS.items() if other != name)
        wrong = wrong | _matching(rows[name], others)
    if {"building", "room"} <= set(given):
        wrong = wrong | (_matching(rows["building"], _ROOM_LIKE) & _matching(rows["room"], _HOUSE_LIKE))
    return wrong


def _matching(column: pl.Series, pattern: str) -> pl.Series:
    """Which texts of a column match, looked at once each."""
    distinct = column.drop_nulls().unique().alias("text").to_frame()
    matching = distinct.filter(_simply(distinct)["text"].str.contains(pattern))["text"]
    return column.is_in(matching.implode()).fill_null(value=False)


def whole_texts(rows: pl.DataFrame) -> pl.Series:
    """The address of every row as one text: as it was written, or put together where columns say something else."""
    parts = rows.select(
        (pl.col(part) if part in rows.columns else pl.lit(None, dtype=pl.String)).alias(part) for part in PARTS
    )
    together = _together(parts)
    if "address" not in rows.columns:
        return together
    address = rows["address"]
    read = parse_addresses(address)
    same = pl.select(
        pl.all_horizontal(parts[part].eq_missing(read[part]) for part in PARTS) & address.is_not_null()
    ).to_series()
    return pl.select(pl.when(same).then(address).otherwise(together)).to_series()


def _together(parts: pl.DataFrame) -> pl.Series:
    """The parts in the order of an address, each with the word that counts it."""
    parts = _simply(parts)
    # A community and a compound that stand in each other's column.
    crossed = pl.col("compound").str.contains(_COMMUNITY) & ~pl.col("community").str.contains(_COMMUNITY).fill_null(
        value=False
    )
    community = pl.when(crossed).then(pl.col("compound")).otherwise(pl.col("community"))
    compound = pl.when(crossed).then(pl.col("community")).otherwise(pl.col("compound"))
    named = parts.with_columns(community=community, compound=compound)
    swapped = pl.col("building").str.contains(_ROOM_LIKE).fill_null(value=False) & pl.col("room").str.contains(
        _HOUSE_LIKE
    ).fill_null(value=False)
    named = named.with_columns(
        building=pl.when(swapped).then(pl.col("room")).otherwise(pl.col("building")),
        room=pl.when(swapped).then(pl.col("building")).otherwise(pl.col("room")),
    )
    cells = [_ordered(name, place) for place, name in enumerate(_COUNTS)]
    tail = pl.concat_list(cells).list.sort().list.eval(pl.element().str.slice(1)).list.join("")
    community_text = pl.col("community").fill_null("")
    word = pl.when((community_text != "") & ~community_text.str.contains(_COMMUNITY)).then(pl.lit("社区"))
    number = pl.col("road_no").fill_null("")
    number = pl.when(number.str.contains("[0-9]$")).then(number + "号").otherwise(number)
    floor = pl.when(pl.col("floor").is_not_null() & ~pl.col("room").str.contains("[0-9]{3}")).then(
        pl.col("floor").str.strip_chars("层楼F") + "层"
    )
    pieces = [community_text, word, pl.col("road"), number, pl.col("compound"), tail]
    joined = named.with_columns(room=pl.concat_str(floor.fill_null(""), pl.col("room"), ignore_nulls=True))
    return joined.select(text=pl.concat_str([piece.fill_null("") for piece in pieces])).to_series()


def _simply(parts: pl.DataFrame) -> pl.DataFrame:
    """The parts in half width, upper case and simplified characters."""
    return parts.select(
        in_simplified(column.cast(pl.String).str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s", "")).alias(
            column.name
        )
        for column in parts
    )


def _ordered(name: str, place: int) -> pl.Expr:
    """A cell behind a digit that says where it belongs: by the word that counts it, else by its column."""
    text = pl.col(name).fill_null("").str.strip_chars()
    counted = pl.when(text.str.contains(_BARE)).then(text + _COUNTS[name][0]).otherwise(text)
    order = pl.lit(str(place))
    for other, (_, pattern) in enumerate(_COUNTS.values()):
        rest = "|".join(p for at, (_, p) in enumerate(_COUNTS.values()) if at != other)
        order = (
            pl.when(counted.str.contains(pattern) & ~counted.str.contains(rest))
            .then(pl.lit(str(other)))
            .otherwise(order)
        )
    return order + counted
