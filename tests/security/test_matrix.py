"""Who may call what: every route, every kind of user, inside and outside their areas.

The expected answers are worked out here from a table of roles and a walk up the tree, not with the program's own
policy and scope.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.routing import Route

from gridmap.access.policy import Action
from tests.security.addresses import LEAVES, NOBODY, Address, addresses, routes_of
from tests.web.client import Visitor, visitor
from tests.web.sample import ROLES, Sample
from web.security.marker import Guard, Public, UnmarkedRouteError, guard, marker_of, public, require_markers

OFFICERS = {"worker1", "worker3", "community", "street", "district"}
FIGURES = OFFICERS | {"manager", "analyst"}
RECORDS = OFFICERS | {"manager"}
EVERYBODY = {name for name, (role, _) in ROLES.items() if role is not None and name != "disabled"}
MAY: dict[Action, set[str]] = {
    Action.MAP_READ: EVERYBODY,
    Action.STATISTICS_READ: FIGURES,
    Action.REPORT_READ: FIGURES,
    Action.BUILDING_READ: RECORDS,
    Action.PERSON_LIST: RECORDS,
    Action.PERSON_REVEAL: RECORDS - {"district"},
    Action.FORM_KEEP: FIGURES,
    Action.PERSON_MERGE: {"manager"},
    Action.RECORD_EDIT: RECORDS - {"district"},
    Action.SEARCH_PLACES: FIGURES,
    Action.SEARCH_PERSONS: RECORDS,
    Action.REGISTER_IMPORT: {"manager"},
    Action.REVIEW_DECIDE: {"manager"},
    Action.BATCH_READ: {"manager"},
    Action.BATCH_UNDO: {"manager"},
    Action.AUDIT_READ: {"auditor"},
    Action.AUDIT_VERIFY: {"auditor", "admin"},
    Action.ACCOUNT_MANAGE: {"admin"},
    Action.OWN_ACCOUNT: EVERYBODY | {"nobody"},
}
"""Users of the sample who may do an action somewhere."""

UNDER = {"c1": {"c1", "k1", "a", "district"}, "c3": {"c3", "k2", "a", "district"}, "c4": {"c4", "k3", "b", "district"}}
"""Areas above a cell, itself included."""

SCOPED = {"area_id", "building_id", "dwelling_id", "household_id", "organisation_id", "person_id"}
"""Parameters that name a record of a place."""

UNKNOWN_IDS = {
    "change_id", "filter_id", "user_id", "grant_id", "session_id", "job_id", "form_id", "case_id", "layout_id",
}  # fmt: skip
UNKNOWN_IN_FORMS = {"/review/undo", "/review/names/withdraw"}
"""Addresses whose form names a record that is not there."""
USERS = sorted(set(ROLES) - {"disabled"})


@pytest.fixture(scope="module")
def visitors(app: FastAPI) -> dict[str, Visitor]:
    """Everybody, signed in."""
    return {name: visitor(app, name) for name in USERS}


def call(someone: Visitor, address: Address) -> int:
    """Ask; the status of the answer."""
    if address.body is not None:
        return int(someone.send(address.path, address.body).status_code)
    if address.method == "GET":
        return int(someone.get(address.path, accept="application/json").status_code)
    return int(someone.post(address.path, address.form, accept="application/json").status_code)


def is_scoped(address: Address) -> bool:
    """Whether the address (or what is sent) names a record of a place."""
    named = {param.alias for param in address.route.dependant.path_params}
    return (
        bool(named & SCOPED)
        or "area=" in address.path
        or (address.method == "POST" and bool({"person", "area"} & set(address.form)))
    )


def expected(address: Address, username: str, cell: str) -> set[int] | str:
    """The answers that are right for a user."""
    marker = marker_of(address.route)
    if isinstance(marker, Public):
        return "any"
    if username not in MAY[marker.action]:
        return {403}
    named = {param.alias for param in address.route.dependant.path_params}
    if named & UNKNOWN_IDS or address.template in UNKNOWN_IN_FORMS:
        return {404, 422}
    area = ROLES[username][1]
    if is_scoped(address) and area not in UNDER[cell]:
        return {404}
    return "let in"


@pytest.mark.parametrize("cell", sorted(UNDER))
def test_every_route_lets_in_exactly_those_it_should(
    app: FastAPI, sample: Sample, visitors: dict[str, Visitor], cell: str
) -> None:
    """Outside one's areas a record is as if it did not exist; without the right the answer says so."""
    wrong = []
    for address in addresses(app, sample, cell):
        if address.template in LEAVES or (cell != "c1" and not is_scoped(address)):
            continue  # what names no place answers alike wherever the place is
        for username, someone in visitors.items():
            right = expected(address, username, cell)
            status = call(someone, address)
            let_in = status not in {401, 403, 404} and status < 500
            if right == "any":
                continue
            if not (let_in if right == "let in" else status in right):
                wrong.append(f"{address} as {username}: {status}, expected {right}")
    assert wrong == []


