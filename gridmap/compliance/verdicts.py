"""The rules applied to a table of areas."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from gridmap.compliance.rules import SKIP, Rule, Status
from gridmap.indicators.cells import AreaTable
from gridmap.indicators.registry import Registry, Values

NOT_APPLIED = -1
_DEFAULT_KIND = "residential"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule for one area.

    ``numerator`` of ``denominator`` (``None`` for a plain count) make ``value``; ``threshold`` is where the rule is
    met, ``range`` for a range rule. ``missing`` is how many are short of it (0 when it is met or cannot be told),
    ``action`` the message id to say so with ``{count}``. ``change`` is the value less that of an earlier date.
    """

    rule: Rule
    status: Status
    numerator: int
    denominator: int | None
    value: float | None
    threshold: float | None
    missing: int
    action: str | None
    unknown: int
    change: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule for every row of a table. ``status`` is ``NOT_APPLIED`` where the rule is not for the area."""

    rule: Rule
    values: Values
    status: NDArray[np.int8]
    missing: NDArray[np.int64]

    def result(self, row: int, earlier: Judgement | None = None) -> RuleResult | None:
        """The result of one row, ``None`` where the rule is not for it; ``earlier`` is the same rule over the same
        rows at another date."""
        if self.status[row] == NOT_APPLIED:
            return None
        found, rule = self.values.row(row), self.rule
        before = None if earlier is None else earlier.values.row(row).value
        missing = int(self.missing[row])
        above = rule.range is not None and found.numerator > rule.range[1] and rule.action_above is not None
        return RuleResult(
            rule=rule,
            status=Status(int(self.status[row])),
            numerator=int(found.numerator),
            denominator=None if found.denominator is None else int(found.denominator),
            value=found.value,
            threshold=rule.meets,
            missing=missing,
            action=None if missing == 0 else rule.action_above if above else rule.action,
            unknown=found.unknown,
            change=None if before is None or found.value is None else found.value - before,
        )


@dataclass(frozen=True)
class Verdicts:
    """All rules that hold at a date for every row of a table, and the status of each row."""

    table: AreaTable
    judgements: tuple[Judgement, ...]
    status: NDArray[np.int8]
    failing: NDArray[np.int64]

    def results(self, row: int, earlier: Verdicts | None = None) -> list[RuleResult]:
        """The results of the rules that apply to a row, the worst first, else in the order of the rules."""
        before = {} if earlier is None else {judgement.rule.id: judgement for judgement in earlier.judgements}
        found = [judgement.result(row, before.get(judgement.rule.id)) for judgement in self.judgements]
        return sorted((result for result in found if result is not None), key=lambda result: -result.status)


def evaluate(table: AreaTable, rules: tuple[Rule, ...], registry: Registry) -> Verdicts:
    """Judge every row of a table by rules."""
    judgements = tuple(_judge(table, rule, registry) for rule in rules)
    status = np.full(len(table), NOT_APPLIED, dtype=np.int8)
    failing = np.zeros(len(table), dtype=np.int64)
    for judgement in judgements:
        status = np.maximum(status, judgement.status)
        failing += judgement.status == Status.FAILS
    status[status == NOT_APPLIED] = Status.NO_DATA
    return Verdicts(table, judgements, status, failing)


def _judge(table: AreaTable, rule: Rule, registry: Registry) -> Judgement:
    values = registry.values(table, rule.indicator, rule.days)
    if rule.range is not None:
        status, missing = _by_range(values, rule.range)
    else:
        status, missing = _by_share(values, rule)
        if rule.few == SKIP:
            status[status == Status.NO_DATA] = NOT_APPLIED
    status[~_applies(table, rule)] = NOT_APPLIED
    missing[status < Status.AT_RISK] = 0
    return Judgement(rule, values, status, missing)


def _by_range(values: Values, limits: tuple[int, int]) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    number = values.numerator.astype(np.int64)
    missing = np.maximum(limits[0] - number, 0) + np.maximum(number - limits[1], 0)
    return np.where(missing > 0, Status.AT_RISK, Status.MEETS).astype(np.int8), missing


def _by_share(values: Values, rule: Rule) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    if values.denominator is None or rule.meets is None or rule.at_risk is None:
        raise ValueError(f"rule {rule.id} has no shares to compare")
    part = values.numerator.astype(np.int64)
    told = np.nan_to_num(values.denominator) >= max(rule.minimum, 1)
    whole = np.where(told, np.nan_to_num(values.denominator), 0).astype(np.int64)
    meets, at_risk = (rule.limit(limit, values.indicator.factor) for limit in (rule.meets, rule.at_risk))
    sign = 1 if rule.direction == "up" else -1
    status = np.full(len(part), Status.FAILS, dtype=np.int8)
    status[_reaches(part, whole, at_risk, sign)] = Status.AT_RISK
    status[_reaches(part, whole, meets, sign)] = Status.MEETS
    status[~told] = Status.NO_DATA
    wanted = whole * meets.numerator
    short = -(-wanted // meets.denominator) - part if sign > 0 else part - wanted // meets.denominator
    return status, np.maximum(short, 0)


def _reaches(part: NDArray[np.int64], whole: NDArray[np.int64], limit: Fraction, sign: int) -> NDArray[np.bool_]:
    """Whether part ÷ whole is at least (sign 1) or at most (sign -1) the limit, in whole numbers."""
    reaches: NDArray[np.bool_] = sign * (part * limit.denominator - whole * limit.numerator) >= 0
    return reaches


def _applies(table: AreaTable, rule: Rule) -> NDArray[np.bool_]:
    tree = table.occupancy.snapshot.areas
    wanted = [
        tree.levels[row] in rule.levels
        and (tree.levels[row] != "cell" or (tree.kinds[row] or _DEFAULT_KIND) in rule.kinds)
        for row in table.rows.tolist()
    ]
    return np.array(wanted, dtype=np.bool_)
