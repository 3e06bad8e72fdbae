"""The expressions that indicators are written in: names, numbers, ``+ - * /``, parentheses and a few functions.

An expression is read by Python's own parser and then walked against a list of what is allowed, so it is never code:
nothing can be called, looked up or assigned. It works on whole columns, one value an area.

Functions: ``age(from, to)`` and ``age(from)`` (persons of these completed years of age; both bounds belong to it, and
must fall on the five-year bands that are counted), ``min`` and ``max`` of two or more.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.indicators.dates import BAND_YEARS, BANDS

Column = NDArray[np.float64]
Lookup = Callable[[str], Column]

MOST_CHARACTERS: Final = 500
_OLDEST: Final = BAND_YEARS * (len(BANDS) - 1)
_OPERATORS: Final[Mapping[type[ast.operator], Callable[[Column, Column], Column]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_FUNCTIONS: Final[Mapping[str, Callable[[Column, Column], Column]]] = {"min": np.minimum, "max": np.maximum}


class ExpressionError(ValueError):
    """What is wrong with an expression, in words for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. ``names`` are the counts it reads."""

    text: str
    names: frozenset[str]
    _tree: ast.expr

    def __call__(self, lookup: Lookup) -> Column:
        """Evaluate on columns; a division by nothing is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = _value(self._tree, lookup)
        return np.asarray(found, dtype=np.float64)


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: it is not one, or says something that is not allowed; the fault says what and where.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"longer than {MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None) or 1
        raise ExpressionError(f"cannot be read at character {at}: {text.strip()!r}") from None
    names: set[str] = set()
    _check(tree, names, depth=0)
    return Expression(text.strip(), frozenset(names), tree)


def age_names(first: int, last: int | None) -> list[str]:
    """The counts that make up an age range.

    Raises:
        ExpressionError: the range cuts through a band of five years, or is empty.
    """
    if first % BAND_YEARS or first > _OLDEST or first < 0:
        raise ExpressionError(f"age({first}, …) must begin at a multiple of {BAND_YEARS}, at most {_OLDEST}")
    if last is None:
        return [f"age_{band}" for band in BANDS[first // BAND_YEARS :]]
    if last <= first or (last + 1) % BAND_YEARS or last >= _OLDEST:
        limit = f"one year before a multiple of {BAND_YEARS}, below {_OLDEST}"
        raise ExpressionError(f"age({first}, {last}) must end {limit}")
    return [f"age_{band}" for band in BANDS[first // BAND_YEARS : (last + 1) // BAND_YEARS]]


def _check(node: ast.expr, names: set[str], depth: int) -> None:
    if depth > 40:
        raise ExpressionError("nested too deeply")
    match node:
        case ast.Constant(value=bool()):
            raise _not_allowed(node)
        case ast.Constant(value=int() | float()):
            return
        case ast.Name() | ast.Attribute():
            names.add(_name(node))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, names, depth + 1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
            _check(left, names, depth + 1)
            _check(right, names, depth + 1)
        case ast.Call(func=ast.Name(id="age"), args=bounds, keywords=[]):
            names.update(age_names(*_bounds(node, bounds)))
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _FUNCTIONS and len(parts) > 1:
            for part in parts:
                _check(part, names, depth + 1)
        case _:
            raise _not_allowed(node)


def _bounds(node: ast.expr, bounds: list[ast.expr]) -> tuple[int, int | None]:
    found = [bound.value for bound in bounds if isinstance(bound, ast.Constant) and type(bound.value) is int]
    if not bounds or len(found) != len(bounds) or len(found) > 2:
        raise ExpressionError(f"age takes one or two whole numbers: {ast.unparse(node)}")
    return found[0], found[1] if len(found) == 2 else None


def _name(node: ast.expr) -> str:
    """``births`` or ``reported.births``; anything deeper is no name of a count."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=kind), attr=name):
            return f"{kind}.{name}"
    raise _not_allowed(node)


def _not_allowed(node: ast.expr) -> ExpressionError:
    return ExpressionError(f"not allowed at character {node.col_offset + 1}: {ast.unparse(node)}")


def _value(node: ast.expr, lookup: Lookup) -> Column:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.float64(number)  # type: ignore[return-value]  # broadcasts like a column
        case ast.UnaryOp(op=sign, operand=operand):
            value = _value(operand, lookup)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _divided(_value(left, lookup), _value(right, lookup))
        case ast.BinOp(left=left, op=sign_of, right=right):
            return _OPERATORS[type(sign_of)](_value(left, lookup), _value(right, lookup))
        case ast.Call(func=ast.Name(id="age"), args=bounds):
            first, *others = (lookup(name) for name in age_names(*_bounds(node, bounds)))
            return sum(others, first)
        case ast.Call(func=ast.Name(id=name), args=parts):
            first, *others = (_value(part, lookup) for part in parts)
            for other in others:
                first = _FUNCTIONS[name](first, other)
            return first
    return lookup(_name(node))


def _divided(left: Column, right: Column) -> Column:
    return np.where(right == 0, np.nan, np.divide(left, np.where(right == 0, 1.0, right)))
