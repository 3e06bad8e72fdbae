"""What verdicts, states of batches and changes are called: message ids."""

from __future__ import annotations

from typing import Final

VERDICTS: Final = {
    "inserted": "inserted",
    "updated": "updated",
    "unchanged": "unchanged",
    "needs_review": "to review",
    "rejected": "rejected",
    "absent": "absent",
}

RESIDENCES: Final = {
    "move": "moves to another dwelling",
    "locate": "the dwelling becomes known more exactly",
    "reopen": "lives here again",
}
"""What happens to the residence of a known person."""

BATCHES: Final = {
    "received": "received",
    "understood": "understood",
    "checked": "rows checked",
    "previewed": "previewed",
    "committed": "committed",
    "undone": "undone",
    "cancelled": "cancelled",
    "failed": "failed",
}

CHANGES: Final = {
    "": "changed by hand",
    "register.import": "register imported",
    "dwellings.import": "dwellings imported",
    "buildings.import": "buildings imported",
    "organisations.import": "organisations imported",
    "aliases.import": "other names imported",
    "statistics.import": "figures imported",
    "person.merge": "records of one person merged",
}
"""What changes are called that stand on a batch."""
