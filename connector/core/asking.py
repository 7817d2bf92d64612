"""Knows which tenants' payment cores are being asked just now, a thread for each; refuses to know what they are asked.

Whoever starts a question waits for it a moment only: a core that hangs keeps its own tenant's news, and nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

# Threads begin when they are needed: so many cores may hang before one tenant has to wait for another.
_TENANTS_AT_ONCE = 64


class Asking:
    """The steps that wait for a payment core, at most one of a tenant."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_TENANTS_AT_ONCE, thread_name_prefix="confirm")
        self._under_way: dict[str, Future[None]] = {}

    def away(self) -> list[str]:
        """Return the tenants whose core has not answered yet."""
        return [tenant_id for tenant_id, step in list(self._under_way.items()) if not step.done()]

    def ask(self, steps: Mapping[str, Callable[[], None]], *, patience: float) -> None:
        """Begin one step for each tenant and wait ``patience`` seconds at most; what takes longer goes on by itself."""
        begun = {tenant_id: self._pool.submit(step) for tenant_id, step in steps.items()}
        self._under_way.update(begun)
        done, _ = wait(begun.values(), timeout=patience)
        for step in done:
            step.result()

    def pause(self, patience: float) -> None:
        """Wait until a step that is under way ends, ``patience`` seconds at most."""
        wait(
            [step for step in self._under_way.values() if not step.done()],
            timeout=patience,
            return_when=FIRST_COMPLETED,
        )

    def stop(self, *, within: float) -> bool:
        """Begin no other step; return whether all that were under way ended in time."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        _, hanging = wait(list(self._under_way.values()), timeout=within)
        return not hanging
