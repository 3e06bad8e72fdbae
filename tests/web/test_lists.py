"""Lists in the browser: narrowed, sorted, searched, paged, kept, taken along."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import openpyxl
import pytest

from gridmap.audit import service as audit
from gridmap.store.store import Store
from tests.web.client import Visitor
from tests.web.sample import Sample

SignIn = Callable[[str], Visitor]


@pytest.fixture
def street(sign_in: SignIn) -> Visitor:
    """An officer of sub-district A."""
    return sign_in("street")


def rows(text: str) -> int:
    """How many people or dwellings a page shows."""
    return text.count('class="person-cell"') + text.count('<tr><th scope="row"><a')


def total(text: str) -> int:
    """How many the list has."""
    found = re.search(r"· ([\d,]+) (?:people|人|dwellings?|套住房)", text)
    assert found is not None
    return int(found.group(1).replace(",", ""))


def test_residents_are_narrowed(street: Visitor, sample: Sample) -> None:
    """By each kind of field; what cannot be understood is refused with the field's name."""
    area = sample.areas["c1"].id
    everybody = len(sample.of("c1"))
    path = f"/residents?area={area}"
    for query, expected in {
        "": everybody, "&presence=floating": everybody // 2, "&sex=2": everybody // 2, "&age_from=60": everybody // 2,
        "&age_to=59": everybody // 2, "&marital=married": everybody, "&marital=single": 0, "&room=unknown": 0,
        "&id=missing": 0, "&tenure=let&presence=floating": everybody * 2 // 10, "&use=residential": everybody,
        "&verified=never": everybody * 2 // 10, "&state=unverified": everybody * 2 // 10,
    }.items():  # fmt: skip
        text = street.get(path + query).text
        assert (total(text), rows(text)) == (expected, expected), query
    for query in (
        "presence=x",
        "state=x",
        "list=x",
        "as_of=2999-01-01",
        "as_of=x",
        "age_from=x",
        "sort=id",
        "verified_before=1",
    ):
        assert street.get(f"{path}&{query}").status_code == 422, query
    assert street.get(f"/residents?area={sample.areas['c4'].id}").status_code == 404


def test_dwellings_are_narrowed(street: Visitor, sample: Sample) -> None:
    """Rooms of the cell with their state; vacant ones, never visited ones."""
    path = f"/dwellings?area={sample.areas['c1'].id}"
    for query, expected in {
        "": 12, "&tenure=vacant": 2, "&people=none": 2, "&verified=never": 4, "&state=let": 4, "&use=office": 0,
    }.items():  # fmt: skip
        text = street.get(path + query).text
        assert (total(text), rows(text)) == (expected, expected), query
    assert "云湾花园1号楼 1-101" in street.get(path).text
    assert street.get(f"/dwellings?area={sample.areas['c4'].id}").status_code == 404
    assert street.get(f"{path}&people=3").status_code == 422


def test_words_are_sent_in_a_form_and_found(street: Visitor, sample: Sample) -> None:
    """Name, part, initials, number, room; without words the form leads to the address of the list."""
    area = sample.areas["c1"].id
    person = sample.of("c1")[0]
    for words in (person.name, person.name[1:3], person.id_number, person.phone):
        found = street.post("/residents", {"area": str(area), "q": words})
        assert found.status_code == 200
        assert f'data-person="{person.id}"' in found.text
        assert rows(found.text) < len(sample.of("c1"))
    refused = street.post("/residents", {"area": str(area), "q": person.id_number[-6:]})
    assert refused.status_code == 422
    tail = street.post("/residents", {"area": str(area), "q": person.id_number[-6:], "purpose": "visit"})
    assert f'data-person="{person.id}"' in tail.text
    away = street.post("/residents", {"area": str(area), "presence": "floating", "q": " "})
    assert away.headers["location"] == f"/residents?area={area}&presence=floating"


def test_pages_of_words_are_turned_by_the_form(street: Visitor, sample: Sample) -> None:
    """The words stay out of every address, also that of the next page and of the sorting."""
    area = str(sample.areas["a"].id)
    first = street.post("/residents", {"area": area, "q": "滨海路"})
    assert (total(first.text), rows(first.text)) == (60, 50)
    assert 'name="page" value="2" rel="next">' in first.text
    second = street.post("/residents", {"area": area, "q": "滨海路", "page": "2"})
    assert rows(second.text) == 10
    turned = street.post("/residents", {"area": area, "q": "滨海路", "resort": "age.down"})
    assert 'aria-sort="descending"' in turned.text
    for answer in (first, second, turned):
        assert not re.findall(r'(?:href|action)="[^"]*(?:滨海路|%E6%BB%A8)', answer.text)


def test_old_addresses_still_lead_to_the_list(street: Visitor, sample: Sample) -> None:
    """Links that people kept, with what they chose."""
    area = sample.areas["c1"].id
    assert street.get(f"/register?area={area}&category=floating&state=unlocated&sort=x").headers["location"] == (
        f"/residents?area={area}&room=unknown&presence=floating"
    )
    assert street.get("/register").headers["location"] == "/residents"
    assert street.get("/register?state=several").headers["location"] == "/residents?state=several"


