"""A user's own account: password and sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from geodata.errors import ExplainedError
from gridmap.access.policy import Action
from gridmap.accounts import service as accounts
from gridmap.audit import service as audit
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import AccountLockedError, InvalidInputError, SignInError, WeakPasswordError
from web.answers import Context, page, reading, see_other, writing
from web.errors import status_of
from web.params import FormText
from web.security.marker import guard
from web.security.session import set_cookie
from web.security.visit import Visit
from web.site import Site, site_of
from web.views.accounts import session_rows

router = APIRouter(prefix="/account")
Own = Annotated[Visit, guard(Action.OWN_ACCOUNT)]


@router.get("")
async def show(request: Request, visit: Own, changed: bool = False) -> Response:
    """Password and sessions."""
    notice = visit.text.gettext("The password was changed; other sessions were ended.") if changed else None
    context = await reading(request, _context, visit)
    return await page(request, visit, "account.html", "", {**context, "error": None, "notice": notice})


@router.post("/password")
async def password(
    request: Request, visit: Own, old: FormText = "", new: FormText = "", again: FormText = ""
) -> Response:
    """Choose a new password: ends every session, and opens a new one here."""
    try:
        token = await writing(request, _change, visit, old, new, again)
    except (WeakPasswordError, AccountLockedError, InvalidInputError) as error:
        return await _refuse(request, visit, error)
    if token is None:  # the failed attempt is counted, so the transaction had to end well
        return await _refuse(request, visit, SignInError())
    response = see_other("/account?changed=1")
    set_cookie(response, site_of(request).settings, "gridmap", token)
    return response


@router.post("/sessions/{session_id}/end")
async def end_session(request: Request, visit: Own, session_id: UUID) -> Response:
    """End one of the user's own sessions."""
    await writing(request, _end, visit, session_id)
    return see_other("/account")


async def _refuse(request: Request, visit: Visit, error: ExplainedError) -> Response:
    said = visit.text.error(error)
    context = await reading(request, _context, visit)
    message = f"{said.message} {said.hint}"
    return await page(
        request, visit, "account.html", "", {**context, "error": message, "notice": None}, status_of(error)
    )


def _context(unit: UnitOfWork, _site: Site, visit: Visit) -> Context:
    sessions = accounts.sessions_of(unit, visit.actor.user_id)
    return {
        "sessions": session_rows(sessions, visit.session_id, visit.text),
        "must_change": visit.must_change_password,
    }


def _change(unit: UnitOfWork, site: Site, visit: Visit, old: str, new: str, again: str) -> str | None:
    if new != again:
        raise InvalidInputError(field="New password again", reason="the two new passwords differ")
    user = accounts.check_password(unit, site.passwords, visit.actor.username, old)
    if user is None:
        return None
    if new == old:
        raise InvalidInputError(field="New password", reason="choose another one than before")
    accounts.set_password(unit, site.passwords, user, new, must_change=False)
    audit.record(unit, visit.actor, "account.own", details={"changed": "password"})
    return accounts.open_session(unit, user)


def _end(unit: UnitOfWork, _site: Site, visit: Visit, session_id: UUID) -> None:
    accounts.end_own_session(unit, visit.actor.user_id, session_id)
    audit.record(unit, visit.actor, "account.own", details={"ended": str(session_id)})
