"""Compliance of an area, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from gridmap.compliance.rules import Rule, Status
from gridmap.compliance.service import AreaVerdict
from gridmap.compliance.verdicts import RuleResult
from gridmap.i18n import Translator
from gridmap.indicators.registry import Registry

_SIGNS: Final = {"up": "≥", "down": "≤"}


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


def verdict_view(found: AreaVerdict, day: date, registry: Registry, text: Translator) -> Verdict:
    """Present the verdict on an area."""
    return Verdict(
        status=found.status.word,
        failing=found.failing if found.status is Status.FAILS else _count(found, found.status),
        year=max((result.rule.valid_from.year for result in found.results), default=day.year),
        rules=[rule_row(result, found.area_id, registry, text) for result in found.results],
    )


def _count(found: AreaVerdict, status: Status) -> int:
    return sum(result.status is status for result in found.results)


def rule_row(result: RuleResult, area_id: UUID, registry: Registry, text: Translator) -> RuleRow:
    """Present one rule. Shares are given as 0..1, whatever unit the indicator is written in."""
    rule = result.rule
    factor = registry.indicators[rule.indicator].factor
    is_share = rule.range is None
    no_data = result.status is Status.NO_DATA
    action = None if result.action is None else text.text(result.action, count=f"{result.missing:,}")
    return RuleRow(
        id=rule.id,
        name=text.gettext(rule.name),
        status=result.status.word,
        numerator=result.numerator,
        denominator=result.denominator,
        value=result.value / factor if is_share and result.value is not None else None,
        threshold=rule.meets / factor if is_share and rule.meets is not None else None,
        threshold_text=threshold_text(rule, text),
        action=action,
        action_href=_list_href(rule, area_id) if action else None,
        reason=text.text("Fewer than {minimum} to judge by", minimum=rule.minimum) if no_data else None,
    )


def threshold_text(rule: Rule, text: Translator) -> str:
    """What is wanted, in words."""
    if rule.range is not None:
        return text.text("wanted {low}–{high}", low=rule.range[0], high=rule.range[1])
    limit = f"{rule.meets:g}"
    if rule.days is not None:
        return text.text(
            "wanted {sign} {limit}% within {days} days", sign=_SIGNS[rule.direction], limit=limit, days=rule.days
        )
    return text.text("wanted {sign} {limit}%", sign=_SIGNS[rule.direction], limit=limit)


def _list_href(rule: Rule, area_id: UUID) -> str | None:
    """Where the residents behind a shortfall are listed."""
    if rule.indicator == "location_rate":
        return f"/residents?area={area_id}&room=unknown"
    return None
