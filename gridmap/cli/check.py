"""``gridmap check``."""

from __future__ import annotations

import typer

from gridmap.cli.findings import issue_as_json, show_issues
from gridmap.cli.frame import FOUND_WRONG, As, Db, Json, _, emit, out, say, working
from gridmap.cli.words import COUNTS
from gridmap.importing.integrity import check_register


def check(db: Db, as_: As = None, json_: Json = False) -> None:
    """Check the register: cells as a coverage, buildings in cells, residences, the audit log; 1 means errors."""
    with working(db, as_) as work:
        report = check_register(work.store, work.actor)
    if json_:
        emit(
            {
                "ok": not report.errors,
                "figures": report.figures,
                "issues": [issue_as_json(issue) for issue in report.issues],
            }
        )
    else:
        for name, value in report.figures.items():
            out.print(f"  {_(COUNTS.get(name, name))}{_(': ')}{value:,}")
        show_issues(report.issues)
        say("No errors were found." if not report.errors else "Errors were found.")
    if report.errors:
        raise typer.Exit(FOUND_WRONG)
