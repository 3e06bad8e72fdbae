"""Read an uploaded file in a process of its own, with a limit of time and, where the system has one, of memory.

A file from elsewhere may be made to occupy the program that reads it. The process that reads holds no key and no
connection; when it takes too long or too much, it is ended and the server goes on.
"""

from __future__ import annotations

import importlib
import multiprocessing
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from geodata.errors import ExplainedError, Phrase
from gridmap.errors import GridmapError
from gridmap.importing.understand import Understood, understand

SECONDS: Final = 300.0
MEMORY_MB: Final = 4096
_POLL_S: Final = 0.2


class ReadingEndedError(GridmapError):
    """The process that read a file was ended, or ended itself."""

    code = "reading_ended"
    message = "{name} could not be read within {seconds} s and {memory_mb} MB."
    hint = "Divide the file into smaller ones, or save it anew with a spreadsheet program and hand it in again."


def understand_apart(
    path: Path,
    *,
    name: str,
    alive: Callable[[], None],
    seconds: float = SECONDS,
    memory_mb: int = MEMORY_MB,
    **options: Any,
) -> Understood:
    """Like `understand`, in a process of its own; ``options`` are passed on. ``alive`` is called several times a second
    and may raise to end the reading.

    Raises what `understand` raises, and `ReadingEndedError`.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(sender, path, {**options, "name": name}, memory_mb), daemon=True, name="gridmap-read"
    )
    process.start()
    sender.close()
    try:
        answer = _answer(receiver, alive, seconds)
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()
    if answer is None:
        raise ReadingEndedError(name=name, seconds=round(seconds), memory_mb=memory_mb)
    found, error = answer
    if not isinstance(found, Understood):
        raise _error(*error)
    return found


def _answer(receiver: Connection, alive: Callable[[], None], seconds: float) -> Any:
    """What the process sent; None where it ended without a word, or was too slow."""
    waited = 0.0
    while not receiver.poll(_POLL_S):
        alive()
        waited += _POLL_S
        if waited > seconds:
            return None
    try:
        return receiver.recv()
    except (EOFError, OSError):
        return None


def _work(sender: Connection, path: Path, options: dict[str, Any], memory_mb: int) -> None:
    _limit_memory(memory_mb)
    try:
        sender.send((understand(path, **options), None))
    except ExplainedError as error:
        kind = type(error)
        sender.send((None, (kind.__module__, kind.__qualname__, _plain(error.params))))
    except MemoryError:
        pass  # the silence is the answer: there may be no memory left to say more


def _limit_memory(memory_mb: int) -> None:
    """Where the system can, let the process have only so much memory. Windows has no such limit without a job object;
    there the limits of the readers (size, rows, what a ZIP may unfold to) hold alone."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on every system

    bytes_ = memory_mb * 1_048_576
    limit = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    resource.setrlimit(limit, (bytes_, bytes_))


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    return {
        name: Phrase(value.message, dict(value.params)) if isinstance(value, Phrase) else value
        for name, value in params.items()
    }


def _error(module: str, name: str, params: Mapping[str, object]) -> ExplainedError:
    kind = getattr(importlib.import_module(module), name)
    error = kind.__new__(kind)
    ExplainedError.__init__(error, **params)
    if not isinstance(error, ExplainedError):
        raise TypeError("only explained errors are passed on")
    return error
