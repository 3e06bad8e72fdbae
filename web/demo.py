"""``gridmap demo``: a register of a synthetic sub-district, users of several roles, and a server over it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Final

import typer

from geodata.city import Size, make_city
from gridmap.access import service as access
from gridmap.accounts import service as accounts
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import Passwords, random_password
from gridmap.areas.tree import AreaTree, load_tree
from gridmap.bootstrap import Store, UnitOfWork, create_register, open_register
from gridmap.cli.frame import _, out, say
from gridmap.demo.load import load_city
from gridmap.demo.population import make_population
from web import server
from web.server import Listen
from web.site import office_today

NAME: Final = "demo.gridmap"

USERS: Final = {
    "admin": (Role.ADMINISTRATOR, "", "系统管理员"),
    "auditor": (Role.AUDITOR, "", "安全审计员"),
    "manager": (Role.DATA_MANAGER, "street", "数据管理员"),
    "street": (Role.STREET_OFFICER, "street", "街道干部"),
    "community": (Role.COMMUNITY_OFFICER, "community", "社区干部"),
    "worker": (Role.GRID_WORKER, "cell", "网格员"),
    "analyst": (Role.ANALYST, "street", "分析员"),
}
"""Users of the demonstration: role, level of the first area it is over, name."""


def demo(
    folder: Annotated[Path, typer.Argument(help=_("The folder to keep the demonstration in."))] = Path(),
    size: Annotated[Size, typer.Option("--size", help=_("How large a city to make up."))] = Size.STREET,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help=_("The port to listen on."))] = 8600,
) -> None:
    """Make up a sub-district with residents who do not exist, and serve it on this computer."""
    listen = Listen(port=port)
    server.check(listen)
    location = folder / NAME
    store = open_register(str(location)) if location.exists() else _make(location, size)
    try:
        passwords = renew_users(store)
        say("Everything in this register is made up: no person, address or number is real.")
        for username, password in passwords.items():
            out.print(f"  {username:<10} {password}", markup=False)
        say("Serving at {url} — stop with Ctrl+C.", url=listen.url)
        server.run(store, listen, server.settings_for(listen))
    finally:
        store.close()


def _make(location: Path, size: Size) -> Store:
    say("Making up a city of size {size} in {location} …", size=size.value, location=str(location))
    city = make_city(size)
    population = make_population(city, as_of=office_today())
    store = create_register(str(location))
    try:
        with store.write() as unit:
            load_city(unit, city, population)
            # The command line works on the demonstration too; nobody signs in to a browser as this user.
            system = getpass.getuser()
            access.make_first_user(unit, f"{system}.cli" if system in USERS else system)
    except BaseException:
        store.close()
        location.unlink(missing_ok=True)
        raise
    return store


def renew_users(store: Store, hasher: Passwords | None = None) -> dict[str, str]:
    """Make the demonstration's users where they are missing and give each a fresh random password; these are returned
    by user name and kept nowhere."""
    hasher = hasher or Passwords()
    fresh = {username: random_password() for username in USERS}
    with store.write() as unit:
        known = {user.username: user for user in accounts.list_users(unit)}
        tree = load_tree(unit)
        for username, password in fresh.items():
            if username in known:
                accounts.set_password(unit, hasher, known[username], password, must_change=False)
            else:
                _add(unit, tree, hasher, username, password)
    return fresh


def _add(unit: UnitOfWork, tree: AreaTree, hasher: Passwords, username: str, password: str) -> None:
    role, level, name = USERS[username]
    user = accounts.create_user(unit, hasher, username=username, display_name=name, password=password)
    area = next((node.id for node in tree.nodes if node.level == level), None) if level else None
    access.grant_role(unit, user, role, area)
