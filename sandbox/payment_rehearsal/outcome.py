"""What a rehearsal of payments ends with."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

# What must never happen, in the order in which it is printed.
VIOLATIONS = (
    "charged_twice",
    "charged_not_notified",
    "notified_not_charged",
    "money_differs",
    "sent_twice",
    "message_misreported",
    "payable_after_end",
    "alarm_missing",
    "never_ended",
    "news_lost",
    "news_out_of_order",
    "unexplained",
)


@dataclass
class Outcome:
    """The counts of a rehearsal; times in seconds. ``unknown_messages`` are named as such by the core itself,
    and ``unknown_and_sent`` of them did leave."""

    seed: int
    payments: int = 0
    charged: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    unknown_messages: int = 0
    unknown_and_sent: int = 0
    messages: int = 0
    news: int = 0
    webhooks: int = 0
    kills: int = 0
    outages: int = 0
    paid_twice_returned: int = 0
    virtual_days: float = 0.0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def add(self, violation: str, about: str) -> None:
        """Count a violation and say of what."""
        self.violations[violation] += 1
        self.differences.append(f"{violation}: {about}")

    @property
    def is_proven(self) -> bool:
        """Return whether nothing was violated, and anything was charged at all."""
        return not self.violations and self.charged > 0

    def as_json(self) -> dict[str, Any]:
        """Return all counts for ``--json``."""
        counted = {name: self.violations.get(name, 0) for name in VIOLATIONS}
        return {**asdict(self), "kinds": dict(self.kinds), "violations": counted}
