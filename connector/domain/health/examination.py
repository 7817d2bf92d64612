"""Examinations: their checks, the selection of checks, and the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.domain.health.finding import Finding, Level


@dataclass(frozen=True)
class Check:
    """A check, whose findings carry its name. ``needs`` names the check that must have succeeded before.

    A cheap check that calls no peer runs ``every_minute``, the others at night and when something is wrong.
    """

    name: str
    run: Callable[[], Sequence[Finding]]
    needs: str | None = None
    every_minute: bool = False


@dataclass(frozen=True)
class CheckSelection:
    """Which checks to run: those named in ``checks`` and what they need, and with ``every_minute`` all of that kind."""

    checks: frozenset[str] = frozenset()
    every_minute: bool = False


@dataclass(frozen=True)
class Unchecked:
    """A check that could not be completed, and why."""

    check: str
    why: str


@dataclass(frozen=True)
class ExaminationResult:
    """The result for one tenant, or for the deployment itself, whose tenant id is empty."""

    tenant_id: str
    name: str
    found: tuple[Finding, ...]
    unseen: tuple[Unchecked, ...]
    seen: tuple[str, ...]
    # Those of ``seen`` that run every minute anyway, so that their findings schedule no check.
    every_minute: frozenset[str] = frozenset()

    def fails(self, check: str) -> bool:
        """Return whether a check found something wrong, or could not be completed."""
        wrong = any(one.check == check and one.level is Level.WRONG for one in self.found)
        return wrong or any(one.check == check for one in self.unseen)

    @property
    def is_well(self) -> bool:
        """Return whether nothing is wrong and every check was completed."""
        return not self.unseen and not any(one.level is Level.WRONG for one in self.found)


_BADNESS = {Level.WRONG: 0, Level.SOON: 1, Level.FINE: 2}


def worst_first(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with the worst first; within a level they keep their order."""
    return tuple(sorted(found, key=lambda one: _BADNESS[one.level]))


def select_checks(checks: Sequence[Check], selection: CheckSelection | None) -> list[Check]:
    """Return the selected checks and those that they need, in their order; all checks where ``selection`` is None."""
    if selection is None:
        return list(checks)
    named = {one.name for one in checks if one.name in selection.checks}
    while needed := {one.needs for one in checks if one.name in named and one.needs} - named:
        named |= needed
    return [one for one in checks if one.name in named or (selection.every_minute and one.every_minute)]
