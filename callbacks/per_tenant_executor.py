"""Run steps that wait for a peer, in a thread per tenant, so that a hanging core or org delays its own tenant only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context

from foundation.log import get_logger

log = get_logger()
# Threads start when they are needed; this many peers may hang before one tenant has to wait for another.
_TENANTS_AT_ONCE = 64


class PerTenantExecutor:
    """Runs the steps of one process that wait for a peer, at most one per tenant at a time; ``name`` is for log and threads."""

    def __init__(self, name: str = "confirm") -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(_TENANTS_AT_ONCE, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._last: dict[str, Future[None]] = {}

    def away(self) -> list[str]:
        """Return the tenants with an unfinished step."""
        return [tenant_id for tenant_id, step in list(self._last.items()) if not step.done()]

    def ask(self, steps: Mapping[str, Callable[[], None]], *, patience: float, then: Callable[[], None]) -> None:
        """Start one step per tenant and wait ``patience`` seconds at most; longer steps continue in the background.

        ``then`` is called after each step has ended. An error of a step that ended while we waited is raised.
        """
        for step in self.start(steps, patience=patience, then=then):
            step.result()

    def start(
        self, steps: Mapping[str, Callable[[], None]], *, patience: float, then: Callable[[], None] = lambda: None
    ) -> set[Future[None]]:
        """As ``ask``, but return the steps that ended while we waited; their errors are logged and not raised."""
        begun = [self._begin(tenant_id, step, then) for tenant_id, step in steps.items()]
        return wait(begun, timeout=patience).done

    def pause(self, patience: float) -> None:
        """Wait until any unfinished step ends, ``patience`` seconds at most."""
        wait(self._under_way(), timeout=patience, return_when=FIRST_COMPLETED)

    def stop(self, *, within: float) -> bool:
        """Start no further step; return whether all unfinished ones ended in time."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        _, hanging = wait(self._under_way(), timeout=within)
        return not hanging

    def _begin(self, tenant_id: str, step: Callable[[], None], then: Callable[[], None]) -> Future[None]:
        with self._lock:
            begun = self._pool.submit(copy_context().run, _after, self._last.get(tenant_id), step)
            self._last[tenant_id] = begun

        def ended(_: Future[None]) -> None:
            if not begun.cancelled() and (error := begun.exception()):
                log.error("step_failed", where=self._name, tenant=tenant_id, error=type(error).__name__)
            then()

        begun.add_done_callback(ended)
        return begun

    def _under_way(self) -> list[Future[None]]:
        return [step for step in list(self._last.values()) if not step.done()]


def _after(before: Future[None] | None, step: Callable[[], None]) -> None:
    """Run a step after the one before it."""
    # Two drains may have claimed entries of one tenant before either started its step.
    if before is not None:
        wait([before])
    step()
