"""The checks between two nights: cheap ones every minute, others when an event or an open finding asks for them."""

from __future__ import annotations

from collections.abc import Callable

from connector.domain.health.examination import CheckSelection
from connector.journeys.examining.examine import Examiner, examine
from connector.journeys.examining.save_findings import save_findings
from connector.journeys.incidents.refresh_settings import refresh_settings
from connector.store.health import due_checks

# Somebody's org may hang: what comes after it must not wait for a whole minute.
LONGEST_LOOK_SECONDS = 20.0


def check_health(
    *, by: Examiner, going: Callable[[], bool] = lambda: True, longest_look: float = LONGEST_LOOK_SECONDS
) -> int:
    """Take the looks that are due, and keep what they find; return at how many tenants, the deployment included.

    ``going`` says no when the process is about to stop. Of a fleet one worker at a time does this.
    """
    with by.store.write() as work:
        every_minute = due_checks.begin_round(work, now=by.now())
        due = due_checks.claim_due(work, now=by.now())
    tenants = by.store.tenants.every()
    wishes = {
        tenant_id: CheckSelection(frozenset(due.get(tenant_id, ())), every_minute=every_minute)
        for tenant_id in ("", *(tenant.tenant_id for tenant in tenants))
        if every_minute or tenant_id in due
    }
    taken = 0
    for examined in examine(
        by=by, choose=lambda: tenants, tell=lambda _: None, wishes=wishes, longest_look=longest_look
    ):
        save_findings(examined=examined, store=by.store, now=by.now())
        if "core_offers" in examined.seen:
            mine = next(tenant for tenant in tenants if tenant.tenant_id == examined.tenant_id)
            refresh_settings(tenant=mine, store=by.store, core=by.core, now=by.now())
        taken += 1
        if not going():
            break
    return taken
