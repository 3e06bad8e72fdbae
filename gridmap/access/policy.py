"""One table: which roles may do what. Everything not in it is denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gridmap.accounts.actor import Actor, Role


class Action(StrEnum):
    """Everything that can be done, as ``resource.verb``. Routes and commands name one of these."""

    MAP_READ = "map.read"
    STATISTICS_READ = "statistics.read"
    REPORT_READ = "report.read"
    BUILDING_READ = "building.read"
    PERSON_LIST = "person.list"
    PERSON_REVEAL = "person.reveal"
    FORM_KEEP = "form.keep"
    PERSON_MERGE = "person.merge"
    RECORD_EDIT = "record.edit"
    SEARCH_PLACES = "search.places"
    SEARCH_PERSONS = "search.persons"
    GEOMETRY_IMPORT = "geometry.import"
    REGISTER_IMPORT = "register.import"
    STATISTICS_IMPORT = "statistics.import"
    REVIEW_DECIDE = "review.decide"
    BATCH_READ = "batch.read"
    BATCH_UNDO = "batch.undo"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    ACCOUNT_MANAGE = "account.manage"
    BACKUP = "store.backup"
    OWN_ACCOUNT = "account.own"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an action. ``scoped`` actions hold over the areas of the granting roles only."""

    roles: frozenset[Role]
    scoped: bool = True


_EVERYBODY = frozenset(Role)
_OFFICERS = frozenset({Role.GRID_WORKER, Role.COMMUNITY_OFFICER, Role.STREET_OFFICER, Role.DISTRICT_OFFICER})
_AGGREGATES = _OFFICERS | {Role.DATA_MANAGER, Role.ANALYST}
_RECORDS = _OFFICERS | {Role.DATA_MANAGER}
_DATA_MANAGER = frozenset({Role.DATA_MANAGER})

POLICY: Mapping[Action, Rule] = MappingProxyType(
    {
        Action.MAP_READ: Rule(_EVERYBODY, scoped=False),
        Action.STATISTICS_READ: Rule(_AGGREGATES),
        Action.REPORT_READ: Rule(_AGGREGATES),
        Action.BUILDING_READ: Rule(_RECORDS),
        Action.PERSON_LIST: Rule(_RECORDS),
        # Districts supervise by numbers and lists; unmasking is for those who visit, serve or correct.
        Action.PERSON_REVEAL: Rule(
            frozenset({Role.GRID_WORKER, Role.COMMUNITY_OFFICER, Role.STREET_OFFICER, Role.DATA_MANAGER})
        ),
        # Districts supervise; records are kept by those who visit and by the data managers.
        Action.RECORD_EDIT: Rule(
            frozenset({Role.GRID_WORKER, Role.COMMUNITY_OFFICER, Role.STREET_OFFICER, Role.DATA_MANAGER})
        ),
        Action.PERSON_MERGE: Rule(_DATA_MANAGER),
        Action.FORM_KEEP: Rule(_AGGREGATES),
        Action.SEARCH_PLACES: Rule(_RECORDS | {Role.ANALYST}),
        Action.SEARCH_PERSONS: Rule(_RECORDS),
        Action.GEOMETRY_IMPORT: Rule(_DATA_MANAGER),
        Action.REGISTER_IMPORT: Rule(_DATA_MANAGER),
        Action.STATISTICS_IMPORT: Rule(_DATA_MANAGER),
        Action.REVIEW_DECIDE: Rule(_DATA_MANAGER),
        Action.BATCH_READ: Rule(_DATA_MANAGER),
        Action.BATCH_UNDO: Rule(_DATA_MANAGER),
        Action.AUDIT_READ: Rule(frozenset({Role.AUDITOR}), scoped=False),
        Action.AUDIT_VERIFY: Rule(frozenset({Role.AUDITOR, Role.ADMINISTRATOR}), scoped=False),
        Action.ACCOUNT_MANAGE: Rule(frozenset({Role.ADMINISTRATOR}), scoped=False),
        Action.BACKUP: Rule(frozenset({Role.ADMINISTRATOR}), scoped=False),
        Action.OWN_ACCOUNT: Rule(_EVERYBODY, scoped=False),
    }
)


def allows(actor: Actor, action: Action) -> bool:
    """Whether any of the actor's roles may do the action (over some area)."""
    rule = POLICY.get(action)
    return rule is not None and not rule.roles.isdisjoint(actor.roles)
