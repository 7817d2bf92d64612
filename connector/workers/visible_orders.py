"""Watch the orders on visible pages of all tenants, so that an org that hangs holds up no other."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context

from connector.errors import TenantProblem
from connector.journeys.reconciling.watch_visible_orders import watch_visible_orders
from connector.services import Services
from connector.store.orders import visible_orders
from foundation.log import get_logger

log = get_logger()
# How often due orgs are looked for: with it, and with a page's pause between two polls, a change is shown within 15 s.
TICK_SECONDS = 0.5
_AT_ONCE = 16


class VisibleOrdersWatch:
    """Asks the orgs that are due, several at once and each tenant's at most once at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="watch")
        self._asked: dict[str, Future[None]] = {}

    def begin(self, services: Services) -> int:
        """Begin to ask every org that is due; return how many."""
        with services.store.read() as work:
            due = visible_orders.due_tenants(work, now=services.now())
        self._conclude()
        begun = [tenant_id for tenant_id in due if tenant_id not in self._asked]
        self._asked |= {one: self._pool.submit(copy_context().run, _watch, one, services) for one in begun}
        return len(begun)

    def stop(self, *, within: float) -> bool:
        """Begin nothing more, and wait at most ``within`` seconds; return whether all has ended."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        # What was cancelled before it began is done, but ``wait`` would wait for somebody to take note of that.
        unfinished = [asked for asked in self._asked.values() if not asked.done()]
        return not wait(unfinished, timeout=within).not_done

    def _conclude(self) -> None:
        """Forget what has ended, and log its error: nobody waits for its outcome."""
        for tenant_id, asked in list(self._asked.items()):
            if not asked.done():
                continue
            del self._asked[tenant_id]
            if error := asked.exception():
                log.error("orders_not_watched", tenant=tenant_id, error=type(error).__name__)


def _watch(tenant_id: str, services: Services) -> None:
    try:
        tenant = services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        log.error("tenant_not_opened", tenant=tenant_id)
        return
    if tenant is not None:
        watch_visible_orders(services.for_tenant(tenant))
