"""What every command shares: where the register is, who acts, how answers and errors are shown.

Exit codes: 0 done · 1 a check found something wrong, or no row of a file could be used · 2 the command was used
wrongly · 3 the input cannot be used · 4 not allowed · 5 the register cannot be used · 70 a fault of the program.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from geodata.errors import ExplainedError, Phrase
from gridmap.access.service import command_line_actor
from gridmap.accounts.actor import Actor
from gridmap.bootstrap import open_register
from gridmap.cli.usage import Command
from gridmap.cli.voice import _, err, escape, language, out, say, words
from gridmap.errors import InvalidInputError, NotFoundError, PermissionDeniedError, StoreError
from gridmap.faults import trace
from gridmap.store.store import Store

__all__ = [
    "BAD_INPUT",
    "FOUND_WRONG",
    "NOT_ALLOWED",
    "NO_REGISTER",
    "OWN_FAULT",
    "STEPS",
    "As",
    "AsOf",
    "Db",
    "Json",
    "Work",
    "_",
    "command",
    "emit",
    "err",
    "handled",
    "language",
    "out",
    "parse_day",
    "progress_bar",
    "say",
    "words",
    "working",
]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

FOUND_WRONG, BAD_INPUT, NOT_ALLOWED, NO_REGISTER, OWN_FAULT = 1, 3, 4, 5, 70


Db = Annotated[
    str,
    typer.Option(
        "--db",
        envvar="GRIDMAP_DB",
        help=_("The register: a file such as pilot.gridmap, or a postgresql:// address."),
        show_default=False,
    ),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        help=_("Act as this user; by default the one mapped to your system account. Everything is logged."),
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help=_("Print one JSON object for machines instead of text."))]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help=_("The date the figures speak of, as 2026-03-31; today by default."), show_default=False
    ),
]


@dataclass(frozen=True, slots=True)
class Work:
    """An open register and the actor at work on it."""

    store: Store
    actor: Actor


@contextmanager
def working(db: str, as_: str | None) -> Iterator[Work]:
    """Open the register for a command and close it afterwards."""
    store = open_register(db)
    try:
        with store.read() as unit:
            actor = command_line_actor(unit, as_)
        yield Work(store, actor)
    finally:
        store.close()


def parse_day(text: str | None, option: str = "--as-of") -> date | None:
    """A date option.

    Raises:
        InvalidInputError: it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(
            field=option, reason=Phrase("“{text}” is not a date; write it as 2026-03-31", {"text": text})
        ) from None


def handled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Show every error as one sentence and what to do, never as a traceback, and end with a code that says why."""

    @functools.wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except ExplainedError as error:
            _fail(error, as_json=bool(kwargs.get("json_")))
        except (typer.Exit, typer.Abort, KeyboardInterrupt, BrokenPipeError):
            raise
        except OSError as error:
            _fail(_explained(error), as_json=bool(kwargs.get("json_")))
        except Exception as error:  # noqa: BLE001 - the last line of defence before a user
            _own_fault(error)

    return run


def command(app: typer.Typer, name: str) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Register a command whose help is its docstring in the reader's language."""

    def register(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        return app.command(name, cls=Command, help=_(inspect.cleandoc(function.__doc__ or "")))(handled(function))

    return register


def _fail(error: ExplainedError, *, as_json: bool) -> NoReturn:
    said = words().error(error)
    if as_json:
        sys.stderr.write(
            json.dumps({"error": {"code": said.code, "message": said.message, "hint": said.hint}}, ensure_ascii=False)
            + "\n"
        )
    else:
        err.print(f"[bold red]✗[/] {escape(said.message)}")
        err.print(f"  → {escape(said.hint)}")
    raise typer.Exit(_exit_code(error))


def _exit_code(error: ExplainedError) -> int:
    if isinstance(error, StoreError):
        return NO_REGISTER
    if isinstance(error, PermissionDeniedError | NotFoundError):
        return NOT_ALLOWED
    return BAD_INPUT


def _explained(error: OSError) -> InvalidInputError:
    """A file or folder that cannot be used: what the system says of it."""
    said = {"file": str(error.filename or ""), "said": error.strerror or str(error)}
    return InvalidInputError(field="File", reason=Phrase("{file} cannot be used: {said}", said))


def _own_fault(error: Exception) -> NoReturn:
    if os.environ.get("GRIDMAP_DEBUG"):
        err.print(trace(error), markup=False)
    err.print(
        "[bold red]✗[/] " + escape(_("The program met a fault of its own ({kind}).").format(kind=type(error).__name__))
    )
    err.print(
        "  → "
        + escape(_("Nothing was changed. Run it again with GRIDMAP_DEBUG=1 and send the output to the developers."))
    )
    raise typer.Exit(OWN_FAULT)


def emit(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


STEPS = {
    "read": "Reading",
    "check": "Checking",
    "link": "Linking addresses",
    "match": "Matching persons",
    "place": "Placing in cells",
    "dwellings": "Making dwellings",
    "write": "Writing",
    "build": "Building",
}


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error for long work; silent for machines and pipes."""
    if quiet or not err.is_terminal:
        yield lambda _step, _done, _total: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def step(name: str, done: int, total: int) -> None:
            bar.update(task, description=_(STEPS.get(name, name)), completed=done, total=total or None)

        yield step
