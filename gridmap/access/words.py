"""What actions are called where somebody may not do them: message ids."""

from __future__ import annotations

from typing import Final

from gridmap.access.policy import Action

ACTIONS: Final[dict[Action, str]] = {
    Action.MAP_READ: "look at the map",
    Action.STATISTICS_READ: "read figures",
    Action.REPORT_READ: "read reports",
    Action.BUILDING_READ: "look into buildings",
    Action.PERSON_LIST: "list residents",
    Action.PERSON_REVEAL: "see residents in full",
    Action.FORM_KEEP: "keep forms",
    Action.RECORD_EDIT: "change records",
    Action.PERSON_MERGE: "merge records of one person",
    Action.SEARCH_PLACES: "search for places",
    Action.SEARCH_PERSONS: "search for residents",
    Action.GEOMETRY_IMPORT: "import areas, cells and buildings",
    Action.REGISTER_IMPORT: "import registers",
    Action.STATISTICS_IMPORT: "import reported figures",
    Action.REVIEW_DECIDE: "decide review cases",
    Action.BATCH_READ: "look at imports",
    Action.BATCH_UNDO: "undo imports",
    Action.AUDIT_READ: "read the log",
    Action.AUDIT_VERIFY: "verify the log",
    Action.ACCOUNT_MANAGE: "manage users and their rights",
    Action.BACKUP: "make backups",
    Action.OWN_ACCOUNT: "change your own account",
}
