"""Every address of the application with real records in it, made from the routes themselves.

A new route fails the tests until its parameters are known here, so none is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.web.sample import Sample

NOBODY = UUID(int=7)
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")

QUERIES = {"/api/v1/trend": "area={area_id}", "/fragments/compare": "area={area_id}"}
"""Queries without which an address does not answer."""

FORMS: dict[str, dict[str, str]] = {
    "/fragments/reveal": {"person": "{person_id}", "region": "{region}", "purpose": "visit"},
    "/fragments/search": {"q": "花园"},
    "/residents": {"area": "{area_id}", "q": "龙"},
    "/residents/export": {"area": "{area_id}", "format": "csv"},
    "/residents/filters": {"area": "{area_id}", "name": "x"},
    "/dwellings/export": {"area": "{area_id}", "format": "csv"},
    "/dwellings/filters": {"area": "{area_id}", "name": "x"},
    "/reports/download": {"report": "coverage", "area": "{area_id}", "format": "html"},
    "/people": {"username": "x"},
    "/edit/person/{region}/{person_id}/details/reveal": {"purpose": "visit"},
    "/duplicates": {"area": "{area_id}"},
}
"""What is sent to addresses that change something or that look for words; elsewhere only the token."""

BODIES: dict[str, dict[str, str]] = {
    "/api/v1/search": {"q": "花园"},
    "/api/v1/persons/search": {"q": "{name}"},
    "/api/v1/persons/{region}/{person_id}/reveal": {"purpose": "visit"},
}

LEAVES = {"/logout", "/account/password", "/language"}
"""Addresses that end or change the visitor's own session."""


@dataclass(frozen=True)
class Address:
    """One method of one route, with the records of one cell filled in."""

    method: str
    template: str
    path: str
    form: dict[str, str]
    body: dict[str, str] | None
    route: APIRoute

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def routes_of(app: FastAPI) -> list[APIRoute]:
    """All routes; anything else in the application would escape the checks."""
    assert all(isinstance(route, APIRoute) for route in app.routes)
    return [route for route in app.routes if isinstance(route, APIRoute)]


def addresses(app: FastAPI, sample: Sample, cell: str) -> list[Address]:
    """Every address about the records of a cell."""
    known = records(app, sample, cell)
    found = []
    for route in routes_of(app):
        query = QUERIES.get(route.path)
        path = _fill(route.path, known) + (f"?{_fill(query, known)}" if query else "")
        form = {name: _fill(value, known) for name, value in FORMS.get(route.path, {}).items()}
        body = BODIES.get(route.path)
        filled = None if body is None else {name: _fill(value, known) for name, value in body.items()}
        found += [Address(method, route.path, path, form, filled, route) for method in sorted(route.methods)]
    return found


def records(app: FastAPI, sample: Sample, cell: str) -> dict[str, Any]:
    """Values for the parameters of addresses: records of the cell, and ids of nothing where acting would destroy."""
    building = sample.buildings[cell][0]
    person = sample.of(cell)[0]
    layers = app.state.site.layers.current()
    return {
        "area_id": sample.areas[cell].id,
        "region": building.region,
        "building_id": building.id,
        "dwelling_id": person.dwelling_id,
        "person_id": person.id,
        "name": person.name,
        "household_id": sample.household_of[person.id],
        "organisation_id": sample.organisations[cell],
        "person_form": "details",
        "room_form": "move-out",
        "household_form": "details",
        "building_form": "dwelling",
        "organisation_form": "details",
        "change_id": NOBODY,
        "user_id": NOBODY,
        "grant_id": NOBODY,
        "session_id": NOBODY,
        "job_id": NOBODY,
        "case_id": NOBODY,
        "filter_id": NOBODY,
        "form_id": NOBODY,
        "layout_id": NOBODY,
        "example_kind": "figures",
        "layer": "cells",
        "version": layers.version,
        "z": 14,
        "x": 13213,
        "y": 7261,
        "path": "logo.svg",
    }


def _fill(text: str, known: dict[str, Any]) -> str:
    return PARAMETER.sub(lambda found: str(known[found.group(1)]), text)
