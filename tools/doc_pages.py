"""The pages of the reference that follow from the code: each function gives the tables of one page."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

import geodata
import gridmap
import web
from geodata.errors import ExplainedError
from geodata.readers.settings import ReadLimits
from geodata.readers.table_guard import TableLimits
from gridmap.access.policy import POLICY
from gridmap.access.service import WHOLE_INSTALLATION
from gridmap.access.words import ACTIONS
from gridmap.accounts.actor import Role
from gridmap.accounts.passwords import MINIMUM_LENGTH
from gridmap.accounts.service import ABSOLUTE, ATTEMPTS_BEFORE_LOCK, IDLE, LOCK
from gridmap.accounts.words import ROLES
from gridmap.cli.frame import _exit_code
from gridmap.compliance.rules import Rule, shipped_rules
from gridmap.importing.findings import FINDINGS, Weight
from gridmap.indicators.registry import Indicator, shipped_registry
from gridmap.residents.search import SEARCH_LIMIT
from tools.doc_words import Words
from web.errors import status_of
from web.routes import ROUTERS
from web.security.marker import Guard, marker_of
from web.security.throttle import FAILURES, WINDOW_S
from web.settings import PREFIX, Settings
from web.words import CELL_KINDS, LEVELS

ROOT: Final = Path(__file__).resolve().parent.parent
WEIGHTS: Final = {
    Weight.REJECT: "the row is rejected",
    Weight.REVIEW: "the row goes to review",
    Weight.NOTE: "the row is accepted, the value left out",
}
VARIABLES: Final = {
    "GRIDMAP_DB": "The register, where --db is not given.",
    "GRIDMAP_KEY_FILE": "The file that holds the register's key.",
    "GRIDMAP_KEY": "The key itself (64 hexadecimal digits) instead of a file.",
    "GRIDMAP_LANG": "Language of the command line: zh-CN (default) or en.",
    "GRIDMAP_DEBUG": "Set to 1: a fault of the program is printed with its trace.",
}
"""Variables beside those of the server."""


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], words: Words) -> str:
    """A Markdown table."""
    head = "| " + " | ".join(words.head(heading) for heading in headings) + " |"
    body = ["| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(headings), *body])


def code(text: object) -> str:
    """Text as code."""
    return f"`{text}`"


def roles(words: Words) -> dict[str, str]:
    """Which role may do what."""
    rows = [
        [code(action.value), words.say(ACTIONS[action]), *("●" if role in rule.roles else "" for role in Role),
         words.say("within the areas of the role" if rule.scoped else "everywhere")]
        for action, rule in POLICY.items()
    ]  # fmt: skip
    names = [[code(role.value), words.say(ROLES[role]), words.say(_whole(role))] for role in Role]
    headings = ["Action", "Meaning", *(ROLES[role] for role in Role), "Reach"]
    return {"roles": table(["Code", "Role", "Held over"], names, words), "actions": table(headings, rows, words)}


def _whole(role: Role) -> str:
    return "the whole installation" if role in WHOLE_INSTALLATION else "an area and all below it"


def errors(words: Words) -> dict[str, str]:
    """Every error a user may see."""
    rows = [
        [
            code(kind.code),
            words.say(kind.message),
            words.say(kind.hint),
            status_of(kind),
            _exit_code(kind.__new__(kind)),
        ]
        for kind in error_classes()
    ]
    return {"errors": table(["Code", "Message", "What to do", "HTTP", "Exit code"], rows, words)}


def error_classes() -> list[type[ExplainedError]]:
    """The classes of errors that say something of their own, by code."""
    for package in (geodata, gridmap, web):
        for module in _modules(package):
            importlib.import_module(module)
    found = {kind for kind in _below(ExplainedError) if {"message", "code"} <= vars(kind).keys()}
    return sorted((kind for kind in found if kind.__module__.split(".")[0] != "tests"), key=lambda kind: kind.code)


def _modules(package: ModuleType) -> Iterator[str]:
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".migrations" not in module.name:
            yield module.name


def _below(kind: type[ExplainedError]) -> Iterator[type[ExplainedError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def findings(words: Words) -> dict[str, str]:
    """What can be wrong with a row of a register."""
    rows = [
        [code(found.code), words.say(WEIGHTS[found.weight]), words.say(found.message), words.say(found.hint)]
        for found in sorted(FINDINGS.values(), key=lambda found: (-found.weight, found.code))
    ]
    return {"findings": table(["Code", "Effect", "Message", "What to do"], rows, words)}


def indicators(words: Words) -> dict[str, str]:
    """The indicators that ship, and the measures they are made of."""
    registry = shipped_registry()
    rows = [
        [code(entry.id), words.say(entry.name), words.say(entry.unit), _formula(entry), _definition(entry, words)]
        for entry in registry.indicators.values()
    ]
    measures = [[code(name), code(text)] for name, text in registry.measures.items()]
    return {
        "indicators": table(["Code", "Name", "Unit", "Formula", "Definition"], rows, words),
        "measures": table(["Measure", "Expression"], measures, words),
        "unverified_days": str(registry.unverified_days),
        "required": ", ".join(map(code, registry.required)),
    }


def _formula(entry: Indicator) -> str:
    text = code(entry.measure(entry.numerator))
    if entry.denominator is not None:
        text += f" ÷ {code(entry.measure(entry.denominator))}"
    return text if entry.factor == 1 else f"{text} × {entry.factor:g}"


def _definition(entry: Indicator, words: Words) -> str:
    text = words.say(entry.source)
    return text if entry.days is None else text.replace("{days}", str(entry.days))


def rules(words: Words) -> dict[str, str]:
    """The rules of compliance that ship."""
    rows = [
        [code(rule.id), words.say(rule.name), code(rule.indicator), rule.days or "–", *_limits(rule, words),
         words.join([CELL_KINDS[kind] for kind in rule.kinds]), words.join([LEVELS[level] for level in rule.levels]),
         rule.valid_from.isoformat(), words.say(rule.action)]
        for rule in shipped_rules().rules
    ]  # fmt: skip
    headings = ["Code", "Name", "Indicator", "Days", "Meets", "At risk", "Fewest to judge by", "Kinds of cell",
                "Levels", "From", "What to do"]  # fmt: skip
    return {"rules": table(headings, rows, words)}


def _limits(rule: Rule, words: Words) -> list[object]:
    if rule.range is not None:
        return [f"{rule.range[0]}–{rule.range[1]}", words.say("outside"), "–"]
    sign = "≥" if rule.direction == "up" else "≤"
    return [f"{sign} {rule.meets:g}", f"{sign} {rule.at_risk:g}", rule.minimum]


def settings(words: Words) -> dict[str, str]:
    """Settings of the server, other variables, and limits that are built in."""
    rows = [
        [code(PREFIX + name.upper()), _default(entry.default), words.say(entry.description or "")]
        for name, entry in Settings.model_fields.items()
    ]
    variables = [[code(name), words.say(text)] for name, text in VARIABLES.items()]
    return {
        "settings": table(["Variable", "Default", "Meaning"], rows, words),
        "variables": table(["Variable", "Meaning"], variables, words),
        "limits": table(["Limit", "Value"], [[words.say(name), value] for name, value in limits().items()], words),
    }


def _default(value: object) -> str:
    if value is None or value == frozenset():
        return "–"
    return code(str(value).lower() if isinstance(value, bool) else value)


def limits() -> dict[str, object]:
    """Limits that are built in, by what they limit."""
    tables, layers = TableLimits(), ReadLimits()
    return {
        "Idle time after which a session ends, minutes": int(IDLE.total_seconds() // 60),
        "Longest session, hours": int(ABSOLUTE.total_seconds() // 3600),
        "Failures after which an account is locked": ATTEMPTS_BEFORE_LOCK,
        "How long it is locked, minutes": int(LOCK.total_seconds() // 60),
        "Failures from one address after which it has to wait": f"{FAILURES} / {WINDOW_S / 60:g} min",
        "Shortest password, characters": MINIMUM_LENGTH,
        "Persons a search shows; with more it shows none": SEARCH_LIMIT,
        "Table file, MiB": tables.max_bytes // 2**20,
        "Workbook unpacked, MiB": tables.max_unpacked_bytes // 2**20,
        "Rows of a table": f"{tables.max_rows:,}",
        "Columns of a table": tables.max_columns,
        "Geometry file, MiB": layers.max_file_bytes // 2**20,
        "Geometry archive unpacked, MiB": layers.max_unpacked_bytes // 2**20,
        "Features of a layer": f"{layers.max_features:,}",
    }


def api_routes() -> list[APIRoute]:
    """The routes of the programming interface."""
    routes = [route for router in ROUTERS for route in router.routes]
    return [route for route in routes if isinstance(route, APIRoute) and route.path.startswith("/api/")]


def api(words: Words) -> dict[str, str]:
    """The programming interface, from its own description."""
    described: dict[str, Any] = get_openapi(title="gridmap", version="1", routes=api_routes())
    parts = []
    for route in api_routes():
        for method in sorted(route.methods or ()):
            found = described["paths"][route.path][method.lower()]
            marker = marker_of(route)
            needs = code(marker.action.value) if isinstance(marker, Guard) else words.say("nothing")
            parts.append(f"### {method} {route.path}\n\n{words.say(_sentence(found))}\n\n{words.say('Needs')}: {needs}")
            rows = _parameters(found, described, words)
            if rows:
                parts.append(table(["Parameter", "In", "Kind", "Meaning"], rows, words))
    return {"routes": "\n\n".join(parts)}


def _sentence(operation: dict[str, Any]) -> str:
    return " ".join(str(operation.get("description") or operation["summary"]).split())


def _parameters(operation: dict[str, Any], described: dict[str, Any], words: Words) -> list[list[object]]:
    rows: list[list[object]] = [
        [code(entry["name"]), entry["in"], _kind(entry["schema"]), words.say(entry.get("description", ""))]
        for entry in operation.get("parameters", [])
    ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    fields = described["components"]["schemas"].get(name, {}).get("properties", {})
    return rows + [
        [code(field), "body", _kind(entry), words.say(entry.get("description", ""))] for field, entry in fields.items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " · ".join(map(code, schema["enum"]))
    return str(schema.get("format") or schema.get("type", "string"))


def variables_in_code() -> set[str]:
    """Every environment variable of gridmap that the packages mention, but for those of the server."""
    found: set[str] = set()
    for package in ("geodata", "gridmap", "web"):
        for file in (ROOT / package).rglob("*.py"):
            found |= set(re.findall(r"\bGRIDMAP_[A-Z]+(?:_[A-Z]+)*\b", file.read_text("utf-8")))
    return {name for name in found if not name.startswith(PREFIX) and f"{name}_" != PREFIX}


PAGES: Final = {
    "roles": roles,
    "errors": errors,
    "findings": findings,
    "indicators": indicators,
    "rules": rules,
    "settings": settings,
    "api": api,
}
