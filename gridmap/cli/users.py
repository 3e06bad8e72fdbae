"""``gridmap user``: accounts and grants."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from gridmap.access import service as access
from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.accounts import service as accounts
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords, random_password
from gridmap.accounts.words import ROLES
from gridmap.areas.service import find_area
from gridmap.audit import service as audit
from gridmap.cli.frame import As, Db, Json, _, command, emit, out, parse_day, say, words, working
from gridmap.cli.usage import Group
from gridmap.errors import InvalidInputError

app = typer.Typer(help=_("Manage users and what they may do."), no_args_is_help=True, cls=Group)

Name = Annotated[str, typer.Argument(help=_("The name the user signs in with."), show_default=False)]


@command(app, "add")
def add(  # noqa: PLR0913, PLR0917 - options
    username: Name,
    db: Db,
    role: Annotated[Role, typer.Option("--role", help=_("The role to grant."), show_default=False)],
    area: Annotated[
        str | None,
        typer.Option(
            "--area",
            help=_("The area the role holds over; needed for all but administrator and auditor."),
            show_default=False,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=_("The name to show."), show_default=False)] = None,
    valid_to: Annotated[
        str | None, typer.Option("--valid-to", help=_("The first day the role no longer holds."), show_default=False)
    ] = None,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Add a user with a role over an area; a random first password is printed once."""
    if area is None and role not in access.WHOLE_INSTALLATION:
        raise InvalidInputError(field="--area", reason="this role holds over an area; name it")
    password = random_password()
    with working(db, as_) as work, work.store.write() as unit:
        scope_of(work.actor, Action.ACCOUNT_MANAGE)
        user = accounts.create_user(
            unit,
            Passwords(),
            username=username,
            display_name=name or username,
            password=password,
            must_change_password=True,
        )
        node = find_area(unit, area) if area else None
        access.grant_role(
            unit,
            user,
            role,
            node.id if node else None,
            valid_to=parse_day(valid_to, "--valid-to"),
            granted_by=work.actor.user_id,
        )
        audit.record(
            unit,
            work.actor,
            "account.add",
            subjects=[user.id],
            details={"role": role.value, "area": node.code if node else None},
        )
    if json_:
        emit({"username": username, "role": role.value, "area": area, "password": password})
        return
    say("User {username} was added. First password (shown once): {password}", username=username, password=password)


@command(app, "list")
def list_(db: Db, as_: As = None, json_: Json = False) -> None:
    """List users and their grants."""
    with working(db, as_) as work, work.store.read() as unit:
        scope_of(work.actor, Action.ACCOUNT_MANAGE)
        users = accounts.list_users(unit)
        grants = [
            (user.username, grant.role, grant.area_id, grant.valid_to, grant.revoked_at)
            for grant, user in access.all_grants(unit)
        ]
    if json_:
        emit(
            [
                {"username": user.username, "name": user.display_name, "disabled": user.disabled_at is not None,
                 "roles": [grant[1] for grant in grants if grant[0] == user.username and grant[4] is None]}
                for user in users
            ]
        )  # fmt: skip
        return
    table = Table(show_edge=False, box=None)
    for heading in ("User name", "Name", "Roles", "State"):
        table.add_column(_(heading))
    for user in users:
        held = [ROLES[Role(grant[1])] for grant in grants if grant[0] == user.username and grant[4] is None]
        roles = words().text("{names}", names=held)
        table.add_row(user.username, user.display_name, roles, _("disabled") if user.disabled_at else _("active"))
    out.print(table)


@command(app, "disable")
def disable(username: Name, db: Db, as_: As = None) -> None:
    """Disable a user and end their sessions at once."""
    with working(db, as_) as work, work.store.write() as unit:
        scope_of(work.actor, Action.ACCOUNT_MANAGE)
        user = accounts.disable_user(unit, username)
        audit.record(unit, work.actor, "account.disable", subjects=[user.id])
    say("User {username} was disabled.", username=username)


@command(app, "password")
def password(username: Name, db: Db, as_: As = None, json_: Json = False) -> None:
    """Give a user a new random password, which they must change when they sign in."""
    fresh = random_password()
    with working(db, as_) as work, work.store.write() as unit:
        scope_of(work.actor, Action.ACCOUNT_MANAGE)
        user = accounts.find_user(unit, username)
        accounts.set_password(unit, Passwords(), user, fresh, must_change=True)
        audit.record(unit, work.actor, "account.password", subjects=[user.id])
    if json_:
        emit({"username": username, "password": fresh})
    else:
        say("New password of {username} (shown once): {password}", username=username, password=fresh)
