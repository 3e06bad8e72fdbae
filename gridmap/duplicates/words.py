"""How pairs are spoken of: message ids by code. The likelihood has three words and no number."""

from __future__ import annotations

from typing import Final

from gridmap.duplicates.scoring import Reason
from gridmap.duplicates.timeline import Remark

LIKELIHOODS: Final = {
    "certain": "Almost certainly one person",
    "likely": "Likely one person",
    "possible": "Possibly one person",
}

REASONS: Final[dict[str, str]] = {
    Reason.NAME_SAME: "the same name",
    Reason.NAME_SOUND: "names that sound alike",
    Reason.NAME_SWAPPED: "two characters of the name exchanged",
    Reason.NAME_SHAPE: "names that look alike",
    Reason.NAME_SHORTER: "one character of the name left out",
    Reason.NAME_ONE_OTHER: "one character of the name is another",
    Reason.NAME_OTHER: "different names",
    Reason.BIRTH_SAME: "the same birth date",
    Reason.BIRTH_NEAR: "birth dates that differ in one place",
    Reason.BIRTH_OTHER: "different birth dates",
    Reason.NUMBER_SAME: "the same identity number",
    Reason.NUMBER_NEAR: "identity numbers that differ in two places at most",
    Reason.NUMBER_OTHER: "different identity numbers",
    Reason.SEX_OTHER: "different sex",
    Reason.SAME_DWELLING: "the same dwelling",
    Reason.SAME_HOUSEHOLD: "the same household number",
    Reason.SAME_BUILDING: "the same building",
    Reason.OTHER_PLACE: "another place",
    Reason.PHONE_SAME: "the same telephone",
}

AGAINST: Final = frozenset(
    {
        Reason.NAME_ONE_OTHER,
        Reason.NAME_OTHER,
        Reason.BIRTH_OTHER,
        Reason.NUMBER_OTHER,
        Reason.NUMBER_NEAR,
        Reason.SEX_OTHER,
        Reason.OTHER_PLACE,
    }
)
"""What speaks against one person."""

REMARKS: Final[dict[str, str]] = {
    Remark.JOINED: "Both name the same place: it becomes one residence ({day}).",
    Remark.CUT: "The earlier residence ends on {day}, when the later one begins.",
    Remark.DROPPED: "Two residences begin on {day} at different places: one is kept.",
    Remark.RESUMED: "The earlier residence goes on from {day}, when the one in between ends.",
    Remark.ENDED_BY_DEATH: "The person is recorded as deceased on {day}: what follows is left out.",
}

FIELDS: Final = {
    "name": "Name",
    "id_number": "Identity number",
    "sex": "Sex",
    "birth_date": "Birth date",
    "phone": "Telephone",
    "marital_status": "Marital status",
    "presence": "Registered or floating",
    "ethnic_group": "Ethnic group",
    "registered_address": "Registered address",
    "work_unit": "Work unit",
}
