"""Knows what an examination is made of: looks, what they found, and what could not be looked at; refuses to look itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.domain.finding import Finding, Level


@dataclass(frozen=True)
class Look:
    """One thing to look at; its findings carry its name. ``needs`` is the look that must have gone well before."""

    name: str
    at: Callable[[], Sequence[Finding]]
    needs: str | None = None


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at, and why."""

    check: str
    why: str


@dataclass(frozen=True)
class Examined:
    """What was found about one tenant, or about the deployment itself, whose tenant id is empty."""

    tenant_id: str
    name: str
    found: tuple[Finding, ...]
    unseen: tuple[Unseen, ...]
    seen: tuple[str, ...]

    def fails(self, check: str) -> bool:
        """Say whether a check found something wrong, or could not be made."""
        wrong = any(one.check == check and one.level is Level.WRONG for one in self.found)
        return wrong or any(one.check == check for one in self.unseen)

    @property
    def is_well(self) -> bool:
        """Nothing is wrong, and nothing stayed in the dark."""
        return not self.unseen and not any(one.level is Level.WRONG for one in self.found)


_BADNESS = {Level.WRONG: 0, Level.SOON: 1, Level.FINE: 2}


def worst_first(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with the worst first; within a level they keep their order."""
    return tuple(sorted(found, key=lambda one: _BADNESS[one.level]))
