"""What a matched row changes: the person, the attributes, the residence. Facts that the file leaves out stay."""

from __future__ import annotations

import polars as pl

from gridmap.importing.known import ATTRIBUTE_FIELDS

ACTIONS = ("new", "reopen", "same", "relate", "locate", "move", "review")
HEAD = "02"


def judge_attributes(leads: pl.DataFrame) -> pl.DataFrame:
    """Add ``a_action``: null (nothing new), ``insert``, ``correct`` (what we believed was wrong) or ``change`` (the
    world changed on ``day``), and the fields of the new row.

    A change is dated ``day``. Where the known state began on that day, or only the name differs, it is a correction:
    the row is superseded and written anew from the same date. A state that began after ``day`` is newer than the
    file and stays.
    """
    given = {
        name: pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"a_{name}")) for name in ATTRIBUTE_FIELDS
    }
    phone = pl.col("phone_index").is_not_null() & pl.col("phone_index").ne_missing(pl.col("a_phone_index"))
    changed = pl.any_horizontal(*[given[name] for name in ATTRIBUTE_FIELDS if name != "name"], phone)
    older = pl.col("a_valid_from") > pl.col("day")
    action = (
        pl.when("fresh").then(pl.lit("insert"))
        .when(pl.col("a_id").is_null()).then(pl.lit("insert"))
        .when(older).then(None)
        .when(changed & (pl.col("a_valid_from") < pl.col("day"))).then(pl.lit("change"))
        .when(changed | given["name"]).then(pl.lit("correct"))
    )  # fmt: skip
    merged = {f"n_{name}": pl.coalesce(name, f"a_{name}") for name in ATTRIBUTE_FIELDS}
    return leads.with_columns(a_action=action, new_phone=phone, **merged)


def judge_residences(leads: pl.DataFrame) -> pl.DataFrame:
    """Add ``r_action``, one of `ACTIONS`, and ``r_problem`` (a finding) where it is ``review``.

    ``moved_on`` is the date of a move or of the first residence; ``known_inside`` says whether the known place lies in
    the area of the import. A row that places a person less precisely than the register does changes nothing.
    """
    d, b = pl.col("dwelling_id"), pl.col("building_id")
    rd, rb = pl.col("r_dwelling"), pl.col("r_building")
    same_room = (d == rd).fill_null(value=False)
    same_building = (b == rb).fill_null(value=False)
    no_building = b.is_null()
    more_exact = (rd.is_null() & (rb.is_null() | same_building)) & pl.col("known_inside")
    stays = same_room | (d.is_null() & same_building) | (no_building & pl.col("known_inside"))
    related = pl.col("relationship").is_not_null() & pl.col("relationship").ne_missing(pl.col("r_relationship"))
    too_early = pl.col("moved_on") <= pl.col("r_valid_from")
    gone = pl.col("r_id").is_null()
    action = (
        pl.when("fresh").then(pl.lit("new"))
        .when(gone & (pl.col("ended_by") == "death")).then(pl.lit("review"))
        .when(gone & (pl.col("moved_on") < pl.col("ended_on"))).then(pl.lit("review"))
        .when(gone).then(pl.lit("reopen"))
        .when(stays & related).then(pl.lit("relate"))
        .when(stays).then(pl.lit("same"))
        .when(no_building).then(pl.lit("review"))
        .when(more_exact).then(pl.lit("locate"))
        .when(too_early).then(pl.lit("review"))
        .otherwise(pl.lit("move"))
    )  # fmt: skip
    judged = leads.with_columns(r_action=action)
    problem = (
        pl.when(pl.col("r_action") != "review").then(None)
        .when(gone & (pl.col("ended_by") == "death")).then(pl.lit("recorded_dead"))
        .when(no_building & ~gone).then(pl.lit("lives_elsewhere"))
        .otherwise(pl.lit("date_before_current"))
    )  # fmt: skip
    return judged.with_columns(r_problem=problem)


def judge_persons(leads: pl.DataFrame) -> pl.DataFrame:
    """Add ``p_change``: the file says a sex, birth date or identity number that was not known, or another sex."""
    sex = pl.col("sex").is_in(["1", "2"]) & pl.col("sex").ne_missing(pl.col("p_sex"))
    birth = pl.col("birth_date").is_not_null() & pl.col("p_birth_date").is_null()
    number = pl.col("id_index").is_not_null() & pl.col("p_id_index").is_null()
    return leads.with_columns(
        p_change=~pl.col("fresh") & (sex | birth | number), p_new_number=~pl.col("fresh") & number
    )


def group_households(leads: pl.DataFrame) -> pl.DataFrame:
    """Add ``group``: rows of one household, or null. By number, else by the name of the head, else within a place by
    the order of the file, a new household with every head of household."""
    place = pl.coalesce("dwelling_id", "building_id", "area_id")
    marked = leads.with_columns(place=place, is_head=(pl.col("relationship") == HEAD).fill_null(value=False))
    in_order = pl.col("is_head").cast(pl.Int32).cum_sum().over("place").clip(lower_bound=1)
    alone = pl.col("dwelling_id").is_null() & pl.col("relationship").is_null()
    text = (
        pl.when(pl.col("household").is_not_null()).then(pl.concat_str(pl.lit("n:"), "household"))
        .when(pl.col("head").is_not_null()).then(pl.concat_str(pl.lit("h:"), "head"))
        .when(alone).then(None)
        .otherwise(pl.concat_str(pl.lit("s:"), in_order.cast(pl.String)))
    )  # fmt: skip
    keyed = marked.with_columns(in_group=text)
    first = pl.col("at").first().over("place", "in_group")
    return keyed.with_columns(group=pl.when(pl.col("in_group").is_not_null()).then(first)).drop("in_group")


def choose_households(leads: pl.DataFrame, existing: pl.DataFrame) -> pl.DataFrame:
    """One row a group: ``group``, ``household_id`` (null where a new one is needed).

    A household that a member of the group already belongs to at the same place; else one of the dwelling with the same
    number; else, for a group without a head, the only household of the dwelling.
    """
    grouped = leads.filter(pl.col("group").is_not_null())
    stay = pl.col("r_action").is_in(["same", "relate", "locate"])
    by_member = pl.col("r_household").filter(stay & pl.col("r_household").is_not_null()).first()
    groups = grouped.group_by("group", maintain_order=True).agg(
        member=by_member,
        dwelling_id=pl.col("dwelling_id").first(),
        number=pl.col("household").drop_nulls().first(),
        headed=pl.col("is_head").any(),
    )
    numbered = existing.filter(pl.col("number").is_not_null()).unique(["dwelling_id", "number"], keep="first")
    only = existing.filter(pl.len().over("dwelling_id") == 1)
    return (
        groups.join(
            numbered.rename({"household_id": "by_number"}),
            on=["dwelling_id", "number"],
            how="left",
            maintain_order="left",
        )
        .join(
            only.select("dwelling_id", only_one="household_id", only_number="number"),
            on="dwelling_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            only_one=pl.when(~pl.col("headed") & (pl.col("number").is_null() | pl.col("only_number").is_null())).then(
                pl.col("only_one")
            )
        )
        .select("group", household_id=pl.coalesce("member", "by_number", "only_one"))
    )
