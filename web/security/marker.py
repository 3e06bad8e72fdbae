"""The one marker by which a route says who may call it, and the check that none lacks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from gridmap.access.policy import Action, allows
from gridmap.access.words import ACTIONS
from gridmap.errors import PermissionDeniedError
from web.errors import PasswordChangeRequiredError
from web.security.session import check_token, visit_of
from web.security.visit import Visit

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """A dependency that lets a signed-in user with the right to an action pass, and gives the visit."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Visit:
        """Admit the request or raise the error that says why not."""
        visit = await visit_of(request)
        # Whoever is signed in may see to their own account, even before a first role is granted.
        if self.action is not Action.OWN_ACCOUNT:
            if visit.must_change_password:
                raise PasswordChangeRequiredError
            if not allows(visit.actor, self.action):
                raise PermissionDeniedError(action=ACTIONS[self.action])
        if request.method not in SAFE:
            await check_token(request, visit.csrf)
        return visit


class Public:
    """A dependency that says: everybody, without signing in."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def guard(action: Action) -> Any:
    """The marker of a route that needs the right to an action."""
    return Depends(Guard(action))


public: Any = Depends(Public())
"""The marker of a route that is open to everybody."""


class UnmarkedRouteError(RuntimeError):
    """A route does not say who may call it: the server does not start."""


def marker_of(route: BaseRoute) -> Guard | Public:
    """The marker of a route.

    Raises:
        UnmarkedRouteError: there is none, or more than one.
    """
    found = [call for call in _calls(route) if isinstance(call, Guard | Public)]
    if len(found) != 1:
        raise UnmarkedRouteError(f"{getattr(route, 'path', route)!r} has {len(found)} markers of who may call it")
    return found[0]


def require_markers(routes: Iterable[BaseRoute]) -> None:
    """Refuse routes without exactly one marker.

    Raises:
        UnmarkedRouteError: names the first such route.
    """
    for route in routes:
        marker_of(route)


def _calls(route: BaseRoute) -> Iterator[object]:
    if not isinstance(route, APIRoute):
        return
    waiting: list[Dependant] = list(route.dependant.dependencies)
    while waiting:
        dependant = waiting.pop()
        yield dependant.call
        waiting += dependant.dependencies
