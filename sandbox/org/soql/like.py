"""LIKE patterns, matched without backtracking."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

_ANY = ""
Segment: TypeAlias = Sequence[str]


def compile_like(pattern: str) -> Callable[[str], bool]:
    """Return the test of a text: % is any characters, _ is one, a backslash makes either literal; case is ignored.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
    """
    segments = _segments(pattern.lower())
    if len(segments) == 1:
        return lambda text: len(text) == len(segments[0]) and _fits(segments[0], text.lower(), at=0)
    first, *middle, last = segments
    shortest = sum(len(segment) for segment in segments)

    def matches(text: str) -> bool:
        text = text.lower()
        end = len(text) - len(last)
        if len(text) < shortest or not _fits(first, text, at=0) or not _fits(last, text, at=end):
            return False
        position = len(first)
        # The leftmost place of each segment leaves the most room for the next: no other place need be tried.
        for segment in middle:
            found = _find(segment, text, start=position, end=end)
            if found is None:
                return False
            position = found + len(segment)
        return position <= end

    return matches


def _segments(pattern: str) -> list[list[str]]:
    """Return the parts between the % signs, each as its characters with an empty one for each _."""
    segments: list[list[str]] = [[]]
    for piece in re.findall(r"\\[%_]|.", pattern, re.DOTALL):
        if piece == "%":
            segments.append([])
        else:
            segments[-1].append(_ANY if piece == "_" else piece[-1])
    return segments


def _find(segment: Segment, text: str, *, start: int, end: int) -> int | None:
    if _ANY not in segment:
        found = text.find("".join(segment), start, end)
        return None if found < 0 else found
    places = range(start, end - len(segment) + 1)
    return next((place for place in places if _fits(segment, text, at=place)), None)


def _fits(segment: Segment, text: str, *, at: int) -> bool:
    return all(char in (_ANY, text[place]) for place, char in enumerate(segment, start=at))
