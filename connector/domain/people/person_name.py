"""Make a person's name safe to show, store and log, without damaging scripts that need joiners."""

from __future__ import annotations

from foundation.texts.readable_line import may_follow

_LONGEST = 120


def readable_name(value: object) -> str | None:
    """Return a name that can be shown, at most 120 characters; None where nothing of it can be."""
    if not isinstance(value, str):
        return None
    # Left out are lone surrogates, which cannot be encoded, NUL, which no database stores, and marks that reverse a line.
    name = ""
    for one in value[: 2 * _LONGEST]:
        if one.isspace():  # also no-break spaces and tabs
            name += " "
        elif may_follow(one, name):
            name += one
    return name.strip()[:_LONGEST] or None
