"""What can be wrong with a form, beside the field that it is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodata.errors import Phrase
from gridmap.errors import GridmapError, StaleEditError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a form. ``said`` never holds an unmasked value."""

    field: str
    said: Phrase


class FormFaultsError(GridmapError):
    """Values of a form cannot be used; each fault names its field."""

    code = "form_faults"
    message = "Not saved: {count} values of the form cannot be used."
    hint = "Correct what is marked and save again."

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = tuple(faults)


class FormExpiredError(GridmapError):
    """The form was not made by this register, or for another record."""

    code = "form_expired"
    message = "This form does not belong to the record, or was changed on its way."
    hint = "Open the form anew and fill it in again."


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a stale form: what it held when the form was opened, what somebody else made of it, what was typed."""

    field: str
    before: str = dataclasses.field(repr=False)
    theirs: str = dataclasses.field(repr=False)
    mine: str = dataclasses.field(repr=False)

    @property
    def clashes(self) -> bool:
        """Whether both changed it, and not to the same."""
        return self.theirs not in (self.before, self.mine) and self.mine != self.before


class StaleFormError(StaleEditError):
    """The record was changed by somebody else while the form was open. ``current`` is what it holds now."""

    def __init__(self, differences: Sequence[Difference], current: Mapping[str, str]) -> None:
        super().__init__()
        self.differences = tuple(differences)
        self.current = dict(current)


def fault(name: str, message: str, **params: object) -> FormFaultsError:
    """One fault as an error; ``message`` is a message id."""
    return FormFaultsError([Fault(name, Phrase(message, params))])
