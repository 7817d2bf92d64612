"""Switch the faults of the core and the org on, change them and switch them off."""

from __future__ import annotations

import random
import threading
from typing import Any

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.plan import Plan

# The day's allowance must not end the rehearsal: a used-up one is the fault limit_exceeded.
_ALLOWANCE = {"api_limit": 100_000_000}
_CORE = {
    "drop_callbacks": ("drop_callbacks", 0.15),
    "duplicate_callbacks": ("duplicate_callbacks", 0.3),
    "reorder_callbacks": ("reorder_callbacks", True),
    "delay": ("delay_ms", [0, 600]),
    "drop_answers": ("drop_answers", 0.05),
    "http_500": ("http_500", 0.05),
}
_ORG = {
    "latency": ("latency_ms", [0, 120]),
    "locked_rows": ("locked_rows", 0.1),
    "expire_tokens": ("expire_tokens", True),
    "drop_answers": ("drop_answers", 0.05),
    "http_503": ("http_503", 0.05),
}


class FaultSchedule(threading.Thread):
    """Changes the org's faults every few seconds; sometimes its allowance is used up for a while."""

    def __init__(self, environment: Environment, plan: Plan, *, rng: random.Random) -> None:
        super().__init__(name="faults", daemon=True)
        self._environment = environment
        self._plan = plan
        self._rng = rng
        self._stopped = threading.Event()

    def begin(self, *, undeliverable: list[str]) -> None:
        """Switch the core's faults on, and vary those of the org; no message reaches the undeliverable numbers."""
        chosen: dict[str, Any] = dict(value for name, value in _CORE.items() if self._plan.has(name))
        content = {**chosen, "undeliverable": undeliverable, "seed": self._rng.randrange(2**31)}
        self._environment.core.retry_until_answered("PUT", "/sandbox/faults", content=content)
        self.start()

    def clear(self) -> None:
        """Switch every fault off."""
        self._stopped.set()
        if self.is_alive():
            self.join(30)
        self._environment.core.retry_until_answered("DELETE", "/sandbox/faults")
        # The org replaces its faults as a whole: what is not named is off.
        self._environment.org.retry_until_answered("PUT", "/sandbox/faults", content=_ALLOWANCE)

    def run(self) -> None:
        """Change the org's faults until `clear`."""
        chosen: dict[str, Any] = dict(value for name, value in _ORG.items() if self._plan.has(name))
        while not self._stopped.is_set():
            used_up = self._plan.has("limit_exceeded") and self._rng.random() < 0.1
            # Tokens expire when the fault is switched on: off in between, so that they can expire again.
            tokens = {"expire_tokens": False} if self._rng.random() < 0.5 and "expire_tokens" in chosen else {}
            content = {**chosen, **tokens, **_ALLOWANCE, "limit_exceeded": used_up}
            self._environment.org.retry_until_answered("PUT", "/sandbox/faults", content=content)
            self._stopped.wait(self._rng.uniform(1.0, 3.0))
