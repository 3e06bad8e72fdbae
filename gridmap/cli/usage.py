"""Help and errors of usage in the reader's language.

Typer speaks English only. Its titles are settings; what it finds wrong with a command line is said here, in the form
of every other error: what is wrong, and what to do.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, Final

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from gridmap.cli.voice import _, err, escape, words

USED_WRONGLY: Final = 2

# The class is not exported by every version of Typer; its subclass is.
USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]

TITLES: Final = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[environment: {}]",
    "REQUIRED_LONG_STRING": "[required]",
}
"""Settings of Typer's help, and their message ids."""

_REASONS: Final = (
    (re.compile(r"valid (?:integer|int\b)"), "a whole number is needed"),
    (re.compile(r"valid (?:number|float)"), "a number is needed"),
    (re.compile(r"less than or equal to (?P<limit>\S+)"), "{limit} at most"),
    (re.compile(r"greater than or equal to (?P<limit>\S+)"), "{limit} at least"),
    (re.compile(r"not in the range (?P<limit>.+?)\.?$"), "must be within {limit}"),
    (re.compile(r"is not one of (?P<limit>.+?)\.?$"), "must be one of {limit}"),
)
"""What Typer finds wrong with a value, and how it is said here."""

_EXTRA: Final = re.compile(r"unexpected extra argument\S* \((?P<words>.*)\)")


def speak() -> None:
    """Set Typer's own titles in the reader's language."""
    for name, title in TITLES.items():
        if hasattr(rich_utils, name):
            setattr(rich_utils, name, _(title))


class _Speaking:
    """What commands and groups of them have in common."""

    def get_help_option(self, ctx: Any) -> Any:
        """The ``--help`` option, explained."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = _("Show this help.")
        return option

    def get_usage(self, ctx: Any) -> str:
        """The line that shows how a command is written."""
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        for theirs, ours in (
            ("Usage: ", _("Usage: ")),
            ("[OPTIONS]", _("[OPTIONS]")),
            ("COMMAND [ARGS]...", _("COMMAND …")),
        ):
            usage = usage.replace(theirs, ours)
        return usage


class Command(_Speaking, TyperCommand):
    """A command."""


class Group(_Speaking, TyperGroup):
    """A group of commands; the outermost one says what is wrong with a command line."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named first."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            alike = get_close_matches(name, self.list_commands(ctx))
            raise _NoCommandError(name, alike, ctx)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **others: Any) -> Any:  # type: ignore[override]
        """Run a command line and end the program with its exit code."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **others)
        try:
            result = super().main(args, standalone_mode=False, **others)
        except USAGE_ERROR as error:
            show_usage_error(error)
            sys.exit(USED_WRONGLY)
        except typer.Abort:
            err.print(escape(_("Stopped.")))
            sys.exit(1)
        sys.exit(result if isinstance(result, int) else 0)


class _NoCommandError(typer.BadParameter):
    """There is no such command."""

    def __init__(self, name: str, alike: list[str], ctx: Any) -> None:
        super().__init__(name, ctx)
        self.alike = alike


def show_usage_error(error: Exception) -> None:
    """Print what is wrong with a command line, and where the help is."""
    ctx = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # Typer has printed the help already
    err.print(f"[bold red]✗[/] {escape(usage_sentence(error))}")
    if ctx is not None:
        err.print(f"  → {escape(words().text('Help: {command} --help', command=ctx.command_path))}")


def usage_sentence(error: Exception) -> str:
    """What is wrong with a command line, in one sentence."""
    say: Callable[..., str] = words().text
    name, about, message = type(error).__name__, _about(error), str(getattr(error, "message", error))
    if isinstance(error, _NoCommandError):
        if error.alike:
            return say("There is no command {name}. Is {alike} meant?", name=message, alike=", ".join(error.alike))
        return say("There is no command {name}.", name=message)
    if name == "MissingParameter":
        return say("{name} is missing.", name=about)
    if name == "NoSuchOption":
        alike = ", ".join(getattr(error, "possibilities", None) or ())
        known = "There is no option {name}. Is {alike} meant?" if alike else "There is no option {name}."
        return say(known, name=about, alike=alike)
    if name == "BadOptionUsage":
        needs = "requires" in message
        return say("{name} needs a value." if needs else "{name} takes no value.", name=about)
    if (extra := _EXTRA.search(message)) is not None:
        return say("Too many words: {words}", words=extra["words"])
    if message.startswith("Missing command"):
        return say("A command is missing.")
    return f"{about}{_(': ')}{_reason(message)}" if about else message


def _about(error: Exception) -> str:
    """The option or argument that is wrong, as it is written."""
    param = getattr(error, "param", None)
    if param is None:
        return str(getattr(error, "option_name", None) or "")
    variable = getattr(param, "envvar", None)
    name = " / ".join(param.opts) if param.param_type_name == "option" else f"{{{param.name}}}"
    if not variable:
        return name
    return words().text("{name} (or the environment variable {variable})", name=name, variable=variable)


def _reason(message: str) -> str:
    for pattern, text in _REASONS:
        if (found := pattern.search(message.replace("'", ""))) is not None:
            return words().text(text, **found.groupdict())
    return message
