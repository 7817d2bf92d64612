"""What an examination is made of: checks, their findings, and checks that could not be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.domain.health.finding import Finding, Level


@dataclass(frozen=True)
class Check:
    """One thing to look at; its findings carry its name. ``needs`` is the look that must have gone well before.

    One that costs little and asks no peer is taken ``every_minute``, the others at night and when something is wrong.
    """

    name: str
    run: Callable[[], Sequence[Finding]]
    needs: str | None = None
    every_minute: bool = False


@dataclass(frozen=True)
class CheckSelection:
    """Which looks are wanted: those that are named and what they need; with ``every_minute``, those that are taken so."""

    checks: frozenset[str] = frozenset()
    every_minute: bool = False


@dataclass(frozen=True)
class Unchecked:
    """What could not be looked at, and why."""

    check: str
    why: str


@dataclass(frozen=True)
class ExaminationResult:
    """What was found about one tenant, or about the deployment itself, whose tenant id is empty."""

    tenant_id: str
    name: str
    found: tuple[Finding, ...]
    unseen: tuple[Unchecked, ...]
    seen: tuple[str, ...]
    # Those of ``seen`` that are taken every minute: what they find needs no look of its own.
    every_minute: frozenset[str] = frozenset()

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


def select_checks(looks: Sequence[Check], selection: CheckSelection | None) -> list[Check]:
    """Return the looks that a wish means, in their sequence; all of them where there is no wish."""
    if selection is None:
        return list(looks)
    named = {one.name for one in looks if one.name in selection.checks}
    while needed := {one.needs for one in looks if one.name in named and one.needs} - named:
        named |= needed
    return [one for one in looks if one.name in named or (selection.every_minute and one.every_minute)]
