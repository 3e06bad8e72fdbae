"""What verdicts are called: message ids."""

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

CHANGES: Final = {
    "move": "moves to another dwelling",
    "locate": "the dwelling becomes known more exactly",
    "reopen": "lives here again",
}
"""What happens to the residence of a known person."""
