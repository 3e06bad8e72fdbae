"""``gridmap init``, ``backup``, ``restore``, ``upgrade``, ``audit verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridmap.access import service as access
from gridmap.access.policy import Action
from gridmap.access.scope import scope_of
from gridmap.audit import service as audit
from gridmap.bootstrap import METADATA, create_register
from gridmap.cli.frame import FOUND_WRONG, As, Db, Json, _, command, emit, say, working
from gridmap.cli.usage import Group
from gridmap.residents.indexing import mend
from gridmap.store import backup as backups
from gridmap.store import migrate
from gridmap.store.keys import key_path, public_location
from gridmap.store.store import open_store

audit_app = typer.Typer(help=_("The audit log."), no_args_is_help=True, cls=Group)


def init(
    location: Annotated[
        str, typer.Argument(help=_("A file such as pilot.gridmap, or a postgresql:// address."), show_default=False)
    ],
    json_: Json = False,
) -> None:
    """Make a new, empty register and its key; your system account becomes its administrator and data manager."""
    store = create_register(location)
    with store.write() as unit:
        user = access.make_first_user(unit)
    store.close()
    key = str(key_path(location))
    if json_:
        emit({"location": public_location(location), "key": key, "user": user.username})
        return
    say(
        "Made the register {location}. Its key is in {key}: keep a copy in a safe place, without it all is lost.",
        location=public_location(location),
        key=key,
    )


def backup(
    file: Annotated[
        Path, typer.Argument(help=_("The backup file to write; it is encrypted with the same key."), show_default=False)
    ],
    db: Db,
    as_: As = None,
    json_: Json = False,
) -> None:
    """Write an encrypted, consistent backup while the register stays in use, and prove that it opens."""
    with working(db, as_) as work:
        scope_of(work.actor, Action.BACKUP)
        with work.store.write() as unit:
            audit.record(unit, work.actor, Action.BACKUP.value, details={"file": file.name})
        rows = backups.write_backup(work.store, file, METADATA)
    if json_:
        emit({"file": str(file), "rows": rows})
    else:
        say("Wrote {file} with {rows} rows, opened it again and compared the counts.", file=file, rows=f"{rows:,}")


def restore(
    file: Annotated[Path, typer.Argument(help=_("The backup to restore."), show_default=False)],
    db: Db,
    json_: Json = False,
) -> None:
    """Restore a backup into a register that does not exist yet; the key is the one of the backup."""
    rows = backups.restore_backup(file, db, METADATA)
    if json_:
        emit({"location": public_location(db), "rows": rows})
    else:
        say("Restored {rows} rows into {location}.", rows=f"{rows:,}", location=public_location(db))


def upgrade(db: Db, json_: Json = False) -> None:
    """Bring a register made by an older version up to date, and put its search index in order."""
    store = open_store(db)
    before = migrate.current(store)
    migrate.upgrade(store)
    after = migrate.current(store)
    with store.write() as unit:
        mend(unit)
    store.close()
    if json_:
        emit({"from": before, "to": after})
    else:
        say("The register is at schema {version}.", version=after)


@command(audit_app, "verify")
def verify(db: Db, as_: As = None, json_: Json = False) -> None:
    """Verify that no entry of the audit log was changed, removed, added or reordered."""
    with working(db, as_) as work, work.store.read() as unit:
        scope_of(work.actor, Action.AUDIT_VERIFY)
        checks = audit.verify(unit)
    broken = [check for check in checks if not check.intact]
    if json_:
        emit(
            {
                "intact": not broken,
                "entries": sum(check.entries for check in checks),
                "regions": [{"region": c.region, "entries": c.entries, "broken_at": c.broken_at} for c in checks],
            }
        )
    else:
        for check in broken:
            say("The audit log of region {region} is broken at entry {seq}.", region=check.region, seq=check.broken_at)
        if not broken:
            say("The audit log is intact: {entries} entries.", entries=f"{sum(check.entries for check in checks):,}")
    if broken:
        raise typer.Exit(FOUND_WRONG)
