"""Import of aliases: other and older names of compounds, roads and buildings (kind, official, alias)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from geodata.issues import Issue, Severity
from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.accounts.actor import Actor
from gridmap.audit import service as audit
from gridmap.buildings.models import Building, Compound
from gridmap.changes.journal import recording
from gridmap.importing.outcome import ImportOutcome, Progress, Verdict, silent, write_batch
from gridmap.importing.sheet import read_mapped
from gridmap.linking.aliases import KINDS, AliasEntry, add_aliases
from gridmap.linking.keys import name_key
from gridmap.store.store import Store, UnitOfWork

FIELDS = ("kind", "official", "alias")
_KIND_WORDS = {"小区": "compound", "道路": "road", "路": "road", "楼栋": "building", "建筑": "building"}


def import_aliases(store: Store, actor: Actor, path: Path, *, progress: Progress = silent) -> ImportOutcome:
    """Import a table of aliases. One that is known is unchanged; one that was withdrawn is in force again.

    An alias of a name that nothing in the register carries is kept, for its buildings may come later, and named as the
    finding ``alias_official_unknown``: until then it leads nowhere.

    Raises `PermissionDeniedError`, `TableError`, `MissingColumnError`.
    """
    outcome = ImportOutcome("aliases", path.name)
    progress("read", 0, 1)
    sheet = read_mapped(path, FIELDS, FIELDS)
    kinds, officials, aliases = (sheet.text(name).tolist() for name in FIELDS)
    with store.write() as unit:
        scope_of(actor, Action.REGISTER_IMPORT)
        entries: list[AliasEntry] = []
        names = _known_names(unit)
        for row, kind, official, alias in zip(sheet.rows.tolist(), kinds, officials, aliases, strict=True):
            entry = AliasEntry(_KIND_WORDS.get(kind, kind.lower()), official, alias)
            problem = _problem(entry, row)
            if problem is not None:
                outcome.reject(problem)
            else:
                entries.append(entry)
                if name_key(entry.official) not in names[entry.kind]:
                    outcome.issues.append(_unknown(entry, row))
        with recording(unit, actor, "aliases.import", region=audit.INSTALLATION_REGION, change_id=outcome.batch_id):
            fresh, repeated = add_aliases(unit, entries, source="import", user_id=actor.user_id)
        outcome.verdicts[Verdict.INSERTED] += fresh
        outcome.verdicts[Verdict.UNCHANGED] += repeated
        write_batch(unit, actor, outcome, path, regions=[])
    progress("write", len(sheet), len(sheet))
    return outcome


def _known_names(unit: UnitOfWork) -> Mapping[str, Set[str]]:
    """The keys of all names in the register, by kind of alias."""

    def keys(*columns: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]) -> Set[str]:
        found = (name for column in columns for name in unit.session.scalars(sa.select(column).distinct()))
        return {name_key(name) for name in found if name}

    return {
        "compound": keys(Compound.name),
        "road": keys(Building.road),
        "building": keys(Building.name, Building.number),
    }


def _unknown(entry: AliasEntry, row: int) -> Issue:
    return Issue(
        "alias_official_unknown",
        "“{official}” is no name in the register; the alias leads nowhere until it is one.",
        "Correct the official name, or import its buildings.",
        row,
        "official",
        severity=Severity.WARNING,
        params={"official": entry.official},
    )


def _problem(entry: AliasEntry, row: int) -> Issue | None:
    if entry.kind not in KINDS:
        return Issue(
            "alias_kind", "“{kind}” is not a kind of alias.", "Use compound, road or building.", row, "kind",
            params={"kind": entry.kind},
        )  # fmt: skip
    if not name_key(entry.official) or not name_key(entry.alias):
        return Issue("alias_incomplete", "An alias needs both names.", "Fill in official and alias.", row, "alias")
    if name_key(entry.official) == name_key(entry.alias):
        return Issue("alias_same", "The alias is the official name itself.", "Leave the row out.", row, "alias")
    return None
