"""Conditions of eligibility: what must be known of a resident, in words that are checked and never run as code.

``age >= 65 and presence in ("registered_present", "floating")`` – comparisons of what is known, joined by ``and``,
``or`` and ``not``. What is not known makes a comparison neither true nor false, so nobody is found eligible, or not,
for want of a birth date: such residents are counted as *unknown*.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]

MOST_CHARACTERS: Final = 500
AGE: Final = "age"
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("male", "female"),
    "presence": ("registered_present", "registered_away", "floating"),
    "marital": ("single", "married", "widowed", "divorced"),
    "tenure": ("owner", "let", "vacant"),
}
"""What can be asked besides the completed years of age, and the words for it; a column holds 0 for unknown, else the
position of the word, from 1."""

_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class ConditionError(ValueError):
    """What is wrong with a condition, in words for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """For every resident: surely so, surely not so; neither where it cannot be told."""

    yes: Flags
    no: Flags

    @property
    def unknown(self) -> Flags:
        """Who cannot be judged."""
        return ~(self.yes | self.no)


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition."""

    text: str
    _tree: ast.expr

    def __call__(self, columns: Columns) -> Answer:
        """Judge every resident. ``age``: completed years, NaN where unknown; other columns: see ``WORDS``."""
        return _judge(self._tree, columns)


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionError: it is not one, or asks what is not known of residents.
    """
    if len(text) > MOST_CHARACTERS:
        raise ConditionError(f"longer than {MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError(f"cannot be read at character {getattr(error, 'offset', None) or 1}") from None
    _check(tree, 0)
    return Condition(text.strip(), tree)


def _check(node: ast.expr, depth: int) -> None:
    if depth > 20:
        raise ConditionError("nested too deeply")
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check(part, depth + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand, depth + 1)
        case ast.Compare():
            _check_comparison(node)
        case _:
            raise ConditionError(f"not a comparison: {ast.unparse(node)}")


def _check_comparison(node: ast.Compare) -> None:
    terms = [node.left, *node.comparators]
    names = {term.id for term in terms if isinstance(term, ast.Name)}
    if len(names) != 1 or names - {AGE, *WORDS}:
        known = ", ".join((AGE, *WORDS))
        raise ConditionError(f"compare one of {known} with a value: {ast.unparse(node)}")
    (name,) = names
    for sign, left, right in zip(node.ops, terms, terms[1:], strict=False):
        if isinstance(left, ast.Name) is isinstance(right, ast.Name):
            raise ConditionError(f"compare {name} with a value: {ast.unparse(node)}")
        value = right if isinstance(left, ast.Name) else left
        if name == AGE:
            _check_number(sign, value, node)
        else:
            _check_words(name, sign, left, value, node)


def _check_number(sign: ast.cmpop, value: ast.expr, node: ast.Compare) -> None:
    number = isinstance(value, ast.Constant) and type(value.value) in {int, float}
    if type(sign) not in _COMPARISONS or not number:
        raise ConditionError(f"age is compared with a number: {ast.unparse(node)}")


def _check_words(name: str, sign: ast.cmpop, left: ast.expr, value: ast.expr, node: ast.Compare) -> None:
    within = isinstance(sign, ast.In | ast.NotIn)
    parts = value.elts if within and isinstance(value, ast.Tuple | ast.List | ast.Set) else [value]
    fits = isinstance(sign, ast.Eq | ast.NotEq) or (within and isinstance(left, ast.Name) and parts != [value])
    if not fits or not parts:
        raise ConditionError(f"{name} is compared by ==, != or in (…): {ast.unparse(node)}")
    for part in parts:
        if not isinstance(part, ast.Constant) or part.value not in WORDS[name]:
            raise ConditionError(f"{name} is one of {', '.join(WORDS[name])}: {ast.unparse(part)}")


def _judge(node: ast.expr, columns: Columns) -> Answer:
    match node:
        case ast.BoolOp(op=joined, values=parts):
            first, *others = (_judge(part, columns) for part in parts)
            for other in others:
                if isinstance(joined, ast.And):
                    first = Answer(first.yes & other.yes, first.no | other.no)
                else:
                    first = Answer(first.yes | other.yes, first.no & other.no)
            return first
        case ast.UnaryOp(operand=operand):
            found = _judge(operand, columns)
            return Answer(found.no, found.yes)
        case ast.Compare(left=left, ops=signs, comparators=rights):
            terms = [left, *rights]
            yes: Flags | None = None
            known: Flags | None = None
            for sign, one, two in zip(signs, terms, terms[1:], strict=False):
                told, sure = _compared(sign, one, two, columns)
                yes = told if yes is None else yes & told
                known = sure
            if yes is not None and known is not None:
                return Answer(yes & known, ~yes & known)
    raise ConditionError(f"not a comparison: {ast.unparse(node)}")


def _compared(sign: ast.cmpop, left: ast.expr, right: ast.expr, columns: Columns) -> tuple[Flags, Flags]:
    """Whether a comparison holds, and where it can be told."""
    name = next(term.id for term in (left, right) if isinstance(term, ast.Name))
    column = columns[name]
    value = right if isinstance(left, ast.Name) else left
    if name == AGE:
        number = ast.literal_eval(value)
        compare = _COMPARISONS[type(sign)]
        told = compare(column, number) if isinstance(left, ast.Name) else compare(number, column)
        return np.asarray(told, dtype=np.bool_), ~np.isnan(column)
    parts = value.elts if isinstance(value, ast.Tuple | ast.List | ast.Set) else [value]
    codes = [WORDS[name].index(ast.literal_eval(part)) + 1 for part in parts]
    inside: Flags = np.isin(column, codes)
    return (~inside if isinstance(sign, ast.NotEq | ast.NotIn) else inside), column != 0
