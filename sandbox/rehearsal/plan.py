"""How much is rehearsed, with which faults and for how long."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS = (
    "drop_callbacks",
    "duplicate_callbacks",
    "reorder_callbacks",
    "delay",
    "drop_answers",
    "http_500",
    "latency",
    "locked_rows",
    "limit_exceeded",
    "expire_tokens",
    "http_503",
    "forged",
    "false_ends",
    "wrong_bindings",
    "odd_bodies",
    "kill",
)
# From here on, what the core lost is never sent again: only reconciliation can find it.
_LOST_FROM = 1000


@dataclass(frozen=True)
class Plan:
    """`settle_s` bounds the wait after the last fault, `limit_s` the whole rehearsal before it."""

    callbacks: int
    seed: int
    faults: frozenset[str]
    settle_s: float
    limit_s: float

    @property
    def orders(self) -> int:
        """Return how many orders are paid for."""
        return max(8, min(150, self.callbacks // 30))

    @property
    def waves(self) -> int:
        """The number of payment requests per order that is not paid."""
        return 2 if self.callbacks < _LOST_FROM else 3 if self.callbacks < 20_000 else 5

    @property
    def repeats_lost(self) -> bool:
        """Return whether notifications that the core lost are posted after all, as its repetition would."""
        return self.callbacks < _LOST_FROM

    @property
    def kill_after_s(self) -> tuple[float, float]:
        """How long the connector may serve between two kills."""
        return (0.3, 2.5) if self.callbacks < _LOST_FROM else (0.5, 6.0)

    def has(self, fault: str) -> bool:
        """Return whether the plan has this fault."""
        return fault in self.faults


def time_limit(callbacks: int) -> float:
    """Return how many seconds load and customers may take, before the rehearsal gives up."""
    return 240 + callbacks / 20
