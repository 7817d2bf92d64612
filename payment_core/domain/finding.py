"""A finding of an examination: the problem, its remedy, and its impact if nothing is done; and that of clocks that differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Signatures are believed for five minutes, so a provider's clock and ours may not differ by more.
_NOTICED, _HARMFUL = 60.0, 240.0  # seconds


class Level(StrEnum):
    """The severity: ``wrong`` stops something now, ``soon`` will."""

    WRONG = "wrong"
    SOON = "soon"


@dataclass(frozen=True)
class Finding:
    """The result of a check in plain sentences; ``subject`` names the merchant or the queue that it is about."""

    check: str
    level: Level
    problem: str
    remedy: str
    impact: str
    subject: str = ""


def clock_finding(provider: str, theirs: datetime | None, ours: datetime, *, subject: str) -> Iterator[Finding]:
    """Yield a finding where the clocks differ by more than a minute; None: the provider did not say its time."""
    if theirs is None or abs(seconds := (ours - theirs).total_seconds()) <= _NOTICED:
        return
    level = Level.WRONG if abs(seconds) > _HARMFUL else Level.SOON
    where = "ahead of" if seconds > 0 else "behind"
    yield Finding(
        "clock", level, f"This machine's clock is {abs(seconds):.0f} seconds {where} {provider}'s.",
        "Synchronise it: timedatectl set-ntp true.", "From five minutes on no webhook is believed.", subject,
    )  # fmt: skip


def unreachable(check: str, provider: str, reason: str, *, subject: str) -> Finding:
    """Return the finding about a provider that could not be asked."""
    problem = f"{provider} could not be asked: {reason}"
    return Finding(check, Level.SOON, problem, "Look at network and proxy, then try again.", "Nobody knows.", subject)
