"""The rules of a date and what they say of areas, as reports show it: rates with their status, limits in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from gridmap.compliance.rules import SKIP, Rule, Status
from gridmap.compliance.service import Assessment
from gridmap.compliance.verdicts import NOT_APPLIED, Judgement, RuleResult, Verdicts
from gridmap.i18n import Translator
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.registry import Indicator
from gridmap.reports.model import Column, Kind, Limits, Rate

PERCENT: Final = "%"


@dataclass(frozen=True)
class Judged:
    """All areas at a date with their verdicts."""

    assessment: Assessment
    verdicts: Verdicts
    words: Translator

    @classmethod
    def at(cls, assessment: Assessment, as_of: date, words: Translator) -> Judged:
        """Judge every area at a date."""
        return cls(assessment, assessment.verdicts(as_of), words)

    @property
    def table(self) -> AreaTable:
        """The counts of every area."""
        return self.verdicts.table

    @property
    def shares(self) -> tuple[Judgement, ...]:
        """The rules that look at a share, in their order."""
        return tuple(
            judgement
            for judgement in self.verdicts.judgements
            if judgement.rule.range is None and self.indicator(judgement.rule).unit == PERCENT
        )

    def indicator(self, rule: Rule) -> Indicator:
        """What a rule looks at."""
        return self.assessment.figures.registry.indicators[rule.indicator]

    def status(self, position: int) -> str:
        """The status of an area by its position."""
        return Status(int(self.verdicts.status[self.table.row_of(position)])).word

    def results(self, position: int) -> list[RuleResult]:
        """What each rule says of an area, the worst first."""
        return self.verdicts.results(self.table.row_of(position))

    def rates(self, position: int) -> tuple[Rate | None, ...]:
        """The rates of an area, one a share rule; those for which there is no rule at its level have no status."""
        row = self.table.row_of(position)
        return tuple(_rate(judgement, row) for judgement in self.shares)

    def rates_of(self, own: AreaTable) -> list[tuple[Rate | None, ...]]:
        """The rates of lines that no rule judges."""
        registry = self.assessment.figures.registry
        columns = [registry.values(own, judgement.rule.indicator, judgement.rule.days) for judgement in self.shares]
        rows = []
        for row in range(len(own)):
            found = [column.row(row) for column in columns]
            rows.append(
                tuple(
                    None if value.denominator is None else Rate(int(value.numerator), int(value.denominator))
                    for value in found
                )
            )
        return rows

    def columns(self) -> tuple[Column, ...]:
        """The columns of the share rules."""
        return tuple(self._column(judgement.rule) for judgement in self.shares)

    def _column(self, rule: Rule) -> Column:
        _ = self.words.gettext
        return Column(
            _(rule.name),
            Kind.RATE,
            numerator=_("found"),
            denominator=_("of"),
            threshold=self.limit(rule),
            limits=self.limits(rule),
        )

    def limits(self, rule: Rule) -> Limits | None:
        """The limits of a rule as shares of 1."""
        if rule.meets is None or rule.at_risk is None:
            return None
        factor = self.indicator(rule).factor
        meets, at_risk = (float(rule.limit(limit, factor)) for limit in (rule.meets, rule.at_risk))
        return Limits(meets, at_risk, rule.direction, max(rule.minimum, 1))

    def limit(self, rule: Rule) -> str:
        """Where a rule is met, in short: ``≥ 95 %``."""
        if rule.range is not None:
            return f"{rule.range[0]:,}–{rule.range[1]:,}"
        return f"{'≥' if rule.direction == 'up' else '≤'} {self._share(rule.meets, rule)}"

    def _share(self, limit: float | None, rule: Rule) -> str:
        text = f"{limit or 0:g}"
        if self.indicator(rule).unit != PERCENT:
            return text
        return f"{text} %" if self.words.language.startswith("zh") else f"{text}%"

    def explained(self, rule: Rule) -> str:
        """What a rule looks at and where its limits lie, in a sentence each."""
        days = rule.days if rule.days is not None else self.indicator(rule).days
        source = self.words.gettext(self.indicator(rule).source).replace("{days}", str(days))
        if rule.range is not None:
            how = self.words.text(
                "Meets from {low} to {high}; outside it is at risk, never failed.",
                low=f"{rule.range[0]:,}",
                high=f"{rule.range[1]:,}",
            )
        else:
            message = (
                "Meets from {meets} upwards, at risk from {risk} upwards, fails below."
                if rule.direction == "up"
                else "Meets up to {meets}, at risk up to {risk}, fails above."
            )
            how = self.words.text(message, meets=self._share(rule.meets, rule), risk=self._share(rule.at_risk, rule))
        few = (
            "Fewer than {count} to judge by: not judged."
            if rule.few == SKIP
            else "Fewer than {count} to judge by: not enough data."
        )
        short = self.words.text(few, count=rule.minimum)
        join = "。" if self.words.language.startswith("zh") else ". "
        tail = "" if rule.minimum <= 1 or rule.range is not None else (short if join == "。" else f" {short}")
        return f"{source}{join}{how}{tail}"


def _rate(judgement: Judgement, row: int) -> Rate | None:
    found = judgement.values.row(row)
    if found.denominator is None or np.isnan(found.denominator):
        return None
    status = int(judgement.status[row])
    word = None if status == NOT_APPLIED else Status(status).word
    return Rate(int(found.numerator), int(found.denominator), word)
