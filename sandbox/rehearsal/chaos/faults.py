"""Knows which faults the core and the org are told to have, and how they change; refuses to know whom they hit."""

from __future__ import annotations

import random
import threading
from typing import Any

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.plan import Plan

# The day's allowance must not end the rehearsal: what happens then is the fault limit_exceeded.
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


class FaultInjector(threading.Thread):
    """Changes the org's faults every few seconds; sometimes its allowance is used up for a while."""

    def __init__(self, stage: Environment, plan: Plan, *, dice: random.Random) -> None:
        super().__init__(name="weather", daemon=True)
        self._stage = stage
        self._plan = plan
        self._dice = dice
        self._over = threading.Event()

    def begin(self, *, undeliverable: list[str]) -> None:
        """Turn the core's faults on, and keep the org's changing."""
        chosen: dict[str, Any] = dict(value for name, value in _CORE.items() if self._plan.has(name))
        seed = self._dice.randrange(2**31)
        self._stage.core.insist(
            "PUT", "/sandbox/faults", given={**chosen, "undeliverable": undeliverable, "seed": seed}
        )
        self.start()

    def clear(self) -> None:
        """Turn every fault off."""
        self._over.set()
        if self.is_alive():
            self.join(30)
        self._stage.core.insist("DELETE", "/sandbox/faults")
        self._stage.org.insist("PUT", "/sandbox/faults", given=_ALLOWANCE)

    def run(self) -> None:
        chosen: dict[str, Any] = dict(value for name, value in _ORG.items() if self._plan.has(name))
        while not self._over.is_set():
            used_up = self._plan.has("limit_exceeded") and self._dice.random() < 0.1
            # expiry strikes when it is switched on: off in between, so that it can strike again
            tokens = {"expire_tokens": False} if self._dice.random() < 0.5 and "expire_tokens" in chosen else {}
            told = {**chosen, **tokens, **_ALLOWANCE, "limit_exceeded": used_up}
            self._stage.org.insist("PUT", "/sandbox/faults", given=told)
            self._over.wait(self._dice.uniform(1.0, 3.0))
