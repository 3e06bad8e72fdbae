"""What is chosen above a list, as it stands in an address. Nothing of it is personal."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Code = Annotated[str, Field(max_length=36)]


class Choice(BaseModel):
    """What every list can be narrowed to and sorted by."""

    area: Code = ""
    as_of: Code = Field(default="", description="ISO date of the list; today by default")
    state: Code = ""
    tenure: Code = ""
    use: Code = ""
    verified: Code = ""
    verified_before: Code = Field(default="", description="ISO date: dwellings not visited since")
    sort: Code = ""
    order: Code = Field(default="", description="up or down")
    page: int = Field(default=1, ge=1, le=100_000, description="Page of the list, from 1")

    def texts(self) -> dict[str, str]:
        """What is chosen, by field, without the page."""
        return {name: text for name, text in self.model_dump(exclude={"page"}).items() if text}


class ResidentChoice(Choice):
    """A list of residents."""

    presence: Code = ""
    sex: Code = ""
    marital: Code = ""
    age_from: Code = ""
    age_to: Code = ""
    room: Code = ""
    id: Code = ""


class DwellingChoice(Choice):
    """A list of dwellings."""

    people: Code = ""
