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
_WAVE = 400


class UnknownFaults(ValueError):
    """The plan names a fault that does not exist."""


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


def parse_faults(text: str) -> frozenset[str]:
    """Return the faults of ``all``, ``none`` or a list with commas.

    Raises:
        UnknownFaults: one of them does not exist, or none is named.
    """
    if text in ("all", "none"):
        return frozenset(FAULTS if text == "all" else ())
    chosen = frozenset(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(chosen - set(FAULTS))
    if unknown or not chosen:
        named = ", ".join(unknown) or "no fault is named"
        raise UnknownFaults(f"{named}: known are all, none, {', '.join(FAULTS)}")
    return chosen
