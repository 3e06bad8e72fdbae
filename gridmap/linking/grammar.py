"""Read an address: community, compound, road, road number, building, unit, floor, room.

The grammar is a short list of patterns over whole columns. An address is read from its end (room, unit, building),
for there it is regular; what stands before is split into administrative prefix, community, road and compound.
"""

from __future__ import annotations

import polars as pl

from gridmap.linking.plain import plain_texts

PARTS = ("community", "compound", "road", "road_no", "building", "unit", "floor", "room")

_NUMBER = r"[A-Z]?[0-9]{1,4}[A-Z]?"
_LETTER = r"[A-Z甲乙丙丁戊己东西南北中]"
_HOUSE = r"(?:号楼|号栋|号幢|栋楼|幢楼|栋|幢|座|#楼|#栋|#)"
_ROOM = r"(?P<room>[A-Z]?[0-9]{1,4}[A-Z]?|(?:[0-9]{1,2}[层楼F])?[东西南北中左右])(?:号房|房间|室|房|号|户)?"
_END = r"(?:[左右中东西南北]?[侧户边]?)?$"
_FLOOR = r"(?:(?P<floor>-?[0-9]{1,2})(?:层|楼|F)-?)?"

# In order of trust. The first pattern that fits an address reads its tail.
_TAILS = (
    # 1号楼2单元301室, A座1201, 3栋二层201, 12幢
    (
        rf"^(?P<head>.*?)第?(?P<building>{_NUMBER}|{_LETTER}){_HOUSE}-?"
        rf"(?:(?P<unit>[0-9]{{1,2}}|{_LETTER})(?:单元|门栋|门|梯)-?)?{_FLOOR}(?:{_ROOM})?{_END}"
    ),
    # 3栋-2-501, 3栋2-501
    rf"^(?P<head>.*?)第?(?P<building>{_NUMBER}|{_LETTER}){_HOUSE}-?(?P<unit>[0-9]{{1,2}}|[A-Z])-{_ROOM}{_END}",
    # 3-2-501
    rf"^(?P<head>.*?[^0-9]|)(?P<building>{_NUMBER}|[A-Z])-(?P<unit>[0-9]{{1,2}}|[A-Z])(?:(?:单元|门|梯)-?|-){_ROOM}{_END}",
    # 3-501
    r"^(?P<head>.*?[^0-9-]|)(?P<building>[0-9]{1,3}[A-Z]?|[A-Z][0-9]?)-(?P<room>[0-9]{3,4}[A-Z]?)(?:室|房|号)?$",
    # 3号楼2单元5-01
    (
        rf"^(?P<head>.*?)第?(?P<building>{_NUMBER}|{_LETTER}){_HOUSE}-?"
        rf"(?P<unit>[0-9]{{1,2}}|{_LETTER})(?:单元|门栋|门|梯)-?(?P<floor>[0-9]{{1,2}})-(?P<room>[0-9]{{2}})(?:室|房|号)?$"
    ),
    # 12号2单元301室: a house number, a unit, no building
    rf"^(?P<head>.*?)(?P<unit>[0-9]{{1,2}}|{_LETTER})(?:单元|门栋|梯)-?{_FLOOR}(?:{_ROOM})?{_END}",
    # 12号301室, 海府大厦5层502, 海府大厦502室
    rf"^(?P<head>.*?[^0-9])(?P<floor>[0-9]{{1,2}})(?:层|楼)(?:{_ROOM})?{_END}",
    r"^(?P<head>.*?[^0-9]|)(?P<room>[A-Z]?[0-9]{2,4}[A-Z]?)(?:号房|房间|室|房)$",
    r"^(?P<head>.*?[0-9]号)-?(?P<room>[A-Z]?[0-9]{3,4}[A-Z]?)(?:室|房|号)?$",
    # 公寓楼-303, 商住楼-2-303
    r"^(?P<head>.*?\p{Han})-(?:(?P<unit>[0-9]{1,2})-)?(?P<room>[A-Z]?[0-9]{3,4}[A-Z]?)(?:室|房|号)?$",
    # 公寓楼303, 公寓楼303号
    r"^(?P<head>.*?楼)(?P<room>[A-Z]?[0-9]{3,4}[A-Z]?)号$",
    r"^(?P<head>.*?\p{Han})(?P<room>[A-Z]?[0-9]{3,4}[A-Z]?)(?:室|房)?$",
)

