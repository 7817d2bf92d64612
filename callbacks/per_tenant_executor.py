"""A thread for each tenant whose payment core is being asked just now.

Whoever starts a question waits for it a moment only: a core that hangs keeps its own tenant's news, and nobody else's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from foundation.log import get_logger

log = get_logger()
# Threads begin when they are needed: so many cores may hang before one tenant has to wait for another.
_TENANTS_AT_ONCE = 64


class PerTenantExecutor:
    """The steps of one process that wait for a payment core, at most one of a tenant at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_TENANTS_AT_ONCE, thread_name_prefix="confirm")
        self._lock = threading.Lock()
        self._last: dict[str, Future[None]] = {}

    def away(self) -> list[str]:
        """Return the tenants whose core has not answered yet."""
        return [tenant_id for tenant_id, step in list(self._last.items()) if not step.done()]

    def ask(self, steps: Mapping[str, Callable[[], None]], *, patience: float, then: Callable[[], None]) -> None:
        """Begin one step for each tenant and wait ``patience`` seconds at most; what takes longer goes on by itself.

        ``then`` is called whenever a step has ended, and its tenant is away no more. What broke while we waited is raised.
        """
        begun = [self._begin(tenant_id, step, then) for tenant_id, step in steps.items()]
        ended, _ = wait(begun, timeout=patience)
        for step in ended:
            step.result()

    def pause(self, patience: float) -> None:
        """Wait until a step that is under way ends, ``patience`` seconds at most."""
        wait(self._under_way(), timeout=patience, return_when=FIRST_COMPLETED)

    def stop(self, *, within: float) -> bool:
        """Begin no other step; return whether all that were under way ended in time."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        _, hanging = wait(self._under_way(), timeout=within)
        return not hanging

    def _begin(self, tenant_id: str, step: Callable[[], None], then: Callable[[], None]) -> Future[None]:
        with self._lock:
            begun = self._pool.submit(_after, self._last.get(tenant_id), step)
            self._last[tenant_id] = begun

        def ended(_: Future[None]) -> None:
            if not begun.cancelled() and (error := begun.exception()):
                log.error("step_failed", where="confirm", tenant=tenant_id, error=type(error).__name__)
            then()

        begun.add_done_callback(ended)
        return begun

    def _under_way(self) -> list[Future[None]]:
        return [step for step in list(self._last.values()) if not step.done()]


def _after(before: Future[None] | None, step: Callable[[], None]) -> None:
    """Two drains may have claimed before either had begun to ask: the second one's step waits for the first one's."""
    if before is not None:
        wait([before])
    step()