def test_filters_are_kept_for_oneself(sign_in: SignIn, sample: Sample) -> None:
    """Named, replaced, opened by address, deleted; nobody else sees or deletes them."""
    one, other = sign_in("community"), sign_in("worker1")
    area = str(sample.areas["c1"].id)
    for path, field in (("/residents", {"presence": "floating"}), ("/dwellings", {"state": "let"})):
        kept = one.post(f"{path}/filters", {"area": area, "name": " 待  走访 ", **field})
        query = "&".join(f"{name}={text}" for name, text in {"area": area, **field}.items())
        assert kept.headers["location"] == f"{path}?{query}"
        text = one.get(path).text
        assert ">待 走访</a>" in text
        assert f'href="{path}?{query.replace("&", "&amp;")}"' in text
        one.post(f"{path}/filters", {"area": area, "name": "待 走访"})
        assert one.get(path).text.count(">待 走访</a>") == 1
        assert "待 走访" not in other.get(path).text
        filter_id = re.findall(r'action="/filters/([0-9a-f-]{36})/delete"', one.get(path).text)[0]
        assert other.post(f"/filters/{filter_id}/delete").status_code == 404
        assert one.post(f"/filters/{filter_id}/delete").headers["location"] == path
        assert "待 走访" not in one.get(path).text
    assert one.post("/residents/filters", {"area": area, "name": "  "}).status_code == 422
    assert one.post("/residents/filters", {"area": area, "name": "x" * 65}).status_code == 422
    assert one.post("/residents/filters", {"area": area, "name": "x", "presence": "x"}).status_code == 422
    assert one.post("/residents/filters", {"area": str(sample.areas["c3"].id), "name": "x"}).status_code == 404


def exported(visitor: Visitor, path: str, form: dict[str, str]) -> list[list[object]]:
    """The cells of an exported file."""
    answer = visitor.post(path, form)
    assert answer.status_code == 200, answer.text
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    if form["format"] == "csv":
        return [list(row) for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def last_export(store: Store) -> tuple[str | None, dict[str, object], int]:
    """What the log says of the newest export: purpose, details, how many persons."""
    with store.read() as unit:
        entry = next(one for one in audit.entries(unit, limit=20) if one.action.endswith(".export"))
        return entry.purpose, json.loads(entry.details), len(json.loads(entry.subjects))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_residents_are_taken_along_masked(street: Visitor, sample: Sample, web_store: Store, kind: str) -> None:
    """As filtered, with where, when, what and who above; everybody in the log."""
    cells = exported(
        street, "/residents/export", {"area": str(sample.areas["c1"].id), "presence": "floating", "format": kind}
    )
    text = str(cells)
    people = [person for person in sample.of("c1") if person.name[-1] == "凤"]
    head = next(place for place, row in enumerate(cells) if row[0] in ("序号", "No."))
    assert len(cells) - head - 1 == len(people)
    assert not [token for person in people for token in person.tokens if token in text]
    assert all(
        part in text for part in (sample.today.isoformat(), "白坡里社区第01网格", "工号street", "云湾花园1号楼 1-101")
    )
    assert "***" in text
    assert last_export(web_store) == (
        None,
        {"area": str(sample.areas["c1"].id), "as_of": sample.today.isoformat(), "fields": "masked",
         "figure": "population", "format": kind, "rows": len(people)},
        len(people),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_in_full_for_a_purpose_by_those_who_may(sign_in: SignIn, sample: Sample, web_store: Store, kind: str) -> None:
    """Every value whole, digits included; without a purpose or the right, nothing."""
    form = {"area": str(sample.areas["c1"].id), "format": kind, "full": "1"}
    street = sign_in("street")
    assert street.post("/residents/export", form).status_code == 422
    assert sign_in("district").post("/residents/export", {**form, "purpose": "visit"}).status_code == 403
    assert sign_in("worker3").post("/residents/export", {**form, "purpose": "visit"}).status_code == 404
    text = str(exported(street, "/residents/export", {**form, "purpose": "other", "note": "年度核对"}))
    assert not [token for person in sample.of("c1") for token in person.tokens[1:] if token not in text]
    purpose, details, people = last_export(web_store)
    assert (purpose, details["fields"], people) == ("other: 年度核对", "full", len(sample.of("c1")))


def test_words_narrow_what_is_taken_along(street: Visitor, sample: Sample) -> None:
    """The file holds what the page shows."""
    person = sample.of("c1")[0]
    cells = exported(
        street, "/residents/export", {"area": str(sample.areas["a"].id), "format": "csv", "q": person.name}
    )
    assert [row[0] for row in cells if row and str(row[0]).isdigit()] == ["1"]
    assert person.name not in str(cells)


def test_dwellings_are_taken_along(street: Visitor, sample: Sample, web_store: Store) -> None:
    """Places and counts; the log says how many rows."""
    for kind in ("csv", "xlsx"):
        cells = exported(
            street, "/dwellings/export", {"area": str(sample.areas["c1"].id), "state": "let", "format": kind}
        )
        assert len([row for row in cells if row and str(row[0]).isdigit()]) == 4
        _, details, people = last_export(web_store)
        assert (details["rows"], people) == (4, 0)
    assert street.post("/dwellings/export", {"area": str(sample.areas["c1"].id), "format": "pdf"}).status_code == 422
    stem = street.post("/dwellings/export", {"area": str(sample.areas["c1"].id), "format": "csv"})
    assert "469900001001001" in unquote(stem.headers["content-disposition"])


def test_a_file_has_a_limit(street: Visitor, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so before, the answer afterwards."""
    monkeypatch.setattr("gridmap.rosters.export.MOST_ROWS", 5)
    answer = street.post("/residents/export", {"area": str(sample.areas["c1"].id), "format": "csv"})
    assert answer.status_code == 422
    assert "20" in answer.text
    assert "5" in answer.text
