"""What roles are called: message ids."""

from __future__ import annotations

from typing import Final

from gridmap.accounts.actor import Role

ROLES: Final[dict[Role, str]] = {
    Role.GRID_WORKER: "Grid worker",
    Role.COMMUNITY_OFFICER: "Community officer",
    Role.STREET_OFFICER: "Sub-district officer",
    Role.DISTRICT_OFFICER: "District officer",
    Role.DATA_MANAGER: "Data manager",
    Role.ANALYST: "Analyst",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrator",
}
