"""How wide texts are in a sheet: a Chinese sign takes two Latin ones."""

from __future__ import annotations

import math
import unicodedata

from xlsxwriter.worksheet import Worksheet

LEAST, MOST = 6.0, 46.0
_ROOM = 2.5


def display_width(text: str) -> int:
    """Width of a text in Latin signs."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def wrapped_lines(text: str, width: float = MOST) -> int:
    """How many lines a text takes in a column of a width."""
    return max(1, sum(math.ceil(max(display_width(line), 1) / (width - 1)) for line in text.split("\n")))


class Widths:
    """The widths of a sheet's columns, growing with what is put into them."""

    def __init__(self) -> None:
        self._known: dict[int, float] = {}

    def least(self, column: int, width: float) -> None:
        """Let a column be at least so wide."""
        self._known[column] = max(self._known.get(column, LEAST), width)

    def fit(self, column: int, text: str, *, most: float = MOST) -> None:
        """Let a column hold a text, up to a limit beyond which the text is wrapped."""
        self.least(column, min(display_width(text) + _ROOM, most))

    def apply(self, page: Worksheet) -> None:
        """Set the widths."""
        for column, width in self._known.items():
            page.set_column(column, column, width)