def test_strangers_are_let_in_nowhere_but_at_the_door(app: FastAPI, sample: Sample) -> None:
    """Nothing but the page to sign in, its drawing, static files and the sign of life."""
    stranger, open_to_all = visitor(app), set()
    for address in addresses(app, sample, "c1"):
        if isinstance(marker_of(address.route), Public):
            open_to_all.add(str(address))
            continue
        assert call(stranger, address) == 401, str(address)
    assert open_to_all == {
        "GET /login", "POST /login", "POST /language", "POST /theme", "GET /healthz", "GET /login/plan.svg",
        "GET /static/{version}/{path:path}",
    }  # fmt: skip


def test_changes_without_the_token_or_from_elsewhere_are_refused(
    app: FastAPI, sample: Sample, visitors: dict[str, Visitor]
) -> None:
    """Whoever may do it otherwise: no token, another's token, another site, all the same answer."""
    everybody = dict(visitors)
    for address in addresses(app, sample, "c1"):
        if address.method == "GET":
            continue
        marker = marker_of(address.route)
        username = "street" if isinstance(marker, Public) else sorted(MAY[marker.action] - {"nobody"})[0]
        someone, other = everybody[username], everybody["community" if username != "community" else "street"]
        for headers in forgeries(someone, other):
            sent = someone.client.post(
                address.path, data={}, headers={"accept": "application/json", **headers}, follow_redirects=False
            )
            assert (sent.status_code, sent.json()["code"]) == (403, "forged_request"), f"{address} {headers}"


def forgeries(someone: Visitor, other: Visitor) -> Iterator[dict[str, str]]:
    """Headers of requests that the visitor's browser was made to send."""
    yield {}
    yield {"x-csrf-token": other.csrf}
    yield {"x-csrf-token": someone.csrf, "origin": "https://evil.example"}
    yield {"x-csrf-token": someone.csrf, "sec-fetch-site": "cross-site"}
    yield {"x-csrf-token": someone.csrf, "sec-fetch-site": "same-site"}


def test_a_record_outside_and_one_that_is_not_there_answer_alike(
    app: FastAPI, sample: Sample, visitors: dict[str, Visitor]
) -> None:
    """Existence is not revealed: status, headers and body are the same but for the request's own number."""
    worker, person = visitors["worker1"], sample.of("c3")[0]
    pairs = [
        ("/fragments/building/{}/{}", (person.region, person.building_id)),
        ("/fragments/dwelling/{}/{}", (person.region, person.dwelling_id)),
        ("/api/v1/buildings/{}/{}", (person.region, person.building_id)),
        ("/api/v1/dwellings/{}/{}", (person.region, person.dwelling_id)),
        ("/fragments/area/{1}", (0, sample.areas["c3"].id)),
        ("/api/v1/areas/{1}/summary", (0, sample.areas["c3"].id)),
        ("/api/v1/areas/{1}/residents", (0, sample.areas["c3"].id)),
        ("/api/v1/trend?area={1}", (0, sample.areas["c3"].id)),
        ("/residents?area={1}", (0, sample.areas["c3"].id)),
    ]
    for template, (region, record) in pairs:
        outside, absent = (worker.get(template.format(region, which)) for which in (record, NOBODY))
        assert outside.status_code == absent.status_code == 404, template
        assert _plain(outside.text) == _plain(absent.text), template
        assert _names(outside.headers) == _names(absent.headers), template
    sent = [
        worker.send(f"/api/v1/persons/{person.region}/{which}/reveal", {"purpose": "visit"})
        for which in (person.id, NOBODY)
    ]
    assert [answer.status_code for answer in sent] == [404, 404]
    assert sent[0].content == sent[1].content


def _plain(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrf" not in line)


def _names(headers: object) -> dict[str, str]:
    left_out = {"x-request-id", "date", "content-length"}
    return {name: value for name, value in dict(headers).items() if name not in left_out}  # type: ignore[call-overload]


def test_every_route_has_a_marker(app: FastAPI) -> None:
    """The application refuses to start otherwise; every action named is one of the policy."""
    require_markers(app.routes)
    named = {marker.action for route in routes_of(app) if isinstance(marker := marker_of(route), Guard)}
    assert named <= set(MAY)


def test_a_route_without_a_marker_keeps_the_server_from_starting() -> None:
    """Forgotten, doubled, or not a route of the framework: none passes."""
    bare = FastAPI(openapi_url=None)

    @bare.get("/forgotten")
    async def forgotten() -> None:
        """No marker."""

    @bare.get("/doubled", dependencies=[public, guard(Action.MAP_READ)])
    async def doubled() -> None:
        """Two markers."""

    for route in [*bare.routes, Route("/plain", lambda request: None)]:
        with pytest.raises(UnmarkedRouteError):
            require_markers([route])
