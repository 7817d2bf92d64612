"""How many payments are rehearsed, with which faults."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS = (
    "gateway",
    "messenger",
    "timeouts",
    "lost_webhooks",
    "late_webhooks",
    "repeated_webhooks",
    "callbacks",
    "outage",
    "kill",
)
_WAVE = 1000


@dataclass(frozen=True)
class Plan:
    """``kill_after_s`` is the range of seconds that a core serves between two kills."""

    payments: int
    seed: int
    faults: frozenset[str]
    kill_after_s: tuple[float, float] = (6.0, 25.0)

    @property
    def waves(self) -> list[int]:
        """Return how many payments each wave has."""
        whole, rest = divmod(self.payments, _WAVE)
        return [_WAVE] * whole + ([rest] if rest else [])

    def has(self, fault: str) -> bool:
        """Return whether the plan has this fault."""
        return fault in self.faults
