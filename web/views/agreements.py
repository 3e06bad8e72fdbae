"""Rental agreements in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gridmap.i18n import Translator
from gridmap.services.agreements import AgreementView, Standing


def agreement_words(agreements: Sequence[AgreementView], day: date, text: Translator, *, let: bool) -> str | None:
    """How a room's agreement stands, in short; nothing to say of a room that is not let and has none.

    Of several the one that holds longest speaks.
    """
    held = [one for one in agreements if one.standing in {Standing.HOLDS, Standing.EXPIRING}]
    if held:
        best = max(held, key=lambda one: one.until or date.max)
        if best.until is None:
            return text.gettext("Agreement without an end")
        if best.standing is Standing.EXPIRING:
            return text.text("Agreement ends in {days} days", days=(best.until - day).days)
        return text.text("Agreement until {day}", day=best.until.isoformat())
    ended = [one.until for one in agreements if one.standing is Standing.ENDED and one.until]
    if ended and let:
        return text.text("Agreement ended on {day}", day=max(ended).isoformat())
    return text.gettext("No rental agreement") if let else None
