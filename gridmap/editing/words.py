"""Words of histories: message ids by code, translated where they are shown."""

from __future__ import annotations

from typing import Final

DEEDS: Final = {
    "": "Recorded",
    "import": "Imported",
    "resident.edit": "Resident edited",
    "resident.birth": "Birth",
    "resident.death": "Death",
    "resident.move_in": "Move in",
    "resident.move_out": "Move out",
    "resident.move_within": "Move within the register",
    "resident.strike_out": "Taken out of the count",
    "residence.correct": "Dwelling or day corrected",
    "household.edit": "Household edited",
    "household.split": "Household split",
    "household.merge": "Households merged",
    "dwelling.edit": "Dwelling edited",
    "dwelling.add": "Dwelling added",
    "dwelling.remove": "Dwelling taken out",
    "dwelling.verify": "Dwelling verified",
    "organisation.add": "Organisation added",
    "organisation.edit": "Organisation edited",
    "register.import": "Register imported",
    "review.decide": "Review case decided",
    "person.merge": "Records of one person merged",
}
"""What kinds of changes are called in a history."""

ENDINGS: Final = {
    "death": "died on %(day)s",
    "move_out": "moved out on %(day)s",
    "move_within": "moved on %(day)s",
    "correction": "not counted from %(day)s",
}
"""How somebody left a place."""
