"""Nothing of anybody outside a reader's areas leaves the server, and everything shown of somebody is in the log.

Every person of the sample has words and numbers that nobody else has. Everything a reader can get is looked through for
the words of persons who are not theirs.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
import re
import zipfile
from collections.abc import Callable
from math import asinh, pi, radians, tan
from uuid import UUID

import mapbox_vector_tile
import pytest
from fastapi import FastAPI

from gridmap.audit import service as audit
from gridmap.reports.registry import formats
from gridmap.store.store import Store
from tests.security.addresses import LEAVES, addresses
from tests.web.client import Visitor, visitor
from tests.web.sample import Sample, Someone

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


AREA_OF = {"worker1": ["c1"], "community": ["c1", "c2"], "street": ["c1", "c2", "c3"], "analyst": [], "admin": [],
           "auditor": [], "nobody": []}  # fmt: skip
"""Cells whose people a user may list."""


def words_of(content: bytes) -> str:
    """Everything in an answer as text: packed formats are unpacked."""
    if content[:2] == b"\x1f\x8b":
        return words_of(gzip.decompress(content))
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(words_of(archive.read(name)) for name in archive.namelist())
    return content.decode("utf-8", errors="replace")


def walk(app: FastAPI, sample: Sample, username: str) -> list[tuple[str, str]]:
    """Every answer a user can get, about their own records and about others': addresses, then headers and bodies."""
    someone, seen = visitor(app, username), []
    for cell in ("c1", "c3", "c4"):
        for address in addresses(app, sample, cell):
            if address.template in LEAVES:
                continue
            if address.body is not None:
                answer = someone.send(address.path, address.body)
            elif address.method == "POST":
                answer = someone.post(address.path, address.form)
            else:
                answer = someone.get(address.path)
            seen.append((str(address), f"{answer.headers}\n{words_of(answer.content)}"))
    seen += _more(someone, sample)
    return seen


def _more(someone: Visitor, sample: Sample) -> list[tuple[str, str]]:
    """Ways in that an address alone does not try: filters, words, files, errors."""
    seen = []
    for area in ("c1", "c3", "a", "b", "district"):
        area_id = sample.areas[area].id
        for query in ("&list=population", "&state=let&sort=name", "&presence=floating"):
            answer = someone.get(f"/residents?area={area_id}{query}")
            seen.append((f"residents {area}{query}", words_of(answer.content)))
        for form in ({"format": "csv"}, {"format": "xlsx", "full": "1", "purpose": "visit"}):
            answer = someone.post("/residents/export", {"area": str(area_id), **form})
            seen.append((f"{'reveal' if 'full' in form else 'masked'} file {area}", words_of(answer.content)))
        for kind in formats() if area in ("c1", "c3") else ():
            form = {"report": "coverage", "area": str(area_id), "format": kind}
            answer = someone.post("/reports/download", form)
            seen.append((f"report {kind} {area}", words_of(answer.content)))
    for person in sample.people[::29]:
        for words in (person.name, person.id_number, person.phone, person.address, person.work_unit, str(person.id)):
            found = someone.post("/fragments/search", {"q": words})
            seen.append(("places", found.text.replace(words, "", 2)))
            found = someone.send("/api/v1/persons/search", {"q": words})
            seen.append(("persons", found.text))
            for wanted in (words[:32], words[-6:]):
                form = {"q": wanted, "area": str(sample.areas["c1"].id), "purpose": "visit"}
                found = someone.post("/residents", form)
                seen.append(("residents by words", found.text.replace(wanted, "", 2)))
    return seen


