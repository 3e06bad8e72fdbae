"""Rights: what is not in the table is denied, areas reach down the tree and end with their dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from gridmap.access import service as access
from gridmap.access.policy import POLICY, Action, allows
from gridmap.access.scope import require_area, scope_of
from gridmap.accounts import service as accounts
from gridmap.accounts.actor import Actor, Role, RoleGrant
from gridmap.accounts.models import User
from gridmap.accounts.passwords import Passwords, random_password
from gridmap.areas.models import Area
from gridmap.areas.service import add_area
from gridmap.errors import (
    AccountLockedError,
    DuplicateUserError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
    PermissionDeniedError,
    WeakPasswordError,
)
from gridmap.store.ids import uuid7
from gridmap.store.store import Store, UnitOfWork

CHEAP = Passwords(cheap=True)
PASSWORD = "Corn-9-harbour-blue"


@dataclass
class Tree:
    """A street with two communities of two cells."""

    street: UUID
    left: UUID
    right: UUID
    cells: list[UUID]


def grow(unit: UnitOfWork) -> Tree:
    """Add the tree."""
    street = add_area(unit, code="460108001", name="海府街道", level="street", parent=None)
    left = add_area(unit, code="460108001001", name="东湖里社区居民委员会", level="community", parent=street)
    right = add_area(unit, code="460108001002", name="白坡里社区居民委员会", level="community", parent=street)
    cells = [
        add_area(
            unit, code=f"{parent.code}{number:03d}", name=f"{number}", level="cell", parent=parent, kind="residential"
        )
        for parent in (left, right)
        for number in (1, 2)
    ]
    return Tree(street.id, left.id, right.id, [cell.id for cell in cells])


def acting(role: Role, area: UUID | None) -> Actor:
    """An actor with one grant."""
    return Actor(uuid7(), "x", "x", (RoleGrant(role, area),))


def test_every_action_has_a_rule_and_an_empty_actor_may_nothing() -> None:
    """Deny by default, and no action is forgotten."""
    assert set(POLICY) == set(Action)
    nobody = Actor(uuid7(), "x", "x", ())
    assert not [action for action in Action if allows(nobody, action)]


@pytest.mark.parametrize(
    "action",
    [Action.PERSON_LIST, Action.PERSON_REVEAL, Action.SEARCH_PERSONS, Action.BUILDING_READ, Action.REGISTER_IMPORT],
)
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.ANALYST])
def test_those_who_manage_audit_or_analyse_read_no_persons(role: Role, action: Action) -> None:
    """Three powers are separate: accounts, audit and records."""
    assert not allows(acting(role, None), action)


def test_only_the_auditor_reads_the_log_and_only_the_administrator_manages_accounts() -> None:
    """No other role has these rights."""
    assert POLICY[Action.AUDIT_READ].roles == {Role.AUDITOR}
    assert POLICY[Action.ACCOUNT_MANAGE].roles == {Role.ADMINISTRATOR}


def test_a_grant_reaches_down_the_tree_and_no_further(store: Store) -> None:
    """A community officer sees the community and its cells; a worker one cell; nobody the neighbour's."""
    with store.write() as unit:
        tree = grow(unit)
        officer = scope_of(acting(Role.COMMUNITY_OFFICER, tree.left), Action.PERSON_LIST)
        assert officer.area_ids(unit) == {tree.left, *tree.cells[:2]}
        worker = acting(Role.GRID_WORKER, tree.cells[0])
        assert scope_of(worker, Action.PERSON_LIST).area_ids(unit) == {tree.cells[0]}
        require_area(unit, worker, Action.PERSON_LIST, tree.cells[0])
        for outside in (tree.cells[1], tree.left, tree.street, uuid7()):
            with pytest.raises(NotFoundError):
                require_area(unit, worker, Action.PERSON_LIST, outside)
        everywhere = scope_of(acting(Role.DATA_MANAGER, None), Action.REGISTER_IMPORT)
        assert everywhere.everywhere
        assert everywhere.area_ids(unit) == set(unit.session.scalars(sa.select(Area.id)))


def test_an_area_of_one_role_does_not_widen_another() -> None:
    """An analyst of the street who is a worker of one cell reads persons of that cell only."""
    street, cell = uuid7(), uuid7()
    both = Actor(uuid7(), "x", "x", (RoleGrant(Role.ANALYST, street), RoleGrant(Role.GRID_WORKER, cell)))
    assert scope_of(both, Action.PERSON_LIST).roots == {cell}
    assert scope_of(both, Action.STATISTICS_READ).roots == {street, cell}
    with pytest.raises(PermissionDeniedError):
        scope_of(acting(Role.ANALYST, street), Action.PERSON_LIST)


