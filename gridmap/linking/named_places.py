"""What names stand for: compounds with their buildings, and buildings that have a name of their own."""

from __future__ import annotations

import polars as pl

from gridmap.linking.index import DwellingIndex


def named_places(index: DwellingIndex) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The names of places, other names included (entry, name), and the buildings of each (entry, building_at, whole).

    ``whole``: the name is that of the building itself, so that its number need not be named.
    """
    other = [
        (alias, official)
        for kind in ("compound", "building")
        for alias, official in index.aliases.get(kind, {}).items()
    ]
    aliases = pl.DataFrame(other, schema={"alias": pl.String, "name": pl.String}, orient="row")
    compounds = index.buildings.filter(pl.col("compound") != "")
    own = index.buildings.filter(pl.col("name") != "")
    groups = pl.concat(
        [
            compounds.select(name="compound", building_at="at", whole=pl.lit(value=False)),
            own.select(name="name", building_at="at", whole=pl.lit(value=True)),
        ]
    )
    names = groups.select("name", "whole").unique(maintain_order=True).with_row_index("entry")
    placed = groups.join(names, on=["name", "whole"]).select("entry", "building_at", "whole")
    renamed = names.join(aliases, on="name").select("entry", name="alias")
    return pl.concat([names.select("entry", "name"), renamed]), placed


def worded_numbers(index: DwellingIndex) -> list[str]:
    """The numbers of buildings that are words: 商住楼, 裙楼."""
    numbers = index.buildings.filter(pl.col("compound") != "")["building"].unique()
    return sorted(numbers.filter((numbers.str.len_chars() > 1) & ~numbers.str.contains("[0-9]")).to_list())
