"""Write docs/en/reference/cli.md from the commands' own help.

``python -m tools.cli_reference`` rewrites it; with ``--check`` it only says, by exit code 1, that it is out of step.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

os.environ["GRIDMAP_LANG"] = "en"  # before the commands are loaded: their help is translated then

import typer
from typer.models import CommandInfo, OptionInfo, ParameterInfo

from web.cli import application

FILE: Final = Path(__file__).parent.parent / "docs" / "en" / "reference" / "cli.md"
HEAD: Final = """\
# Commands

<!-- Written by `python -m tools.cli_reference` from the commands' help; do not edit. -->

`GRIDMAP_LANG=en` or `zh-CN` sets the language (Chinese by default), `GRIDMAP_DB` stands for `--db`, `GRIDMAP_KEY_FILE`
says where the key of the register is. Answers go to standard output, progress and errors to standard error.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | a check found something wrong |
| 2 | the command was used wrongly |
| 3 | the input cannot be used |
| 4 | not allowed, or nothing there in your areas |
| 5 | the register cannot be opened |
| 70 | a fault of the program |
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument (without a dash) or an option of a command."""

    names: str
    kind: str
    help: str
    default: str
    needed: bool

    @property
    def is_option(self) -> bool:
        """Whether it is named where it is given."""
        return self.names.startswith("-")

    @property
    def shown(self) -> str:
        """Names and what follows them."""
        return f"{self.names} {self.kind}".strip()


def commands(app: typer.Typer, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], CommandInfo]]:
    """Every command that does something, with the words that call it, in the order of the help."""
    for info in app.registered_commands:
        yield (*path, info.name or ""), info
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, (*path, group.name or ""))


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """The arguments and options of a command, as its signature says."""
    hints = get_type_hints(function, include_extras=True)
    found = []
    for name, entry in inspect.signature(function).parameters.items():
        bare, *extras = get_args(hints[name]) if get_origin(hints[name]) is Annotated else (hints[name],)
        info = next((extra for extra in extras if isinstance(extra, ParameterInfo)), None)
        if info is None or info.hidden:
            continue
        required = entry.default is inspect.Parameter.empty
        found.append(
            Parameter(
                names=_names(name, info, required=required),
                kind=_kind(bare, info) if isinstance(info, OptionInfo) else "",
                help=" ".join((info.help or "").split()),
                default=_default(entry.default, info, required=required),
                needed=required and not info.envvar,
            )
        )
    return found


def _names(name: str, info: ParameterInfo, *, required: bool) -> str:
    if isinstance(info, OptionInfo):
        # Typer keeps the first name where a default would stand, as a default cannot in an annotation.
        named = (info.default, *(info.param_decls or ()))
        given = [text for text in named if isinstance(text, str) and text.startswith("-")]
        return ", ".join(given or [f"--{name.rstrip('_').replace('_', '-')}"])
    place = info.metavar or name.rstrip("_").upper()
    return place if required else f"[{place}]"


def _kind(bare: Any, info: ParameterInfo) -> str:
    """What follows an option; nothing after a flag."""
    inner = [part for part in get_args(bare) or (bare,) if part is not type(None)]
    kind = inner[0] if inner else str
    if info.metavar:
        return info.metavar
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(choice.value) for choice in kind)
    return {Path: "FILE", int: "NUMBER", float: "NUMBER"}.get(kind, "TEXT")


def _default(value: object, info: ParameterInfo, *, required: bool) -> str:
    if required:
        return f"`{info.envvar}`" if info.envvar else "required"
    value = getattr(value, "value", value)
    return "" if value is None or value is False or not info.show_default else f"`{value}`"


def described(path: tuple[str, ...], info: CommandInfo) -> str:
    """One command: what it does, how it is called, its options."""
    if info.callback is None:
        return ""
    found = parameters(info.callback)
    needed = [entry.shown for entry in found if entry.needed or not entry.is_option]
    text = " ".join((info.help or "").split())
    lines = [f"## {' '.join(path)}", "", text, "", "```sh", " ".join([*path, *needed]), "```"]
    if found:
        lines += ["", "| parameter | meaning | default |", "| --- | --- | --- |"]
    lines += [f"| `{_cell(entry.shown)}` | {_cell(entry.help)} | {_cell(entry.default)} |" for entry in found]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def reference() -> str:
    """The whole page."""
    parts = [described(path, info) for path, info in commands(application(), ("gridmap",))]
    return "\n".join([HEAD, *parts])


def main() -> int:
    """Write the page, or compare it."""
    text = reference()
    if "--check" in sys.argv[1:]:
        return 0 if FILE.is_file() and FILE.read_text("utf-8") == text else 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
