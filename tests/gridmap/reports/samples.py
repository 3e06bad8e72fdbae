"""A report written by hand, with names that would like to be more than text."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import shapely

from gridmap.reports.model import (
    CardLine,
    Column,
    Figure,
    Kind,
    LegendEntry,
    Limits,
    Note,
    Outline,
    Place,
    Plan,
    Rate,
    Report,
    RowStyle,
    Table,
    Theme,
)

HOSTILE = (
    '=HYPERLINK("http://example.invalid","a")',
    "+1+1",
    "-2+3|cmd",
    "@SUM(A1:A9)",
    "＝1+1",
    "\t=1+1",
    "http://example.invalid/a",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "000123",
    "&lt;b&gt; & \" '",
)


def hostile_report(language: str = "en") -> Report:
    """Every text of it is one of the hostile ones."""
    limits = Limits(0.95, 0.9, minimum=5)
    table = Table(
        name="a/b[c]:*?" + "x" * 40,
        title=HOSTILE[0],
        columns=(
            Column("Code", Kind.CODE),
            Column(HOSTILE[1], Kind.TEXT),
            Column("Status", Kind.STATUS),
            Column("Population"),
            Column(HOSTILE[3], Kind.RATE, numerator="n", denominator="N", threshold="≥ 95%", limits=limits),
        ),
        rows=(
            *((f"{number:06}", name, "fails", 10, Rate(1, 4)) for number, name in enumerate(HOSTILE)),
            ("9", "all", None, 10 * len(HOSTILE), Rate(len(HOSTILE), 4 * len(HOSTILE), "fails")),
        ),
        styles=(*[RowStyle.PLAIN] * len(HOSTILE), RowStyle.TOTAL),
    )
    places = tuple(
        Place(
            label=name[:8],
            title=name,
            shape=shapely.box(110.34 + 0.002 * number, 20.02, 110.342 + 0.002 * number, 20.022),
            classes={"compliance": "fails", "population": "p4"},
            card=(CardLine(name, name, "fails"),),
        )
        for number, name in enumerate(HOSTILE)
    )
    plan = Plan(
        title=HOSTILE[7],
        places=places,
        outlines=(Outline(HOSTILE[8], shapely.union_all([place.shape for place in places])),),
        themes=(
            Theme("compliance", HOSTILE[7], (LegendEntry("fails", HOSTILE[7], len(places)),)),
            Theme("population", "Population", (LegendEntry("p4", "1–9", len(places)),)),
        ),
    )
    return Report(
        code="hostile",
        language=language,
        title=HOSTILE[8],
        subtitle=HOSTILE[0],
        path=(HOSTILE[7], HOSTILE[8]),
        area_code="1",
        as_of=date(2026, 3, 31),
        made_at=datetime(2026, 4, 1, 8, tzinfo=timezone(timedelta(hours=8))),
        made_by=HOSTILE[2],
        internal=True,
        figures=(Figure(HOSTILE[0], Rate(1, 4), HOSTILE[7], "fails"), Figure("b", 3), Figure("c", None)),
        tables=(table,),
        notes=(Note(HOSTILE[0], HOSTILE[1]),),
        plan=plan,
    )
