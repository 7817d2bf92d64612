"""The capabilities of the terminals behind standard output and standard error."""

from __future__ import annotations

import os
import sys
from typing import Literal, TextIO

from rich.console import Console

StreamName = Literal["stdout", "stderr"]


def is_terminal(name: StreamName) -> bool:
    """Return whether a stream is a terminal; False for a pipe, a file and a closed stream."""
    stream: TextIO | None = getattr(sys, name)
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def has_colour(name: StreamName) -> bool:
    """Return whether colours may be written to a stream; NO_COLOR and TERM=dumb forbid them. https://no-color.org"""
    # FORCE_COLOR is ignored in pipes: escape codes would break what scripts read.
    return is_terminal(name) and not os.environ.get("NO_COLOR") and not _is_dumb()


def screen(name: StreamName) -> Console:
    """Return a rich console for a stream that prints texts unchanged: no markup, no emoji, no highlighting."""
    colour = has_colour(name)
    return Console(
        file=getattr(sys, name),
        force_terminal=is_terminal(name),
        # A dumb terminal cannot move its cursor, so a bar could not be redrawn there.
        force_interactive=is_terminal(name) and not _is_dumb(),
        color_system="auto" if colour else None,
        no_color=not colour,
        markup=False,
        emoji=False,
        highlight=False,
    )


def printable(text: str) -> str:
    """Return a text with control characters replaced, which could control the terminal; line breaks stay."""
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in text)


def _is_dumb() -> bool:
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")
