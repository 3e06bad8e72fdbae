"""Compliance of an area, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: what was found, what is wanted, what to do."""

    id: str
    name: str
    status: str
    numerator: int | None
    denominator: int | None
    value: float | None
    threshold: float | None
    threshold_text: str
    action: str | None
    action_href: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An area's status and the rules behind it, the worst first."""

    status: str
    failing: int
    year: int
    rules: list[RuleRow]
