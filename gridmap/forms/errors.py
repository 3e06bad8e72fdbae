"""What can go wrong with forms."""

from __future__ import annotations

from gridmap.errors import GridmapError


class FormAsksNothingError(GridmapError):
    """There is nothing in the form that could be filled."""

    code = "form_asks_nothing"
    message = "“{name}” has neither placeholders nor a row of known headings."
    hint = "Write placeholders such as {{{{population}}}} into its cells, or say what its columns are."


class TooManyRowsError(GridmapError):
    """A list in a form would be longer than a form may be."""

    code = "form_too_long"
    message = "The form would list {count} rows, allowed are {limit}."
    hint = "Choose a smaller area."


class FormNameTakenError(GridmapError):
    """Two people handed in a form of the same name at once."""

    code = "form_name_taken"
    message = "A form named “{name}” was handed in by somebody else at the same moment."
    hint = "Hand it in again; it becomes the next version."
