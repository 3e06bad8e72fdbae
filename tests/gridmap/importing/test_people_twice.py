"""People who are handed in a second time, from the file to the register: matched, paired, or told their number."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from benchmarks.registers import STREET, Home, make_homes, make_place
from gridmap.accounts.actor import Actor
from gridmap.duplicates.models import DuplicatePair
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.store.store import Store
from tests.gridmap.duplicates.people import DEVELOPED, HELD_OUT, Fault, Record, listed_again, make_people, strangers

HOUSEHOLDS, SPARE = 300, 120
HEADINGS = ("姓名", "性别", "公民身份号码", "出生日期", "与户主关系", "联系电话", "现住址")
NUMBER_FAULTS = {"number_digit", "number_swapped"}


def write_people(path: Path, records: list[Record], homes: list[Home]) -> Path:
    """A register: who moved lives in one of the spare dwellings."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for record in records:
            at = record.home if record.home < HOUSEHOLDS else HOUSEHOLDS + record.home % SPARE
            sex = "男" if record.sex == "1" else "女"
            writer.writerow(
                (record.name, sex, record.number or "", record.born.isoformat(), record.relationship,
                 record.phone or "", homes[at].address)
            )  # fmt: skip
    return path


def bring_in(store: Store, actor: Actor, path: Path, on: date) -> BatchResult:
    return import_register(store, actor, path, STREET, RegisterOptions(on))


@pytest.mark.parametrize("faults", [DEVELOPED, HELD_OUT], ids=["developed", "held out"])
def test_a_second_file_finds_who_is_known_and_takes_nobody_for_another(
    tmp_path: Path, faults: tuple[Fault, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Precision 0.99 and recall 0.95 over the rows of a file of people listed again and of strangers like them."""
    monkeypatch.setenv("GRIDMAP_KEY", "11" * 32)
    random = Random(23)
    people = make_people(HOUSEHOLDS, random)
    again = listed_again(people, faults, len(people) // 3, random)
    second = again + strangers(people, len(people) // 3, 10**7, random)
    random.shuffle(second)
    homes = make_homes(3 * (HOUSEHOLDS + SPARE))
    store, actor = make_place(tmp_path / "people.gridmap", homes)
    try:
        first = bring_in(store, actor, write_people(tmp_path / "1.csv", people, homes), date(2026, 1, 1))
        later = bring_in(store, actor, write_people(tmp_path / "2.csv", second, homes), date(2026, 6, 1))
        found = links(store, first, later, people, second)
    finally:
        store.close()
    right = sum(truth == second[row].truth for row, truth in found)
    hit = {row for row, truth in found if truth == second[row].truth and second[row].fault in {r.fault for r in again}}
    assert right / len(found) >= 0.99
    assert len(hit) / len(again) >= 0.95
    assert later.counts["rows"] == len(second)


def links(
    store: Store, first: BatchResult, later: BatchResult, people: list[Record], second: list[Record]
) -> set[tuple[int, int]]:
    """Who each row of the second file was taken for: the row's position, and the truth of the other."""
    truths: dict[str, int] = {}
    own: dict[str, int] = {}
    for key, record in zip(first.verdicts["person_id"].to_list(), people, strict=True):
        if key is not None:
            truths[key] = record.truth
    found: set[tuple[int, int]] = set()
    for row, key in enumerate(later.verdicts["person_id"].to_list()):
        if key in truths:
            found.add((row, truths[key]))
        elif key is not None:
            own[key] = row
    with store.read() as unit:
        pairs = [(str(p.first_id), str(p.second_id)) for p in unit.session.scalars(sa.select(DuplicatePair))]
    for one, other in pairs:
        for mine, theirs in ((one, other), (other, one)):
            if mine in own:
                met = truths.get(theirs)
                found.add((own[mine], second[own[theirs]].truth if met is None else met))
    told = later.issues.filter(later.issues["code"].str.starts_with("id_near"))["row"].to_list()
    for row in told:
        record = second[row - 2]
        found.add((row - 2, record.truth if record.fault in NUMBER_FAULTS else -1))
    return found
