"""The page of commands in Chinese; the English one is written by tools.cli_reference, whose parts this takes."""

from __future__ import annotations

import inspect

from typer.models import CommandInfo

from tools.cli_reference import Parameter, commands, parameters
from tools.doc_words import Words
from web.cli import application


def command_page(words: Words) -> dict[str, str]:
    """Every command: what it does, its arguments and options."""
    found = commands(application(), ("gridmap",))
    return {"commands": "\n\n".join(_one(path, info, words) for path, info in found)}


def _one(path: tuple[str, ...], info: CommandInfo, words: Words) -> str:
    function = info.callback
    given = [] if function is None else parameters(function)
    text = info.help or inspect.cleandoc(getattr(function, "__doc__", "") or "")
    rows = [f"| `{_cell(entry.shown)}`{_needed(entry)} | {words.say(entry.help)} | {_cell(_default(entry))} |"
            for entry in given]  # fmt: skip
    table = ["", "| 参数 | 含义 | 默认值 |", "| --- | --- | --- |", *rows] if rows else []
    return "\n".join([f"## {' '.join(path)}", "", " ".join(words.say(text).split()), *table])


def _needed(entry: Parameter) -> str:
    return " *" if entry.needed else ""


def _default(entry: Parameter) -> str:
    return "" if entry.needed else entry.default


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
