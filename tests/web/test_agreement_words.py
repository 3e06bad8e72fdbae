"""How a room's rental agreement is said."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from gridmap.i18n import translator
from gridmap.services.agreements import AgreementView, Standing
from web.views.agreements import agreement_words

DAY = date(2026, 6, 1)


def one(standing: Standing, until: date | None) -> AgreementView:
    return AgreementView(UUID(int=1), None, None, date(2025, 6, 1), until, standing)


@pytest.mark.parametrize(
    ("agreements", "let", "said"),
    [
        ([], True, "No rental agreement"),
        ([], False, None),
        ([one(Standing.HOLDS, None)], False, "Agreement without an end"),
        ([one(Standing.HOLDS, date(2027, 1, 1))], True, "Agreement until 2027-01-01"),
        ([one(Standing.EXPIRING, date(2026, 6, 13))], True, "Agreement ends in 12 days"),
        ([one(Standing.ENDED, date(2026, 5, 1))], True, "Agreement ended on 2026-05-01"),
        ([one(Standing.ENDED, date(2026, 5, 1))], False, None),
        ([one(Standing.EXPIRING, date(2026, 6, 13)), one(Standing.HOLDS, date(2027, 1, 1))], True,
         "Agreement until 2027-01-01"),
    ],
)  # fmt: skip
def test_the_agreement_that_holds_longest_speaks(agreements: list[AgreementView], let: bool, said: str | None) -> None:
    assert agreement_words(agreements, DAY, translator("en"), let=let) == said
