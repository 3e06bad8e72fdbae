"""Parameters of addresses and forms: dates, pages, areas."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Query, Request
from fastapi import Path as PathParameter
from starlette.datastructures import UploadFile

from gridmap.access.policy import Action, allows
from gridmap.access.scope import scope_of
from gridmap.accounts.actor import Actor
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import InvalidInputError

FIRST_DAY = date(1949, 10, 1)

DayText = Annotated[str, Query(max_length=10, description="ISO date of every figure; today by default")]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000, description="Page of the list, from 1")]
SMALLEST, LARGEST = -32_768, 32_767
RegionNumber = Annotated[int, PathParameter(ge=SMALLEST, le=LARGEST, description="Region: a sub-district's number")]
AreaChoice = Annotated[UUID | None, Query(description="Area; the user's own by default")]
FormText = Annotated[str, Form(max_length=512)]


def day_of(text: str | None, today: date, field: str = "Date") -> date:
    """A day up to today.

    Raises:
        InvalidInputError: no date, in the future, or before there could be records.
    """
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(field=field, reason="not a date (YYYY-MM-DD)") from None
    if not FIRST_DAY <= day <= today:
        raise InvalidInputError(field=field, reason="must not be in the future")
    return day


def optional_day(text: str, field: str) -> date | None:
    """Any day, or none.

    Raises:
        InvalidInputError: no date.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(field=field, reason="not a date (YYYY-MM-DD)") from None


def one_of(text: str, known: Collection[str], field: str) -> str:
    """A word of a list.

    Raises:
        InvalidInputError: it is not on the list.
    """
    if text not in known:
        raise InvalidInputError(field=field, reason="not a usable value")
    return text


def region_of(text: str) -> int | None:
    """The number of a region in a form; ``None`` for what cannot be one."""
    if not text.isdecimal() or len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        return None
    return int(text)


def optional_id(text: str, field: str) -> UUID | None:
    """An id, or none.

    Raises:
        InvalidInputError: no id.
    """
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(field=field, reason="not a usable value") from None


def visible_areas(unit: UnitOfWork, actor: Actor, action: Action = Action.STATISTICS_READ) -> frozenset[UUID] | None:
    """The areas whose figures a user sees: ``None`` for all, empty for roles that see no figures."""
    if not allows(actor, action):
        return frozenset()
    scope = scope_of(actor, action)
    return None if scope.everywhere else scope.area_ids(unit)


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form."""
    form: Any = await request.form()
    return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
