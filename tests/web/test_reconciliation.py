"""The reconciliation in the browser: sums, the people behind every figure, files, and only one's own areas."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from gridmap.changes.journal import recording
from gridmap.residents.models import Residence
from gridmap.store.keys import MasterKey
from gridmap.store.store import Store, open_store
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample, make_sample
from web.app import create_app
from web.settings import Settings

SignIn = Callable[[str], Visitor]


@pytest.fixture(scope="module")
def moved(new_store_url: Callable[[str], str], store_key: MasterKey) -> Iterator[tuple[Store, Sample]]:
    """The sample, with a death, a move out and a move from cell 1 to cell 3 lately."""
    store = open_store(new_store_url("sqlite"), store_key)
    sample = make_sample(store)
    day = sample.today - timedelta(days=20)
    with store.write() as unit, recording(unit, None, "test.events", region=1):
        first, second, third = (
            unit.session.scalars(sa.select(Residence).where(Residence.person_id == person.id)).one()
            for person in sample.of("c1")[:3]
        )
        first.valid_to, first.cause_out = day, "death"
        second.valid_to, second.cause_out = day, "move_out"
        third.valid_to, third.cause_out = day, "move_within"
        target = sample.of("c3")[0]
        unit.session.add(
            Residence(region=1, person_id=third.person_id, dwelling_id=target.dwelling_id, valid_from=day,
                      building_id=target.building_id, cause_in="move_within", recorded_at=unit.now)
        )  # fmt: skip
        unit.changed("register")
    yield store, sample
    store.close()


@pytest.fixture(scope="module")
def moved_app(moved: tuple[Store, Sample]) -> FastAPI:
    """The application over it."""
    return create_app(moved[0], Settings(cheap_passwords=True))


@pytest.fixture
def street(moved_app: FastAPI) -> Visitor:
    """An officer of sub-district A."""
    return visitor(moved_app, "street")


def query(sample: Sample, area: str, **more: str) -> str:
    """The address of the last two months of an area."""
    start, end = sample.today - timedelta(days=60), sample.today
    found = {"area": str(sample.areas[area].id), "from": start.isoformat(), "to": end.isoformat(), **more}
    return "?" + "&".join(f"{name}={value}" for name, value in found.items())


def figures(text: str, table: str) -> list[list[int]]:
    """The numbers of a table of the page, row by row."""
    part = text[text.index(f'id="{table}"') :]
    part = part[part.index("<tbody>") : part.index("</tbody>")]
    rows = []
    for row in re.findall(r"<tr.*?</tr>", part, re.S):
        cells = [
            re.sub(r"<[^>]+>|\s|,", "", cell).replace("−", "-")
            for cell in re.findall(r'<td class="num.*?</td>', row, re.S)
        ]
        rows.append([int(cell) for cell in cells if re.fullmatch(r"[+-]?\d+", cell)])
    return rows


def test_the_lines_of_each_area(street: Visitor, moved: tuple[Store, Sample]) -> None:
    """Death and moves out of cell 1, a move into cell 3, and nothing of that move to the whole."""
    sample = moved[1]
    for area, expected in {
        "c1": [20, 0, 0, 1, 2, 0, 0, 17], "c3": [20, 0, 1, 0, 0, 0, 0, 21], "a": [60, 0, 0, 1, 1, 0, 0, 58],
    }.items():  # fmt: skip
        for cells in ("then", "now"):
            answer = street.get("/reconciliation" + query(sample, area, cells=cells))
            assert answer.status_code == 200
            assert [row[0] for row in figures(answer.text, "recon-lines")] == expected
            assert 'class="good"' in answer.text
    parts = figures(street.get("/reconciliation" + query(sample, "a")).text, "recon-parts")
    assert parts == [
        [40, 0, 0, 1, 2, 0, 0, 37], [20, 0, 1, 0, 0, 0, 0, 21], [0, 0, -1, 0, -1, 0, 0, 0], [60, 0, 0, 1, 1, 0, 0, 58],
    ]  # fmt: skip


def test_every_figure_leads_to_as_many_people(street: Visitor, moved: tuple[Store, Sample]) -> None:
    """Lines, parts and categories; on the page and in the list."""
    sample = moved[1]
    for area in ("a", "c1"):
        text = street.get("/reconciliation" + query(sample, area, known=sample.today.isoformat())).text
        links = set(re.findall(r'<a class="counted" href="([^"]+)">([\d,]+)</a>', text))
        assert len(links) > 6
        for href, count in links:
            answer = street.get(href.replace("&amp;", "&"))
            total = re.search(r"· ([\d,]+) (?:people|人)", answer.text)
            assert total is not None, href
            assert total.group(1) == count, href


def test_what_was_recorded_since_is_told(street: Visitor, moved: tuple[Store, Sample]) -> None:
    """Nothing of it was known before; the people are named."""
    sample = moved[1]
    before = (sample.today - timedelta(days=2)).isoformat()
    text = street.get("/reconciliation" + query(sample, "a", known=before)).text
    # The sample itself was recorded today, so that nobody was known the day before.
    assert [row[1] for row in figures(text, "recon-lines")] == [0] * 8
    late = re.search(r'href="([^"]*list=restated[^"]*)"', text)
    assert late is not None
    assert "list=restated" in late.group(1)
    listed = street.get(late.group(1).replace("&amp;", "&")).text
    assert "· 60 " in listed
    assert "recorded" in listed or "补录" in listed


def test_the_workbook_says_the_same(street: Visitor, moved: tuple[Store, Sample]) -> None:
    """Three sheets, one a table."""
    answer = street.get("/reconciliation.xlsx" + query(moved[1], "a", known=moved[1].today.isoformat()))
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheets = [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    assert len(sheets) == 3
    lines = [row[2] for row in sheets[0] if isinstance(row[2], int)]
    assert lines == [60, 0, 0, 1, 1, 0, 0, 58]
    assert sheets[1][-1][1:] == [60, 0, 0, 1, 1, 0, 0, 58]
    assert sum(row[-1] or 0 for row in sheets[2][6:] if isinstance(row[-1], int)) == 60
    assert "工号street" in str(sheets[0])


def test_only_ones_own_areas_and_no_names_without_the_right(moved_app: FastAPI, moved: tuple[Store, Sample]) -> None:
    """Outside is as nowhere; who may not list people sees figures without ways to them."""
    sample = moved[1]
    worker, analyst = visitor(moved_app, "worker1"), visitor(moved_app, "analyst")
    for path in ("/reconciliation", "/reconciliation.xlsx"):
        assert worker.get(path + query(sample, "c3")).status_code == 404
        assert worker.get(path + query(sample, "a")).status_code == 404
        assert worker.get(path + query(sample, "c1")).status_code == 200
        assert visitor(moved_app, "auditor").get(path + query(sample, "a")).status_code == 403
    text = analyst.get("/reconciliation" + query(sample, "a", known=sample.today.isoformat())).text
    assert "/residents" not in text
    assert "58" in text


@pytest.mark.parametrize("more", ["to=2999-01-01", "from=x", "cells=x", "known=2999-01-01"])
def test_what_cannot_be_reconciled_is_refused(street: Visitor, moved: tuple[Store, Sample], more: str) -> None:
    """Said field by field."""
    area = moved[1].areas["a"].id
    assert street.get(f"/reconciliation?area={area}&{more}").status_code == 422
    assert street.get(f"/reconciliation?area={area}&from=2026-05-02&to=2026-05-01").status_code == 422
