"""What can be wrong with a row of a register: a code, what it does to the row, what is said and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Weight(IntEnum):
    """What a finding does to its row."""

    NOTE = 0  # the row is accepted; what was wrong is left out
    REVIEW = 1  # a person has to decide
    REJECT = 2  # the row must be mended and handed in again


@dataclass(frozen=True, slots=True)
class Finding:
    """``message`` and ``hint`` are message ids; they are filled from ``value`` (masked) and ``other``. ``label`` names
    the finding where many rows stand together, when its message says nothing without its number."""

    code: str
    weight: Weight
    message: str
    hint: str
    label: str = ""


_MEND = "Correct the cell and hand the row in again."
_COMPARE = "Nothing to do if this is right; else write the address as the register has it and hand the row in again."
_LEFT_OUT = "The value was left out; correct it and hand the row in again if it matters."

_ALL = (
    Finding(
        "id_lost_digits",
        Weight.REJECT,
        "The number {value} was typed as a number: a spreadsheet keeps 15 digits only, the last ones are lost.",
        "Format the column as text and type the number again from the document.",
    ),
    Finding(
        "id_masked",
        Weight.NOTE,
        "The identity number is masked: {value}. It was only compared, not stored.",
        "Hand in the full number if it is known.",
    ),
    Finding("id_length", Weight.REJECT, "The identity number {value} does not have 18 digits.", _MEND),
    Finding(
        "id_characters",
        Weight.REJECT,
        "{value} is not an identity number.",
        "Leave the cell empty for another kind of document; else correct it.",
    ),
    Finding("id_birth_date", Weight.REJECT, "The birth date inside the identity number {value} does not exist.", _MEND),
    Finding(
        "id_birth_future",
        Weight.REJECT,
        "The birth date inside the identity number {value} lies in the future.",
        _MEND,
    ),
    Finding(
        "id_checksum",
        Weight.REJECT,
        "The check character of the identity number {value} is wrong.",
        "Compare it with the document digit by digit.",
    ),
    Finding(
        "id_near_row",
        Weight.REJECT,
        "The identity number {value} is wrong in one place: corrected, it is the number in row {other}, which bears "
        "the same name.",
        "If both rows mean one person, leave this one out; else correct the number.",
    ),
    Finding(
        "id_near_known",
        Weight.REJECT,
        "The identity number {value} is wrong in one place: corrected, it is the number of a known person of this "
        "name.",
        "Compare it with the document, correct it and hand the row in again.",
    ),
    Finding(
        "birth_differs",
        Weight.REJECT,
        "The birth date {value} is not the one in the identity number.",
        "Correct whichever is wrong and hand the row in again.",
    ),
    Finding(
        "sex_differs",
        Weight.REJECT,
        "The sex {value} is not the one in the identity number.",
        "Correct whichever is wrong and hand the row in again.",
    ),
    Finding("birth_date_impossible", Weight.REJECT, "The birth date {value} does not exist.", _MEND),
    Finding("birth_date_future", Weight.REJECT, "The birth date {value} lies in the future.", _MEND),
    Finding("birth_date_incomplete", Weight.NOTE, "The birth date {value} has no day; none was invented.", _LEFT_OUT),
    Finding(
        "birth_date_unclear", Weight.NOTE, "The birth date {value} cannot be read for sure.", "Write it as 1980-05-06."
    ),
    Finding("valid_from_impossible", Weight.REJECT, "The date {value} does not exist.", _MEND),
    Finding("valid_from_incomplete", Weight.REJECT, "The date {value} has no day.", "Write it as 2026-05-06."),
    Finding(
        "valid_from_unclear", Weight.REJECT, "The date {value} cannot be read for sure.", "Write it as 2026-05-06."
    ),
    Finding("valid_from_future", Weight.REJECT, "The date {value} lies in the future.", _MEND),
    Finding("verified_on_impossible", Weight.NOTE, "The date {value} does not exist.", _LEFT_OUT),
    Finding("verified_on_incomplete", Weight.NOTE, "The date {value} has no day.", _LEFT_OUT),
    Finding("verified_on_unclear", Weight.NOTE, "The date {value} cannot be read for sure.", _LEFT_OUT),
    Finding("verified_on_future", Weight.NOTE, "The date {value} lies in the future.", _LEFT_OUT),
    Finding("sex_unknown", Weight.NOTE, "“{value}” is not in the code list of sexes.", _LEFT_OUT),
    Finding("marital_status_unknown", Weight.NOTE, "“{value}” is not in the code list of marital status.", _LEFT_OUT),
    Finding("relationship_unknown", Weight.NOTE, "“{value}” is not in the code list of relationships.", _LEFT_OUT),
    Finding("presence_unknown", Weight.NOTE, "“{value}” is neither registered nor floating.", _LEFT_OUT),
    Finding("ethnic_group_unknown", Weight.NOTE, "“{value}” is not in the code list of ethnic groups.", _LEFT_OUT),
    Finding("state_unknown", Weight.NOTE, "“{value}” is not a known state of a dwelling.", _LEFT_OUT),
    Finding(
        "never_stored", Weight.NOTE, "The text holds what is never stored, by rule.", "Nothing to do; it was left out."
    ),
    Finding(
        "id_from_15",
        Weight.NOTE,
        "A number of 15 digits was read as one of 18: {value}.",
        "Nothing to do if it is right.",
    ),
    Finding("id_read", Weight.NOTE, "The identity number was tidied: {value}.", "Nothing to do if it is right."),
    Finding("name_read", Weight.NOTE, "The name was tidied: {value}.", "Nothing to do if it is right."),
    Finding("date_read", Weight.NOTE, "The date was read like this: {value}.", "Nothing to do if it is right."),
    Finding("phone_read", Weight.NOTE, "The telephone number was tidied: {value}.", "Nothing to do if it is right."),
    Finding(
        "phone_several",
        Weight.NOTE,
        "The cell holds several telephone numbers; {value} was kept.",
        "Nothing to do if it is the right one.",
    ),
    Finding(
        "age_differs",
        Weight.NOTE,
        "The age {value} does not fit the birth date.",
        "Check the birth date; the age itself is not stored.",
    ),
    Finding(
        "age_only",
        Weight.NOTE,
        "Only the age {value} is known; no birth date was made of it.",
        "Fill in the birth date and hand the row in again.",
    ),
    Finding("phone_wrong", Weight.NOTE, "{value} is not a telephone number.", _LEFT_OUT),
    Finding(
        "person_unknown",
        Weight.REJECT,
        "The row names no person: neither an identity number nor a name.",
        "Fill in the name and the birth date, or the identity number.",
    ),
    Finding(
        "person_unclear",
        Weight.REVIEW,
        "A name alone does not tell a person: the identity number and the birth date are missing.",
        "Fill in the birth date or the identity number and hand the row in again.",
    ),
    Finding("name_missing", Weight.REVIEW, "The name is missing.", "Fill in the name and hand the row in again."),
    Finding(
        "repeat_same",
        Weight.NOTE,
        "The same person stands in row {other} with the same facts.",
        "Nothing to do; the person is counted once.",
    ),
    Finding(
        "repeat_differs",
        Weight.REVIEW,
        "The same person stands in row {other} with other facts.",
        "Keep the row that is right and hand it in again.",
        "The same person stands in another row with other facts",
    ),
    Finding(
        "alike_row",
        Weight.NOTE,
        "Row {other} may mean the same person.",
        "Compare the two under “possible duplicates”.",
    ),
    Finding(
        "alike_known",
        Weight.NOTE,
        "Somebody in the register may be the same person.",
        "Compare the two under “possible duplicates”.",
    ),
    Finding(
        "id_conflict",
        Weight.REVIEW,
        "Another person has the same identity number (row {other}).",
        "Compare the number with both documents; until then both are marked as disputed.",
        "Another person has the same identity number",
    ),
    Finding(
        "id_disputed",
        Weight.REVIEW,
        "Another person in the register has the same identity number.",
        "Compare the number with both documents; until then both are marked as disputed.",
    ),
    Finding(
        "address_missing",
        Weight.NOTE,
        "No address: the person is counted under the area.",
        "Fill in the address and hand the row in again.",
    ),
    Finding(
        "address_unreadable",
        Weight.REVIEW,
        "The address cannot be read: {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "address_elsewhere",
        Weight.REVIEW,
        "The address lies in another province, city or district: {value}.",
        "Choose the dwelling in the review, or leave the case if the person lives there.",
    ),
    Finding(
        "linked_name_like",
        Weight.NOTE,
        "The address was taken to mean {value}: the name sounds or looks alike.",
        _COMPARE,
    ),
    Finding(
        "linked_name_short", Weight.NOTE, "The address was taken to mean {value}: the name is shortened.", _COMPARE
    ),
    Finding(
        "linked_name_long",
        Weight.NOTE,
        "The address was taken to mean {value}: a word was added to the name.",
        _COMPARE,
    ),
    Finding(
        "linked_compound_missing",
        Weight.NOTE,
        "The address was taken to mean {value}: no compound is named, and nothing else in the community fits.",
        _COMPARE,
    ),
    Finding(
        "linked_building_missing",
        Weight.NOTE,
        "The address was taken to mean {value}: no building is named, and nothing else in the compound fits.",
        _COMPARE,
    ),
    Finding(
        "linked_community_like",
        Weight.NOTE,
        "The address was taken to mean {value}: the name of the community sounds or looks alike.",
        _COMPARE,
    ),
    Finding(
        "linked_road_like",
        Weight.NOTE,
        "The address was taken to mean {value}: the name of the road sounds or looks alike.",
        _COMPARE,
    ),
    Finding(
        "linked_road_differs",
        Weight.NOTE,
        "The address was taken to mean {value}, although the register has it at another road or house number.",
        _COMPARE,
    ),
    Finding(
        "compound_unknown",
        Weight.REVIEW,
        "The compound is not in the register: {value}.",
        "Choose the dwelling, or name the alias, in the review.",
    ),
    Finding(
        "building_missing",
        Weight.REVIEW,
        "The address names no building: {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "building_unknown",
        Weight.REVIEW,
        "The building is not in the register: {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "building_ambiguous",
        Weight.REVIEW,
        "{other} buildings fit the address: {value}.",
        "Choose the dwelling in the review.",
        "Several buildings fit the address",
    ),
    Finding(
        "community_differs",
        Weight.REVIEW,
        "The building lies in another community than the address says: {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "room_missing",
        Weight.NOTE,
        "No room: the person is counted under the building.",
        "Fill in the room and hand the row in again.",
    ),
    Finding(
        "room_unknown", Weight.REVIEW, "The building has no such room: {value}.", "Choose the dwelling in the review."
    ),
    Finding(
        "unit_unknown",
        Weight.REVIEW,
        "The building has the room in another unit only: {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "room_ambiguous",
        Weight.REVIEW,
        "{other} rooms of the building fit the address: {value}.",
        "Choose the dwelling in the review.",
        "Several rooms of the building fit the address",
    ),
    Finding(
        "dwelling_id_unknown",
        Weight.REVIEW,
        "No dwelling here has the id {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "building_id_unknown",
        Weight.REVIEW,
        "No building here has the id {value}.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "ids_disagree",
        Weight.REVIEW,
        "The dwelling lies in another building than the row says.",
        "Choose the dwelling in the review.",
    ),
    Finding(
        "area_too_wide",
        Weight.REVIEW,
        "The row has no place in the register, and the area handed in for spans several streets.",
        "Hand the file in for one street, or choose the dwelling in the review.",
    ),
    Finding(
        "elsewhere",
        Weight.REVIEW,
        "The person lives in another street according to the register.",
        "Decide whether the person has moved here.",
    ),
    Finding(
        "not_responsible",
        Weight.REVIEW,
        "Only somebody who is responsible for more than this area can decide the row.",
        "Nothing to do here: the case waits for the data manager of the street.",
    ),
    Finding(
        "lives_elsewhere",
        Weight.REVIEW,
        "The register knows the person at a place outside this area, and the row names no place here that is known.",
        "Choose the dwelling in the review, or correct the address.",
    ),
    Finding(
        "person_ambiguous",
        Weight.REVIEW,
        "{other} known persons have this name and birth date at this place.",
        "Fill in the identity number and hand the row in again.",
        "Several known persons have this name and birth date",
    ),
    Finding(
        "recorded_dead",
        Weight.REVIEW,
        "The person is recorded as deceased.",
        "Correct the record of the death, or take the person off the list.",
    ),
    Finding(
        "date_before_current",
        Weight.REVIEW,
        "The date of the move is not after the date since when the person lives at the known place.",
        "Check the date of the move.",
    ),
)

FINDINGS: Mapping[str, Finding] = MappingProxyType({finding.code: finding for finding in _ALL})

READ_OTHERWISE: Final = ("id_from_15", "id_read", "name_read", "date_read", "phone_several")
"""Notes on cells that mean something other than what is written; tidied spaces of a telephone number do not."""