@pytest.mark.parametrize("username", AREA_OF)
def test_no_word_of_anybody_else_reaches_a_reader(
    app: FastAPI, sample: Sample, username: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Pages, fragments, interface, files, headers, errors, logs."""
    caplog.set_level(logging.DEBUG)
    own = {person.id for person in sample.of(*AREA_OF[username])}
    others = [person for person in sample.people if person.id not in own]
    leaks = [
        f"{where}: {kind_of(person, token)} of a person of {person.cell}"
        for where, text in walk(app, sample, username)
        for person in others
        for token in person.tokens
        if token in text
    ]
    assert leaks == []
    everybody = [token for person in sample.people for token in person.tokens[1:]]
    assert [token for token in everybody if token in caplog.text] == []


def kind_of(person: Someone, token: str) -> str:
    """Which of a person's words a token is; never the word itself."""
    return ("id", "identity number", "telephone", "name", "address", "work unit")[person.tokens.index(token)]


def test_what_is_shown_without_a_purpose_is_masked(app: FastAPI, sample: Sample) -> None:
    """Even one's own people: full values come by the ways that ask for a purpose, and only there."""
    unmasked = [
        (where, kind_of(person, token))
        for where, text in walk(app, sample, "worker1")
        if "reveal" not in where
        for person in sample.of("c1")
        for token in person.tokens[1:]
        if token in text
    ]
    assert unmasked == []


def test_every_person_in_an_answer_is_in_the_log_and_no_other(app: FastAPI, sample: Sample, web_store: Store) -> None:
    """The entries of an answer, found by the request's own number, name exactly the persons in it."""
    known, wrong = {str(person.id) for person in sample.people}, []
    someone = visitor(app, "street")
    for cell in ("c1", "c4"):
        for address in addresses(app, sample, cell):
            if address.template in LEAVES:
                continue
            if address.body is not None:
                answer = someone.send(address.path, address.body)
            elif address.method == "POST":
                answer = someone.post(address.path, address.form)
            else:
                answer = someone.get(address.path)
            shown = {found for found in UUIDS.findall(words_of(answer.content)) if found in known}
            shown -= {sent for sent in UUIDS.findall(address.path) if answer.status_code == 404}
            logged = logged_for(web_store, answer.headers["x-request-id"])
            if address.template == "/residents/export" and answer.status_code == 200:
                rows = re.findall(r"(?m)^[0-9]+,", words_of(answer.content))  # a file names nobody's id
                assert len(rows) == len(logged) > 0
                continue
            if shown != {str(person) for person in logged}:
                wrong.append(f"{address}: shown {len(shown)}, in the log {len(logged)}")
    assert wrong == []


def logged_for(store: Store, request_id: str) -> set[UUID]:
    """The persons that the log names for a request."""
    with store.read() as unit:
        entries = audit.entries(unit, limit=100_000)
        return {
            UUID(subject)
            for entry in entries
            if entry.request_id == request_id and entry.action.startswith(("person.", "search."))
            for subject in json.loads(entry.subjects)
        }


def test_the_chain_of_the_log_is_whole_after_all_this(web_store: Store) -> None:
    """Whatever the routes recorded, in whatever order."""
    with web_store.read() as unit:
        checks = audit.verify(unit)
    assert checks
    assert all(check.intact for check in checks)


def test_tiles_hold_places_only(app: FastAPI, sample: Sample, sign_in: Callable[[str], Visitor]) -> None:
    """Every layer at every zoom over the sample: attributes are those of the contract, no person among them."""
    allowed = {
        "uid", "name", "name_en", "short", "kind", "kind_label", "community", "dedicated", "level", "code", "label",
        "region", "height", "floors", "outside", "width",
    }  # fmt: skip
    someone, tiles = sign_in("analyst"), 0
    for layer in ("areas", "cells", "buildings", "ground", "labels"):
        described = someone.get(f"/tiles/{layer}.json").json()
        template = described["tiles"][0].removeprefix("http://testserver")
        for z in range(described["minzoom"], described["maxzoom"] + 1):
            x, y = tile_of(110.342, 20.032, z)
            answer = someone.get(template.format(z=z, x=x, y=y))
            if answer.status_code == 204:
                continue
            tiles += 1
            for content in mapbox_vector_tile.decode(answer.content).values():
                for feature in content["features"]:
                    assert set(feature["properties"]) <= allowed
            text = answer.content.decode("latin-1")
            assert not any(str(person.id) in text for person in sample.people)
    assert tiles > 15


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile over a point (Web Mercator)."""
    n = 2**z
    return int((lon + 180) / 360 * n), int((1 - asinh(tan(radians(lat))) / pi) / 2 * n)
