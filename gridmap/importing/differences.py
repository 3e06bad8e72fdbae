"""What a file changes about known persons, field by field, so that it can be looked at before it is written.

Nothing identifying stands here in full: names are masked, of telephones, numbers and addresses only that they change.
"""

from __future__ import annotations

import polars as pl

from gridmap.importing.known import ATTRIBUTE_FIELDS
from gridmap.residents.rules import mask_name

UNSHOWN = frozenset({"registered_address", "work_unit"})
"""Fields of which only is said that they change."""

MOVES = ("reopen", "locate", "move")
SCHEMA = {"at": pl.Int64, "field": pl.String, "before": pl.String, "after": pl.String}


def find_differences(leads: pl.DataFrame) -> pl.DataFrame:
    """``at``, ``field``, ``before``, ``after`` of every field of a known person that a row changes.

    ``leads`` are judged (see `changes`). Coded fields hold codes; ``residence`` has what happens as ``after``: one of
    `MOVES`. Both are null where only the change is told.
    """
    known = leads.filter(~pl.col("fresh"))
    stated = known.filter(pl.col("a_action").is_not_null())
    parts = [_attribute(stated, name) for name in ATTRIBUTE_FIELDS]
    phone = stated.filter("new_phone")
    parts.append(_told(phone, "phone"))
    person = known.filter("p_change")
    sex = person.filter(pl.col("sex").is_in(["1", "2"]) & pl.col("sex").ne_missing(pl.col("p_sex")))
    parts.append(_told(sex, "sex", pl.col("p_sex"), pl.col("sex")))
    born = person.filter(pl.col("p_birth_date").is_null() & pl.col("birth_date").is_not_null())
    parts += [_told(born, "birth_date"), _told(person.filter("p_new_number"), "id_number")]
    related = known.filter(pl.col("r_action") == "relate")
    parts.append(_told(related, "relationship", pl.col("r_relationship"), pl.col("relationship")))
    moved = known.filter(pl.col("r_action").is_in(MOVES))
    parts.append(_told(moved, "residence", None, pl.col("r_action")))
    return pl.concat(parts).sort("at", maintain_order=True)


def _attribute(stated: pl.DataFrame, name: str) -> pl.DataFrame:
    known = pl.col(f"a_{name}")
    changed = stated.filter(pl.col(name).is_not_null() & pl.col(name).ne_missing(known))
    if name in UNSHOWN:
        return _told(changed, name)
    told = _told(changed, name, known, pl.col(name))
    if name != "name":
        return told
    masked = [pl.Series(side, _masked(told[side]), dtype=pl.String) for side in ("before", "after")]
    return told.with_columns(masked)


def _masked(names: pl.Series) -> list[str | None]:
    return [None if text is None else mask_name(text) for text in names.to_list()]


def _told(rows: pl.DataFrame, field: str, before: pl.Expr | None = None, after: pl.Expr | None = None) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.String)
    return rows.select(
        at=pl.col("at").cast(pl.Int64),
        field=pl.lit(field, dtype=pl.String),
        before=nothing if before is None else before.cast(pl.String),
        after=nothing if after is None else after.cast(pl.String),
    )
