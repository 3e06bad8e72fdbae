"""The command tree. A command's module is loaded only when that command, or the list of all, is asked for."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import typer

from gridmap.cli.frame import _, command, out
from gridmap.cli.usage import Group, speak

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "gridmap.cli.store:init",
        "import": "gridmap.cli.imports:app",
        "batch": "gridmap.cli.batches:app",
        "check": "gridmap.cli.check:check",
        "stats": "gridmap.cli.figures:stats",
        "period": "gridmap.cli.periods:period",
        "reconcile": "gridmap.cli.reconcile:reconcile",
        "ranking": "gridmap.cli.ranking:app",
        "programme": "gridmap.cli.programmes:app",
        "report": "gridmap.cli.figures:report",
        "map": "gridmap.cli.figures:map_",
        "record": "gridmap.cli.records:app",
        "review": "gridmap.cli.review:app",
        "duplicates": "gridmap.cli.duplicates:app",
        "form": "gridmap.cli.forms:app",
        "user": "gridmap.cli.users:app",
        "audit": "gridmap.cli.store:audit_app",
        "backup": "gridmap.cli.store:backup",
        "restore": "gridmap.cli.store:restore",
        "upgrade": "gridmap.cli.store:upgrade",
    }
)
"""Commands and where they are: ``module:name`` of a function, or of a tree of commands below."""


def make_app(commands: Mapping[str, str] = COMMANDS, wanted: str | None = None) -> typer.Typer:
    """The command tree of ``commands``; with ``wanted`` one of them, the others are not loaded."""
    speak()
    app = typer.Typer(
        name="gridmap",
        cls=Group,
        help=_("Grid management: cells, buildings, residents, and a map of them."),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback(invoke_without_command=True)(_before)  # without it a tree of one command would lose the command's name
    for name, place in commands.items():
        if wanted not in commands or name == wanted:
            _mount(app, name, place)
    return app


def _before(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help=_("Print the version and end."))] = False,
) -> None:
    """Answer what needs no command."""
    if version:
        out.print(importlib.metadata.version("gridmap"))
        raise typer.Exit


def _mount(app: typer.Typer, name: str, place: str) -> None:
    module, attribute = place.split(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        command(app, name)(found)
