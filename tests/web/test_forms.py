"""An office's own forms in the browser: handed in, understood, corrected, filled, filled again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from gridmap.audit import service as audit
from tests.gridmap.forms.books import cells, sheet_of
from tests.web.client import Visitor
from tests.web.sample import Sample

FIGURES = cells(
    A1="{{area}} {{date}}",
    A2="{{population}}",
    A3="{{常住人囗}}",
    B3="{{孕情}}",
    A5="{{row.name}}",
    B5="{{row.population}}",
)
ROSTER = cells(A1="姓名", B1="身份证号", C1="住处", D1="孕检日期")


def hand_in(someone: Visitor, sample: Sample, content: bytes, name: str = "月报.xlsx", area: str = "a") -> Any:
    """Upload a form; the answer."""
    return someone.client.post(
        "/forms", data={"csrf": someone.csrf, "area": str(sample.areas[area].id), "name": ""},
        files={"file": (name, content)}, headers={"accept": "text/html"}, follow_redirects=False,
    )  # fmt: skip


def kept(someone: Visitor, sample: Sample, content: bytes, name: str = "月报.xlsx", area: str = "a") -> str:
    """The page of a form that was handed in."""
    answer = hand_in(someone, sample, content, name, area)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture
def street(sign_in: Callable[[str], Visitor]) -> Visitor:
    """An officer of sub-district A."""
    return sign_in("street")


def test_a_form_is_understood_filled_and_filled_again(street: Visitor, sample: Sample) -> None:
    """Each placeholder with its cell and value, slips with what looks like them; then the file, for any area below."""
    path = kept(street, sample, FIGURES)
    page = street.get(path).text
    for shown in ("A2", "A3", "常住人口", "B3", "{{孕情}}", "{{row.name}}"):
        assert shown in page
    whole = street.post(f"{path}/fill", {"area": str(sample.areas["a"].id), "as_of": sample.today.isoformat()})
    assert whole.status_code == 200
    assert "attachment" in whole.headers["content-disposition"]
    sheet = sheet_of(whole.content)
    assert sheet["A3"].value is None
    assert sheet["B3"].value is None
    part = sheet_of(street.post(f"{path}/fill", {"area": str(sample.areas["k1"].id), "as_of": ""}).content)
    assert 0 < part["A2"].value < sheet["A2"].value
    rows = [sheet[f"B{row}"].value for row in range(5, sheet.max_row + 1)]
    assert sum(rows) == sheet["A2"].value
    assert "月报" in street.get("/forms").text
    assert street.get(f"{path}/file").content == FIGURES


def test_columns_are_corrected_and_stay_corrected(street: Visitor, sample: Sample) -> None:
    """What was decided holds for the next version; what is never stored cannot be chosen."""
    path = kept(street, sample, ROSTER, "名册.xlsx", "k1")
    page = street.get(path).text
    assert 'name="column-0-C"' in page
    assert 'name="column-0-D"' not in page
    chosen = {"rows-0": "residents", "column-0-A": "resident.name", "column-0-B": "", "column-0-C": "place.address",
              "column-0-D": "resident.phone"}  # fmt: skip
    assert street.post(f"{path}/columns", chosen).status_code == 303
    answer = street.post(f"{path}/fill", {"area": str(sample.areas["k1"].id)})
    sheet = sheet_of(answer.content)
    people = sample.of("c1")
    assert "*" in sheet["A2"].value
    assert (sheet["B2"].value, sheet["D2"].value) == (None, None)
    assert "花园" in sheet["C2"].value
    again = kept(street, sample, cells(A1="姓名", B1="身份证号", C1="住处", D1="孕检日期", A40="x"), "名册.xlsx", "k1")
    assert again != path
    assert 'value="place.address" selected' in street.get(again).text
    assert street.post(f"{path}/columns", {"rows-0": "weather"}).status_code == 422
    assert len(people) > 0


def test_persons_in_full_need_a_purpose_and_are_logged(street: Visitor, sample: Sample, app: FastAPI) -> None:
    """Without one nothing leaves; with one every person is in the log."""
    path = kept(street, sample, cells(A1="姓名", B1="身份证号"), "明细.xlsx", "c1")
    area = str(sample.areas["c1"].id)
    assert street.post(f"{path}/fill", {"area": area, "reveal": "1", "purpose": ""}).status_code == 422
    answer = street.post(f"{path}/fill", {"area": area, "reveal": "1", "purpose": "visit"})
    names = {someone.name for someone in sample.of("c1")}
    sheet = sheet_of(answer.content)
    assert {sheet[f"A{row}"].value for row in range(2, sheet.max_row + 1)} <= names
    with app.state.site.store.read() as unit:
        (entry,) = [entry for entry in audit.entries(unit) if entry.action == "person.reveal"][:1]
    assert entry.purpose == "visit"
    assert len(re.findall(r"[0-9a-f-]{36}", entry.subjects)) == sheet.max_row - 1


def test_files_that_are_no_forms_are_refused_with_words(street: Visitor, sample: Sample) -> None:
    """Another kind of file, one that asks nothing (kept, but not fillable), none at all."""
    assert hand_in(street, sample, b"name,age\n").status_code == 422
    assert hand_in(street, sample, b"").status_code == 422
    assert street.post("/forms", {"area": str(sample.areas["a"].id)}).status_code == 422
    path = kept(street, sample, cells(A1="会议通知"), "通知.xlsx")
    assert "disabled" in street.get(path).text
    assert street.post(f"{path}/fill", {"area": str(sample.areas["a"].id)}).status_code == 422


def test_others_forms_and_areas_are_as_if_they_were_not(
    street: Visitor, sign_in: Callable[[str], Visitor], sample: Sample
) -> None:
    """A worker fills the street's form for the own cell alone, and cannot delete it; an analyst gets no people."""
    figures, roster = kept(street, sample, FIGURES, "共用.xlsx"), kept(street, sample, ROSTER, "共用名册.xlsx")
    worker, analyst = sign_in("worker1"), sign_in("analyst")
    assert worker.get(figures).status_code == 200
    assert worker.post(f"{figures}/fill", {"area": str(sample.areas["c1"].id)}).status_code == 200
    assert worker.post(f"{figures}/fill", {"area": str(sample.areas["c3"].id)}).status_code == 404
    assert worker.post(f"{figures}/delete").status_code == 404
    assert analyst.post(f"{roster}/fill", {"area": str(sample.areas["a"].id)}).status_code == 403
    assert "disabled" in analyst.get(roster).text
    for path in (figures, roster):
        assert street.post(f"{path}/delete").status_code == 303
        assert street.get(path).status_code == 404


def test_examples_are_there_to_begin_with(street: Visitor) -> None:
    """Both kinds, and nothing else."""
    for kind in ("figures", "roster"):
        assert sheet_of(street.get(f"/forms/examples/{kind}").content)["A1"].value
    assert street.get("/forms/examples/passwd").status_code == 404
