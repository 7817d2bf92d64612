"""Clock skew: whether our clock and a peer's differ too much, and the finding that says so."""

from __future__ import annotations

from connector.domain.health.finding import Finding, Level

# Far below the five minutes that signatures allow: named before anything is refused.
LARGEST_CLOCK_SKEW_SECONDS = 60


def is_skewed(ahead_seconds: float) -> bool:
    """Return whether two clocks differ too much, whichever of them is ahead."""
    return abs(ahead_seconds) > LARGEST_CLOCK_SKEW_SECONDS


def clock_skew_findings(ahead_seconds: float | None, *, check: str, whose: str) -> list[Finding]:
    """Return a finding where our clock and a peer's differ, or none.

    ``ahead_seconds``: how far ours is ahead of theirs, by the ``Date`` of their answer, which is exact to a second; None
    where it had none.
    """
    if ahead_seconds is None or not is_skewed(ahead_seconds):
        return []
    side = "ahead of" if ahead_seconds > 0 else "behind"
    return [
        Finding(
            check=check,
            level=Level.WRONG,
            problem=f"This machine's clock is {abs(ahead_seconds):.0f} seconds {side} {whose}'s.",
            remedy="Switch on time synchronisation on this machine (for example `timedatectl set-ntp true`), then "
            "restart the connector.",
            impact="Logins with a signed assertion and signed callbacks are refused. The countdowns that agents see are "
            "corrected by the difference; other times on the page and in Salesforce are not.",
        )
    ]
