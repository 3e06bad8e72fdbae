"""Message ids of decisions: what was decided, what a decision would do, what it is called."""

from __future__ import annotations

from typing import Final

ABSENT_MESSAGE: Final = "The file should name everybody, and does not name this person."
ABSENT_HINT: Final = "Find out whether the person has left or died, or still lives there."

DECIDED: Final = {
    "place": "placed in a dwelling",
    "building": "placed in a building",
    "new_place": "placed in a new dwelling",
    "alias": "understood by another name",
    "move_out": "has moved away",
    "death": "has died",
    "stays": "still lives there",
    "same_person": "taken for a known person",
    "new_person": "entered as a new person",
    "skip": "left as it is",
    "give_back": "given back to the office",
    "replaced": "replaced by a newer file",
}
"""What became of a case."""

EFFECTS: Final = {
    "place": "{cases} rows: these people will live in {place}, from {day} on.",
    "building": "{cases} rows: these people will be counted in {place}; their room stays unknown.",
    "new_place": "{place} will be made; {cases} rows: these people will live there, from {day} on.",
    "alias": "“{alias}” will be understood as “{official}” from now on; {cases} rows find their dwelling by it.",
    "move_out": "The residence of this person will end on {day}: moved away.",
    "death": "The residence of this person will end on {day}: died.",
    "stays": "{cases} people stay where they are; nothing is written.",
    "same_person": "The row will be taken for this person, who will live in {place} from {day} on.",
    "new_person": "A new person will be entered, living in {place} from {day} on.",
    "skip": "{cases} rows stay as they are; nothing is written.",
    "give_back": "{cases} rows go back to the office, marked in the workbook of the import; nothing is written.",
}
"""What a decision will do, said before it does it."""

LEFT: Final = "{count} more rows are not settled by it and keep waiting."
NO_CHANGE: Final = "The row will be taken for this person; where the person lives stays as it is."
