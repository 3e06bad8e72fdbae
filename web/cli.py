"""The ``gridmap`` command: all of the records' commands, and those that need a server."""

from __future__ import annotations

import sys

import typer

from gridmap.cli.app import COMMANDS, make_app

SERVING = {"serve": "web.commands:serve", "demo": "web.demo:demo", "certificate": "web.commands:certificate"}


def application(wanted: str | None = None) -> typer.Typer:
    """The whole command tree, or the one branch that is wanted."""
    return make_app({**COMMANDS, **SERVING}, wanted)


def main() -> None:
    """Entry point of the installed program."""
    application(next((word for word in sys.argv[1:] if not word.startswith("-")), None))()
