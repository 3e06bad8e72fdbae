"""Where a batch is on its way, as it stands in the store."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """received → understood → checked → previewed → committed → undone; or given up on the way.

    *Checked*: every value was judged. *Previewed*: the register was asked what every row would change. A file whose
    commit was cut off is still previewed.
    """

    RECEIVED = "received"
    UNDERSTOOD = "understood"
    CHECKED = "checked"
    PREVIEWED = "previewed"
    COMMITTED = "committed"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    FAILED = "failed"


IN_HAND: Final = (Status.RECEIVED, Status.UNDERSTOOD, Status.CHECKED, Status.PREVIEWED)
"""Nothing was written of these yet, and somebody may go on with them."""

WRITTEN: Final = (Status.COMMITTED, Status.UNDONE)
"""What these wrote stands, or stood, in the register."""
