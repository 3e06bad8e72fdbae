"""How commands show what is wrong with an input."""

from __future__ import annotations

from rich.table import Table

from geodata.issues import Issue, Severity
from gridmap.cli.frame import _, out, say, words

SHOWN_ISSUES = 20


def issue_as_json(issue: Issue) -> dict[str, object]:
    """A finding for machines."""
    return {
        "code": issue.code,
        "severity": issue.severity.value,
        "row": issue.row,
        "column": issue.column,
        "message": words().text(issue.message, **issue.params),
        "hint": words().text(issue.hint, **issue.params),
        "x": issue.x,
        "y": issue.y,
    }


def show_issues(issues: list[Issue]) -> None:
    """Print the first findings, errors before warnings."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    wanted = sorted(
        (issue for issue in issues if issue.severity is not Severity.INFO), key=lambda issue: order[issue.severity]
    )
    if not wanted:
        return
    table = Table(show_edge=False, pad_edge=False, box=None)
    for heading in ("Row", "Column", "Problem", "What to do"):
        table.add_column(_(heading), overflow="fold")
    for issue in wanted[:SHOWN_ISSUES]:
        said = issue_as_json(issue)
        colour = "red" if issue.severity is Severity.ERROR else "yellow"
        table.add_row(f"[{colour}]{issue.row or '–'}[/]", issue.column or "", str(said["message"]), str(said["hint"]))
    out.print(table)
    if len(wanted) > SHOWN_ISSUES:
        say("… and {count} more; --json prints all of them.", count=len(wanted) - SHOWN_ISSUES)
