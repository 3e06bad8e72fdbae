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
    "undone": "taken back with its import",
}
"""What became of a case."""

EFFECTS: Final = {
    "place": "Will live in {place} from {day} on.",
    "building": "Will be counted in {place}; the room stays unknown.",
    "new_place": "{place} is entered as a new place. Will live there from {day} on.",
    "alias": "“{alias}” will be understood as “{official}” from now on.",
    "move_out": "The residence ends on {day}: moved away.",
    "death": "The residence ends on {day}: died.",
    "stays": "Still lives there: nothing is written.",
    "same_person": "Is taken for this person, who will live in {place} from {day} on.",
    "new_person": "A new person is entered, living in {place} from {day} on.",
    "skip": "Stays as it is: nothing is written.",
    "give_back": "Goes back to the office, marked in the workbook of the import: nothing is written.",
}
"""What a decision will do to each row, said before it does it."""

SAME_PLACE: Final = "Is taken for this person; where the person lives stays as it is."
NO_PLACE: Final = "A new person is entered under the area from {day} on; the room stays unknown."
ABSENT_SHORT: Final = "Not named by a complete file"