# A district is not 社区, 小区 or 园区; a city is not 超市.
_PREFIX = (
    r"^(?:中国)?(?:\p{Han}{2,4}?(?:省|自治区))*(?:\p{Han}{1,4}?[\p{Han}--[超门夜菜都贸发花城]]市)*"
    r"(?:\p{Han}{1,3}?[\p{Han}--[社小园校院厂库景湾山宅活舍]][区县])*(?:\p{Han}{1,8}?(?:街道办事处|街道办|街道))*"
)
_HEAD = (
    r"(?:\p{Han}{2,6}?[镇乡])?(?P<community>(?:\p{Han}{1,8}?(?:社区居委会|社区居民委员会|社区|居委会|村委会)){0,2})"
    r"(?P<rest>.*)$"
)
# Where every word may be misspelt, a district is only known behind its city.
_PREFIX_CLOSE = (
    r"^(?:中国)?(?:\p{Han}{2,4}?(?:省|自治区))*(?:(?:\p{Han}{1,4}?[\p{Han}--[超门夜菜都贸发花城]]市)+"
    r"(?:\p{Han}{1,3}?[\p{Han}--[社小园校院厂库景湾山宅活舍]][区县])*)?(?:\p{Han}{1,8}?(?:街道办事处|街道办|街道))*"
)
# A 镇 or 乡 is only taken before a community, for 水乡人家 and 欧洲小镇 are names of compounds.
_HEAD_PLAIN = r"(?P<community>(?:\p{Han}{1,8}?(?:社区居委会|社区居民委员会|社区|居委会|村委会)){0,2})(?P<rest>.*)$"
_ROAD = (
    r"^(?P<road>[\p{Han}0-9]{1,10}?(?:大道|大街|横街|横路|路|街|巷|胡同|弄|里|村))"
    r"(?P<no>[0-9]{1,4}(?:-[0-9]{1,4})?号?(?:附[0-9]{1,3}号?|之[0-9]{1,3}|院)?)(?P<rest>.*)$"
)
_LANE = (
    r"^(?P<road>\p{Han}{1,10}?[0-9]{1,3}(?:巷|弄|里|横巷))(?P<no>[0-9]{1,4}(?:-[0-9]{1,4})?号?(?:附[0-9]{1,3}号?|之[0-9]{1,3}|院)?)"
    r"(?P<rest>.*)$"
)
_ROAD_ONLY = r"^(?P<road>\p{Han}{1,8}?(?:大道|大街|横街|横路|路|街))(?P<rest>\p{Han}{2,}.*)$"
_GENERIC = r"^(?:小区|大院|宿舍|院|新村|花园|公寓|大厦|家属院|宿舍区|住宅区|住宅小区)$"
_COMMUNITY_END = r"(?:社区居委会|社区居民委员会|社区|居委会|村委会)$"


def parse_addresses(addresses: pl.Series, *, closely: bool = False) -> pl.DataFrame:
    """Split addresses (String) into `PARTS`, row by row; null where a part is not named.

    Numbers come without what counts them (``1号楼`` → ``1``, ``A座`` → ``A``), names as written in half width; the
    community comes without 社区. A floor and a room of at most two digits are read together: 5层01室 → room 501.
    ``closely``: words that count are also known where they are misspelt (单园 for 单元) or traditional (單元).
    """
    texts = addresses.drop_nulls().unique()
    if texts.is_empty():
        return pl.DataFrame({part: pl.Series([None] * len(addresses), dtype=pl.String) for part in PARTS})
    parsed = _split_heads(
        _split_tails(plain_texts(texts, closely=closely)), _PREFIX_CLOSE if closely else _PREFIX
    ).with_columns(text=texts)
    return addresses.alias("text").to_frame().join(parsed, on="text", how="left", maintain_order="left").select(PARTS)


