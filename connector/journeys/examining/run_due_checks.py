"""Run the checks that are due by day: cheap ones every minute, others when an event or an open finding requests them."""

from __future__ import annotations

from collections.abc import Callable

from connector.domain.health.examination import CheckSelection
from connector.journeys.examining.examine import Examiner, examine
from connector.journeys.examining.save_findings import save_findings
from connector.journeys.incidents.refresh_settings import refresh_settings
from connector.store.health import due_checks

# One tenant's org may hang, and the checks of all others wait behind it.
CHECK_TIMEOUT_SECONDS = 20.0


def run_due_checks(
    *, examiner: Examiner, going: Callable[[], bool] = lambda: True, check_timeout: float = CHECK_TIMEOUT_SECONDS
) -> int:
    """Run the due checks and save their findings; return how many tenants were checked, the deployment included.

    ``going`` returns False once the process is stopping. One worker of a fleet does this at a time.
    """
    with examiner.store.write() as work:
        every_minute = due_checks.begin_round(work, now=examiner.now())
        due = due_checks.claim_due(work, now=examiner.now())
    tenants = examiner.store.tenants.every()
    selections = {
        tenant_id: CheckSelection(frozenset(due.get(tenant_id, ())), every_minute=every_minute)
        for tenant_id in ("", *(tenant.tenant_id for tenant in tenants))
        if every_minute or tenant_id in due
    }
    taken = 0
    for examined in examine(
        examiner=examiner,
        choose=lambda: tenants,
        on_check=lambda _: None,
        selections=selections,
        check_timeout=check_timeout,
    ):
        save_findings(examined=examined, store=examiner.store, now=examiner.now())
        # The check has just read what the core offers anyway; the stored settings follow it.
        if "core_offers" in examined.seen:
            mine = next(tenant for tenant in tenants if tenant.tenant_id == examined.tenant_id)
            refresh_settings(tenant=mine, store=examiner.store, core=examiner.core, now=examiner.now())
        taken += 1
        if not going():
            break
    return taken
