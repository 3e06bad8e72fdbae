"""What is typed into a form is read with the rules of an import, and refused with the reason beside its field."""

from __future__ import annotations

from datetime import date

import pytest

from gridmap.editing.errors import FormFaultsError
from gridmap.editing.fields import HIDDEN, Record
from gridmap.editing.values import read_values

RESIDENT = Record.RESIDENT


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("name", " 张 三 ", "张三"),
        ("name", "买买提•阿不都", "买买提·阿不都"),
        ("id_number", "11010519491231002x", "11010519491231002X"),
        ("id_number", "１１０１０５ 19491231 002X", "11010519491231002X"),
        ("birth_date", "1949年12月31日", "1949-12-31"),
        ("birth_date", "19491231", "1949-12-31"),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("phone", "", ""),
        ("registered_address", "  海府路  5号 ", "海府路 5号"),
        ("work_unit", "无", ""),
        ("marital_status", "30", "30"),
    ],
)
def test_what_is_typed_is_read_as_an_import_reads_it(field: str, typed: str, stored: str) -> None:
    base = {"sex": "", "birth_date": ""}
    found = read_values(RESIDENT, {field: typed}, base, masked=True, today=date(2026, 1, 1))
    assert found.get(field, "") == stored


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"id_number": "110105194912310021"}, "id_number"),
        ({"id_number": "1101051949123100"}, "id_number"),
        ({"id_number": "110105********002X"}, "id_number"),
        ({"birth_date": "1980-02-31"}, "birth_date"),
        ({"birth_date": "1980-02"}, "birth_date"),
        ({"birth_date": "2030-01-01"}, "birth_date"),
        ({"birth_date": "31/12/80"}, "birth_date"),
        ({"birth_date": "1980-01-01", "id_number": "11010519491231002X"}, "birth_date"),
        ({"sex": "1", "id_number": "11010519491231002X"}, "sex"),
        ({"sex": "7"}, "sex"),
        ({"marital_status": "married"}, "marital_status"),
        ({"phone": "12"}, "phone"),
        ({"name": "张" * 129}, "name"),
        ({"name": "张*"}, "name"),
        ({"work_unit": "独生子女证 12"}, "work_unit"),
    ],
)
def test_what_cannot_be_used_is_named_beside_its_field(typed: dict[str, str], wrong: str) -> None:
    with pytest.raises(FormFaultsError) as refused:
        read_values(RESIDENT, typed, {}, masked=True, today=date(2026, 1, 1))
    assert [fault.field for fault in refused.value.faults] == [wrong]


def test_a_number_says_birth_date_and_sex_where_they_are_empty() -> None:
    found = read_values(RESIDENT, {"id_number": "11010519491231002X"}, {}, masked=True, today=date(2026, 1, 1))
    assert (found["birth_date"], found["sex"]) == ("1949-12-31", "2")


def test_a_field_that_still_shows_its_mask_keeps_its_value() -> None:
    base = {"name": "王小燕", "phone": "13800138000", "registered_address": "海府路5号", "birth_date": "1980-01-01"}
    typed = {"name": "王*燕", "phone": "138******00", "registered_address": HIDDEN, "birth_date": HIDDEN}
    assert read_values(RESIDENT, typed, base, masked=True, today=date(2026, 1, 1)) == base
    emptied = read_values(RESIDENT, {**typed, "phone": ""}, base, masked=True, today=date(2026, 1, 1))
    assert emptied == {**base, "phone": ""}
    with pytest.raises(FormFaultsError):
        read_values(RESIDENT, typed, base, masked=False, today=date(2026, 1, 1))
