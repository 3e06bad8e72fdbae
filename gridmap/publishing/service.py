"""Read what may leave the office of a date."""

from __future__ import annotations

from datetime import date

import pandas as pd

from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.accounts.actor import Actor
from gridmap.areas.service import levels
from gridmap.audit import service as audit
from gridmap.errors import InvalidInputError
from gridmap.indicators.service import Figures
from gridmap.publishing.figures import published
from gridmap.store.store import UnitOfWork


def read_publication(unit: UnitOfWork, actor: Actor, figures: Figures, as_of: date, level: str) -> pd.DataFrame:
    """The published counts of the areas of a level that the actor may see; the reading is logged.

    What is withheld is decided over the whole tree, whoever asks, so that two readers' tables agree.

    Args:
        unit: must be writing, for the log.

    Raises:
        InvalidInputError: no such level, or nothing of it there.
        PermissionDeniedError.
    """
    if level not in levels().names:
        raise InvalidInputError(field="Level", reason=" | ".join(levels().names))
    scope = scope_of(actor, Action.STATISTICS_READ)
    whole = published(figures.table(as_of)).frame
    found = whole[whole["level"] == level]
    if not scope.everywhere:
        allowed = scope.area_ids(unit)
        found = found[[area in allowed for area in found.index]]
    if found.empty:
        raise InvalidInputError(field="Level", reason="there is no area of this level there")
    audit.record(
        unit,
        actor,
        "statistics.publish",
        details={"level": level, "as_of": as_of.isoformat(), "areas": len(found)},
    )
    frame = found.sort_values("code", kind="stable")
    frame.insert(0, "as_of", as_of.isoformat())
    return frame
