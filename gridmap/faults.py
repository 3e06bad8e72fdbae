"""What may be said of a fault of the program: kinds and lines of code, never a message, which may carry values of
records."""

from __future__ import annotations

import traceback


def trace(error: BaseException) -> str:
    """The kinds of error and the places in the code, without any message or value."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        places = " < ".join(f"{frame.name}:{frame.lineno} in {frame.filename}" for frame in reversed(frames[-12:]))
        parts.append(f"{type(cause).__qualname__} at {places}")
        cause = cause.__cause__ or cause.__context__
    return " | from ".join(parts)
