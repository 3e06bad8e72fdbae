"""Words for values that the program stores as codes: message ids by code, translated where they are shown."""

from __future__ import annotations

from typing import Final

from gridmap.access.policy import Action
from gridmap.accounts.words import ROLES

__all__ = ["ACTS", "CELL_KINDS", "FIGURES", "LEVELS", "PURPOSES", "RAIL", "ROLES"]

RAIL: Final[dict[str, tuple[Action, ...]]] = {
    "map": (Action.MAP_READ,),
    "register": (Action.PERSON_LIST,),
    "review": (Action.REVIEW_DECIDE,),
    "import": (Action.BATCH_READ,),
    "reports": (Action.REPORT_READ,),
    "people": (Action.ACCOUNT_MANAGE,),
    "audit": (Action.AUDIT_READ, Action.AUDIT_VERIFY),
}
"""Entries of the rail and the actions of which one is needed to see them."""

LEVELS: Final = {
    "province": "Province",
    "city": "City",
    "district": "District or county",
    "street": "Sub-district",
    "community": "Community",
    "cell": "Grid",
    "micro_cell": "Micro-grid",
}

CELL_KINDS: Final = {"residential": "General grid", "dedicated": "Dedicated grid"}

PURPOSES: Final = {
    "visit": "Visit",
    "service": "Service asked for",
    "correction": "Check or correct the record",
    "other": "Other (say what)",
}

FIGURES: Final = {
    "population": "Residents",
    "households": "Members of households",
    "registered": "Registered residents",
    "floating": "Floating residents",
    "unlocated": "Residents whose room is unknown",
    "opening": "Residents at the beginning",
    "births": "Births",
    "moves_in": "Moves in",
    "deaths": "Deaths",
    "moves_out": "Moves out",
    "corrections": "Corrections",
    "boundary_changes": "Boundary changes",
    "restated": "Recorded late",
    "closing": "Residents at the end",
}
"""Figures behind which a list of persons can be opened."""

ACTS: Final = {
    "account.add": "Created a user",
    "account.disable": "Disabled a user",
    "account.enable": "Enabled a user",
    "account.grant": "Granted a role",
    "account.own": "Changed own account",
    "account.password": "Set a new password",
    "account.revoke": "Revoked a role",
    "aliases.import": "Imported other names",
    "areas.import": "Imported areas",
    "alias.withdraw": "Withdrew a learned name",
    "audit.read": "Read the log",
    "layout.forget": "Forgot a layout of registers",
    "layout.remember": "Remembered a layout of registers",
    "audit.verify": "Verified the log",
    "batch.read": "Took the result of an import",
    "batch.undo": "Undid an import",
    "buildings.import": "Imported buildings",
    "cells.import": "Imported cells",
    "demo.load": "Loaded invented residents",
    "dwelling.export": "Took a list of dwellings along",
    "dwellings.import": "Imported dwellings",
    "form.correct": "Decided about the columns of a form",
    "form.delete": "Deleted a form",
    "form.fill": "Filled a form",
    "form.keep": "Kept a form",
    "organisations.import": "Imported organisations",
    "person.apart": "Told two residents apart",
    "person.compare": "Searched for possible duplicates",
    "person.later": "Left two records for later",
    "person.export": "Took a list of residents along",
    "person.list": "Saw a list of residents",
    "person.merge": "Merged two records of one person",
    "person.pairs": "Read possible duplicates",
    "person.reveal": "Saw a resident in full",
    "record.edit": "Changed records by hand",
    "reconciliation.export": "Took a reconciliation along",
    "register.import": "Imported a register",
    "register.preview": "Looked at what a register would change",
    "agreements.import": "Imported rental agreements",
    "ranking.read": "Read a ranking",
    "ranking.issue": "Issued a ranking",
    "statistics.publish": "Took figures for publication",
    "programme.keep": "Kept a programme",
    "enrolments.import": "Imported enrolments",
    "deliveries.import": "Imported deliveries",
    "report.make": "Made a report",
    "report.read": "Read a report",
    "review.decide": "Decided a review case",
    "review.read": "Read review cases",
    "change.undo": "Undid a change",
    "search.persons": "Searched for residents",
    "session.sign_in": "Signed in",
    "session.sign_in_failed": "Sign-in failed",
    "session.sign_out": "Signed out",
    "statistics.import": "Imported statistics",
    "store.backup": "Made a backup",
    "store.init": "Made the register",
}
"""What the log's actions are called."""

DETAILS: Final = {
    "as_of": "as of",
    "cases": "cases",
    "decision": "decision",
    "fields": "fields",
    "figure": "list of",
    "file": "file",
    "form": "form",
    "format": "format",
    "found": "people found",
    "from": "from",
    "name": "name",
    "page": "page",
    "reason": "reason",
    "report": "report",
    "role": "role",
    "rows": "rows",
    "search": "looked for",
    "to": "until",
    "username": "account",
}
"""What the log says of an act besides who and whom, in words; ids and counts that only programs need are left out."""

VALUES: Final = {
    "full": "in full",
    "masked": "masked",
    "name": "name",
    "id_number": "identity number",
    "phone": "telephone",
    "tail": "end of a number",
    "place": "address",
    "birth_date": "date of birth",
    "registered_address": "registered address",
}
"""Words of the log's details that are nowhere else."""