def test_grants_hold_from_their_first_day_until_revoked(store: Store) -> None:
    """Dates are half open; a revoked grant is gone with the next request."""
    with store.write() as unit:
        tree = grow(unit)
        user = accounts.create_user(unit, CHEAP, username="a", display_name="甲", password=PASSWORD)
        today = access.local_today(unit)
        day = timedelta(days=1)
        access.grant_role(unit, user, Role.GRID_WORKER, tree.cells[0], valid_to=today + day)
        access.grant_role(unit, user, Role.GRID_WORKER, tree.cells[1], valid_from=today + day)
        access.grant_role(unit, user, Role.GRID_WORKER, tree.cells[2], valid_from=today - 9 * day, valid_to=today)
        revoked = access.grant_role(unit, user, Role.ANALYST, tree.street)
        access.revoke(unit, revoked.id)
        assert access.grants_in_force(unit, user.id) == (RoleGrant(Role.GRID_WORKER, tree.cells[0]),)
        assert access.workers_of(unit, tree.cells[0]) == ["甲"]
        assert access.workers_of(unit, tree.cells[1]) == []
        with pytest.raises(InvalidInputError):
            access.grant_role(unit, user, Role.ANALYST, tree.street, valid_from=today, valid_to=today)


def test_five_wrong_passwords_lock_the_account(store: Store) -> None:
    """Failures are counted whether the name exists or not, and a lock says how long."""
    with store.write() as unit:
        accounts.create_user(unit, CHEAP, username="a", display_name="a", password=PASSWORD)
    for _ in range(accounts.ATTEMPTS_BEFORE_LOCK):
        with store.write() as unit:
            assert accounts.check_password(unit, CHEAP, "a", "wrong") is None
            assert accounts.check_password(unit, CHEAP, "nobody", "wrong") is None
    with store.write() as unit, pytest.raises(AccountLockedError):
        accounts.check_password(unit, CHEAP, "a", PASSWORD)


def test_a_session_ends_by_sign_out_idleness_disabling_and_a_new_password(store: Store) -> None:
    """Only the token's hash is stored; a token stops working at once."""

    def valid(token: str) -> bool:
        with store.read() as unit:
            try:
                accounts.session_of(unit, token)
            except NotSignedInError:
                return False
            return True

    with store.write() as unit:
        user = accounts.create_user(unit, CHEAP, username="a", display_name="a", password=PASSWORD)
        tokens = [accounts.open_session(unit, user) for _ in range(2)]
        stored = set(unit.session.scalars(sa.select(accounts.UserSession.token_hash)))
        assert not {token.encode() for token in tokens} & stored
    assert valid(tokens[0])
    assert not valid("no such token")
    with store.write() as unit:
        accounts.end_session(unit, accounts.session_of(unit, tokens[0]).session_id)
    assert not valid(tokens[0])
    assert valid(tokens[1])
    with store.write() as unit:
        past = unit.now - accounts.IDLE - 2 * accounts.SEEN_GRAIN
        unit.session.execute(sa.update(accounts.UserSession).values(last_seen_at=past))
    assert not valid(tokens[1])
    for end in (
        lambda unit: accounts.disable_user(unit, "a"),
        lambda unit: accounts.set_password(
            unit, CHEAP, accounts.find_user(unit, "a"), PASSWORD + "x", must_change=False
        ),
    ):
        with store.write() as unit:
            accounts.enable_user(unit, "a")
            token = accounts.open_session(unit, accounts.find_user(unit, "a"))
        assert valid(token)
        with store.write() as unit:
            end(unit)
        assert not valid(token)


@pytest.mark.parametrize("password", ["short-1", "1234567890123", "aaaaaaaaaaaaaa", "xx-fuhaiyan-xx"])
def test_weak_passwords_are_refused(store: Store, password: str) -> None:
    """Length, variety, and not the user's own name."""
    with store.write() as unit, pytest.raises(WeakPasswordError):
        accounts.create_user(unit, CHEAP, username="fuhaiyan", display_name="x", password=password)


def test_user_names_are_unique_and_random_passwords_strong(store: Store) -> None:
    """A second user of the same name is refused; generated passwords pass the rule."""
    with store.write() as unit:
        for number in range(20):
            accounts.create_user(unit, CHEAP, username=f"u{number}", display_name="x", password=random_password())
        with pytest.raises(DuplicateUserError):
            accounts.create_user(unit, CHEAP, username="u1", display_name="x", password=None)
        hashes = set(unit.session.scalars(sa.select(User.password_hash)))
        assert len(hashes) == 20


def test_the_command_line_acts_as_a_user(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the user mapped to the system account; else the named one; nobody else."""
    monkeypatch.setattr("getpass.getuser", lambda: "tester")
    with store.write() as unit:
        with pytest.raises(InvalidInputError):
            access.command_line_actor(unit)
        user = accounts.create_user(unit, CHEAP, username="a", display_name="a", password=None, os_user="tester")
        access.grant_role(unit, user, Role.DATA_MANAGER, None)
        assert access.command_line_actor(unit).username == "a"
        assert access.command_line_actor(unit, "a").roles == {Role.DATA_MANAGER}
        with pytest.raises(InvalidInputError):
            access.command_line_actor(unit, "b")
