"""The log, for auditors."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from gridmap.access.policy import Action, allows
from gridmap.audit import service as audit
from gridmap.audit.models import AuditEntry
from gridmap.audit.service import EVERY, ChainCheck, EntryFilter
from gridmap.bootstrap import UnitOfWork
from web.answers import Context, page, writing
from web.params import PageNumber, optional_day
from web.security.marker import guard
from web.security.visit import Visit
from web.site import OFFICE_ZONE, Site
from web.views.accounts import entry_rows
from web.views.lists import Option, page_of
from web.words import ACTS

router = APIRouter(prefix="/audit")


@router.get("")
async def show(
    request: Request, visit: Annotated[Visit, guard(Action.AUDIT_VERIFY)], actor: str = "", action: str = "",
    since: str = "", until: str = "", number: PageNumber = 1,
) -> Response:  # fmt: skip
    """Entries, newest first, for auditors; reading them is an entry itself. Others who may verify see no entries."""
    chosen = {"actor": actor[:64], "action": action[:64], "since": since, "until": until}
    context = await writing(request, _context, visit, chosen, number)
    return await page(request, visit, "audit.html", "audit", context)


@router.post("/verify")
async def verify(request: Request, visit: Annotated[Visit, guard(Action.AUDIT_VERIFY)]) -> Response:
    """Check every chain from its first entry."""
    checks = await writing(request, _verify, visit)
    context = await writing(request, _context, visit, {"actor": "", "action": "", "since": "", "until": ""}, 1)
    broken = next((check.broken_at for check in checks if not check.intact), None)
    chain = {
        "ok": broken is None,
        "entries": sum(check.entries for check in checks),
        "checked_at": datetime.now(OFFICE_ZONE),
        "broken_at": broken,
    }
    return await page(request, visit, "audit.html", "audit", {**context, "chain": chain})


def _context(unit: UnitOfWork, site: Site, visit: Visit, chosen: dict[str, str], number: int) -> Context:
    size = site.settings.page_size
    since, until = optional_day(chosen["since"], "From"), optional_day(chosen["until"], "Until")
    reads = allows(visit.actor, Action.AUDIT_READ)
    filters = EntryFilter(
        actor_name=chosen["actor"] or None,
        action=chosen["action"] or None,
        since=None if since is None else datetime.combine(since, time(), OFFICE_ZONE),
        until=None if until in {None, date.max} else datetime.combine(until + timedelta(days=1), time(), OFFICE_ZONE),
    )
    # Whoever may only verify learns how long the log is, not what anybody did: counts of a choice would tell.
    total = audit.count_entries(unit, filters if reads else EVERY)
    found: list[AuditEntry] = []
    actors: list[str] = []
    actions: list[str] = []
    if reads:
        found = audit.entries(unit, filters, limit=size, offset=(number - 1) * size)
        actors, actions = audit.names_used(unit)
        audit.record(unit, visit.actor, Action.AUDIT_READ.value, details={"rows": len(found), "page": number})
    return {
        "entries": entry_rows(found, site.tree.current(), visit.text),
        "filters": {**chosen, "since": since, "until": until},
        "actions": [Option(name, visit.text.gettext(ACTS.get(name, name))) for name in actions],
        "actors": [Option(name, name) for name in actors],
        "page": page_of("/audit", chosen, number=number, size=size, total=total),
        "chain": {"ok": None, "entries": total, "checked_at": None, "broken_at": None},
        "export_href": None,
    }


def _verify(unit: UnitOfWork, _site: Site, visit: Visit) -> list[ChainCheck]:
    checks = audit.verify(unit)
    broken = [check.region for check in checks if not check.intact]
    audit.record(unit, visit.actor, Action.AUDIT_VERIFY.value, details={"chains": len(checks), "broken": broken})
    return checks
