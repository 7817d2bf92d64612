"""The spellings of one phone number, so that a STOP for any of them counts for all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from foundation.phones.plan_changes import PLAN_CHANGES


class _Rewrite(NamedTuple):
    pattern: re.Pattern[str]
    inserted: str


def canonical(digits: str) -> str:
    """Return the canonical spelling of a number; ``digits`` is international, digits only."""
    return next(_rewritten(digits, to_new=True), digits)


def spellings(digits: str) -> tuple[str, ...]:
    """Return every spelling of a number, the canonical one first."""
    new = canonical(digits)
    return tuple(dict.fromkeys([new, *_rewritten(new, to_new=False)]))


def _rewritten(digits: str, *, to_new: bool) -> Iterator[str]:
    for pattern, inserted in _rewrites(to_new=to_new):
        if found := pattern.fullmatch(digits):
            yield f"{found[1]}{inserted}{found[2]}"


@cache
def _rewrites(*, to_new: bool) -> tuple[_Rewrite, ...]:
    return tuple(
        _Rewrite(
            re.compile(f"({one.stem}){one.old if to_new else one.new}({one.rest})"), one.new if to_new else one.old
        )
        for one in PLAN_CHANGES
    )
