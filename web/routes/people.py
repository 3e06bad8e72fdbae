"""Users and their rights, for administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.access import service as access
from gridmap.access.policy import Action
from gridmap.access.service import WHOLE_INSTALLATION
from gridmap.accounts import service as accounts
from gridmap.accounts.actor import Role
from gridmap.accounts.models import User
from gridmap.accounts.passwords import random_password
from gridmap.audit import service as audit
from gridmap.bootstrap import UnitOfWork
from gridmap.errors import InvalidInputError, NotFoundError
from web.answers import Context, page, reading, see_other, writing
from web.params import FormText, one_of, optional_day, optional_id
from web.security.marker import guard
from web.security.visit import Visit
from web.site import Site
from web.views.accounts import role_options, user_rows
from web.views.lists import area_options

router = APIRouter(prefix="/people")
Manager = Annotated[Visit, guard(Action.ACCOUNT_MANAGE)]
NAME = 128


@router.get("")
async def show(request: Request, visit: Manager, user: UUID | None = None) -> Response:
    """All users, and one of them with their rights."""
    return await page(request, visit, "people.html", "people", await reading(request, _context, visit, user))


@router.post("")
async def create(
    request: Request, visit: Manager, username: FormText = "", name: FormText = "", role: FormText = "",
    area: FormText = "", valid_to: FormText = "",
) -> Response:  # fmt: skip
    """Create a user with a first role; the temporary password is shown this once."""
    secret = random_password()
    created = await writing(request, _create, visit, username.strip(), name.strip(), secret, (role, area, valid_to))
    return await _with_password(request, visit, created, secret)


@router.post("/{user_id}/grants")
async def grant(
    request: Request, visit: Manager, user_id: UUID, role: FormText = "", area: FormText = "",
    valid_from: FormText = "", valid_to: FormText = "",
) -> Response:  # fmt: skip
    """Grant a role over an area for a time."""
    await writing(request, _grant, visit, user_id, (role, area, valid_to), valid_from)
    return see_other(f"/people?user={user_id}")


@router.post("/{user_id}/grants/{grant_id}/revoke")
async def revoke(request: Request, visit: Manager, user_id: UUID, grant_id: UUID) -> Response:
    """End a role at once."""
    await writing(request, _revoke, visit, user_id, grant_id)
    return see_other(f"/people?user={user_id}")


@router.post("/{user_id}/disable")
async def disable(request: Request, visit: Manager, user_id: UUID) -> Response:
    """Lock a user out at once."""
    await writing(request, _disable, visit, user_id)
    return see_other(f"/people?user={user_id}")


@router.post("/{user_id}/enable")
async def enable(request: Request, visit: Manager, user_id: UUID) -> Response:
    """Let a user in again."""
    await writing(request, _enable, visit, user_id)
    return see_other(f"/people?user={user_id}")


@router.post("/{user_id}/password")
async def reset(request: Request, visit: Manager, user_id: UUID) -> Response:
    """Give a temporary password, shown this once; the user must replace it."""
    secret = random_password()
    await writing(request, _reset, visit, user_id, secret)
    return await _with_password(request, visit, user_id, secret)


async def _with_password(request: Request, visit: Visit, user_id: UUID, secret: str) -> Response:
    context = await reading(request, _context, visit, user_id)
    notice = visit.text.gettext("Hand the first password over in person; it must be changed when it is first used.")
    context |= {"notice": notice, "temporary_password": secret}
    return await page(
        request, visit, "people.html", "people", {**context, "notice": notice, "temporary_password": secret}
    )


def _context(unit: UnitOfWork, site: Site, visit: Visit, user_id: UUID | None) -> Context:
    tree = site.tree.current()
    rows = user_rows(
        accounts.list_users(unit), access.all_grants(unit), accounts.last_sign_ins(unit), tree, visit.text, visit.today
    )
    chosen = next((row for row in rows if row.id == str(user_id)), None)
    if user_id is not None and chosen is None:
        raise NotFoundError
    return {
        "users": rows,
        "roles": role_options(visit.text),
        "areas": area_options(tree, visit.today, visit.lang, None),
        "may_manage": True,
        "chosen": chosen,
        "notice": None,
        "temporary_password": None,
    }


def _create(
    unit: UnitOfWork, site: Site, visit: Visit, username: str, name: str, secret: str, right: tuple[str, str, str]
) -> UUID:
    if not username.isprintable() or not 2 <= len(username) <= 64 or " " in username:
        raise InvalidInputError(field="User name", reason="2 to 64 characters without spaces")
    user = accounts.create_user(
        unit, site.passwords, username=username, display_name=(name or username)[:NAME], password=secret,
        language=visit.lang.split("-", maxsplit=1)[0], must_change_password=True,
    )  # fmt: skip
    audit.record(unit, visit.actor, "account.add", subjects=[user.id], details={"username": username})
    if right[0]:
        _give(unit, site, visit, user, right, "")
    return user.id


def _grant(
    unit: UnitOfWork, site: Site, visit: Visit, user_id: UUID, right: tuple[str, str, str], valid_from: str
) -> None:
    _give(unit, site, visit, accounts.get_user(unit, user_id), right, valid_from)


def _give(unit: UnitOfWork, site: Site, visit: Visit, user: User, right: tuple[str, str, str], valid_from: str) -> None:
    """Nobody grants to themselves: whoever hands out rights does not gain any."""
    chosen, area, valid_to = right
    role = Role(one_of(chosen, set(Role), "Role"))
    area_id = optional_id(area, "Area")
    if user.id == visit.actor.user_id:
        raise InvalidInputError(field="Role", reason="nobody grants a role to themselves")
    if role in WHOLE_INSTALLATION:
        area_id = None
    elif area_id is None or site.tree.current().get(area_id) is None:
        raise InvalidInputError(field="Area", reason="choose an area for this role")
    given = access.grant_role(
        unit, user, role, area_id, valid_from=optional_day(valid_from, "From"),
        valid_to=optional_day(valid_to, "Until"), granted_by=visit.actor.user_id,
    )  # fmt: skip
    audit.record(
        unit, visit.actor, "account.grant", subjects=[user.id],
        details={"role": role.value, "area": area_id, "from": given.valid_from, "to": given.valid_to},
    )  # fmt: skip


def _revoke(unit: UnitOfWork, _site: Site, visit: Visit, user_id: UUID, grant_id: UUID) -> None:
    ended = access.revoke(unit, grant_id)
    if ended.user_id != user_id:
        raise NotFoundError
    audit.record(unit, visit.actor, "account.revoke", subjects=[user_id], details={"role": ended.role})


def _disable(unit: UnitOfWork, _site: Site, visit: Visit, user_id: UUID) -> None:
    if user_id == visit.actor.user_id:
        raise InvalidInputError(field="Account", reason="you cannot lock yourself out")
    accounts.disable_user(unit, accounts.get_user(unit, user_id).username)
    audit.record(unit, visit.actor, "account.disable", subjects=[user_id])


def _enable(unit: UnitOfWork, _site: Site, visit: Visit, user_id: UUID) -> None:
    accounts.enable_user(unit, accounts.get_user(unit, user_id).username)
    audit.record(unit, visit.actor, "account.enable", subjects=[user_id])


def _reset(unit: UnitOfWork, site: Site, visit: Visit, user_id: UUID, secret: str) -> None:
    accounts.set_password(unit, site.passwords, accounts.get_user(unit, user_id), secret, must_change=True)
    audit.record(unit, visit.actor, "account.password", subjects=[user_id])
