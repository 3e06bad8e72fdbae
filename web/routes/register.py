"""One resident in full for a purpose."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.access.policy import Action
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import NotFoundError, PermissionDeniedError, PurposeRequiredError
from gridmap.residents.service import may_reveal, one_resident, reveal
from web.answers import fragment, writing
from web.errors import status_of
from web.params import FormText, day_of, optional_id, region_of
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.persons import PersonRow, person_row, purposes

router = APIRouter()


@router.post("/fragments/reveal")
async def reveal_person(
    request: Request, visit: Annotated[Visit, guard(Action.PERSON_REVEAL)], person: FormText = "",
    region: FormText = "", purpose: FormText = "", note: FormText = "", as_of: FormText = "",
) -> Response:  # fmt: skip
    """One person in full for a purpose; the answer leaves after the entry in the log is durable."""
    person_id = optional_id(person, "Person")
    number = region_of(region)
    if person_id is None or number is None:
        raise NotFoundError
    day = day_of(as_of, visit.today)
    try:
        found = await writing(request, _reveal, visit, number, person_id, (purpose, note), day)
    except (PermissionDeniedError, PurposeRequiredError) as error:
        return await _refusal(request, visit, number, person_id, error)
    return _person(request, visit, found)


def _reveal(
    unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID, why: tuple[str, str], day: date
) -> PersonRow:
    purpose, note = why
    found = reveal(unit, visit.actor, region, person_id, purpose=purpose, note=note, as_of=day)
    return person_row(found, visit.text, may_reveal=True)


def _person(request: Request, visit: Visit, row: PersonRow, status: int = 200) -> Response:
    context = {
        "person": row,
        "purposes": purposes(visit.text),
        "reveal_seconds": site_of(request).settings.reveal_seconds,
    }
    return fragment(request, visit, "fragments/person.html", context, status)


async def _refusal(
    request: Request, visit: Visit, region: int, person_id: UUID, error: PermissionDeniedError | PurposeRequiredError
) -> Response:
    """The row as it was, with the reason."""
    said = visit.text.error(error)
    row = await writing(request, _masked, visit, region, person_id, f"{said.message} {said.hint}")
    return _person(request, visit, row, status_of(error))


def _masked(unit: UnitOfWork, _site: Site, visit: Visit, region: int, person_id: UUID, refusal: str) -> PersonRow:
    found = one_resident(unit, visit.actor, region, person_id, visit.today)
    return person_row(found, visit.text, may_reveal=may_reveal(visit.actor), refusal=refusal)
