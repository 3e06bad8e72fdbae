"""All commands of the records: the web package adds those that serve."""

from __future__ import annotations

import typer

from gridmap.cli import figures, imports, store, users
from gridmap.cli.frame import _, command


def make_app() -> typer.Typer:
    """The command tree."""
    app = typer.Typer(
        name="gridmap",
        help=_("Grid management: cells, buildings, residents, and a map of them."),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    command(app, "init")(store.init)
    app.add_typer(imports.app, name="import")
    command(app, "check")(store.check)
    command(app, "stats")(figures.stats)
    command(app, "report")(figures.report)
    command(app, "map")(figures.map_)
    app.add_typer(users.app, name="user")
    app.add_typer(store.audit_app, name="audit")
    command(app, "backup")(store.backup)
    command(app, "restore")(store.restore)
    command(app, "upgrade")(store.upgrade)
    return app