def _split_tails(plain: pl.Series) -> pl.DataFrame:
    """Columns head, building, unit, floor, room."""
    columns = ("head", "building", "unit", "floor", "room")
    frame = pl.DataFrame({"place": pl.arange(0, len(plain), eager=True), "plain": plain})
    done: list[pl.DataFrame] = []
    for pattern in _TAILS:
        if frame.is_empty():
            break
        groups = frame.get_column("plain").str.extract_groups(pattern).struct.unnest()
        missing = [pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in groups.columns]
        read = frame.select("place").hstack(groups.with_columns(missing).select(columns))
        fits = read.get_column("head").is_not_null()
        done.append(read.filter(fits))
        frame = frame.filter(~fits)
    rest = frame.select("place", head="plain").with_columns(
        [pl.lit(None, dtype=pl.String).alias(name) for name in columns[1:]]
    )
    tails = pl.concat([*done, rest]).sort("place").drop("place")
    floor, room = pl.col("floor"), pl.col("room")
    short = floor.is_not_null() & room.str.contains(r"^[0-9]{1,2}$")
    side = floor.is_not_null() & room.str.contains(r"^[东西南北中左右]$")
    return tails.with_columns(
        room=pl.when(short).then(floor + room.str.zfill(2)).when(side).then(floor + "楼" + room + "户").otherwise(room)
    )


def _split_heads(tails: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Replace the head by community, road, road number and compound."""
    heads = tails.get_column("head").fill_null("").unique()
    read = _read_heads(heads, prefix).with_columns(head=heads)
    joined = tails.with_columns(pl.col("head").fill_null("")).join(read, on="head", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col(part) != "").then(pl.col(part)) for part in PARTS)


def _read_heads(heads: pl.Series, prefix: str) -> pl.DataFrame:
    groups = heads.str.extract_groups(prefix + _HEAD).struct.unnest()
    plain = heads.str.extract_groups(prefix + _HEAD_PLAIN).struct.unnest()
    with_town = groups.get_column("community") != ""
    chosen = pl.select(
        community=pl.when(with_town).then(groups.get_column("community")).otherwise(plain.get_column("community")),
        rest=pl.when(with_town).then(groups.get_column("rest")).otherwise(plain.get_column("rest")),
    )
    rest = chosen.get_column("rest").fill_null("").str.strip_chars("-")
    lane = rest.str.extract_groups(_LANE).struct.unnest()
    numbered = rest.str.extract_groups(_ROAD).struct.unnest()
    named = rest.str.extract_groups(_ROAD_ONLY).struct.unnest()
    road, number, after = (
        lane.get_column(part).fill_null(numbered.get_column(part)) for part in ("road", "no", "rest")
    )
    road = road.fill_null(named.get_column("road"))
    compound = after.fill_null(named.get_column("rest")).fill_null(rest)
    # 海府路小区 is a compound called after its road.
    whole = compound.str.contains(_GENERIC) & number.is_null() & road.is_not_null()
    return pl.DataFrame(
        {
            # 东湖里社区东湖里社区: the last one counts.
            "community": chosen.get_column("community")
            .str.replace(_COMMUNITY_END, "")
            .str.replace(r"^.*(?:社区居委会|社区居民委员会|社区|居委会|村委会)", ""),
            "road": road,
            "road_no": number.str.replace(r"[号院]+$", ""),
            "compound": pl.select(pl.when(whole).then(road + compound).otherwise(compound)).to_series(),
        }
    )
