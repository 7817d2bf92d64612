"""The terminals behind standard output and standard error, and what each of them can draw."""

from __future__ import annotations

import os
import sys
from typing import Literal, TextIO

from rich.console import Console

StreamName = Literal["stdout", "stderr"]


def is_terminal(name: StreamName) -> bool:
    """Say whether a person sees what is written to this stream now; False for a pipe, a file and a closed stream."""
    stream: TextIO | None = getattr(sys, name)
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def has_colour(name: StreamName) -> bool:
    """Say whether escape codes may be written to this stream: NO_COLOR and TERM=dumb count, FORCE_COLOR in a pipe does not.

    https://no-color.org
    """
    return is_terminal(name) and not os.environ.get("NO_COLOR") and not _is_dumb()


def screen(name: StreamName) -> Console:
    """Return rich's view of a stream. It takes texts as they are: no markup, no emoji, nothing highlighted by guess."""
    colour = has_colour(name)
    return Console(
        file=getattr(sys, name),
        force_terminal=is_terminal(name),
        # One that moves the cursor is no dumb terminal; a bar that cannot be redrawn is not drawn.
        force_interactive=is_terminal(name) and not _is_dumb(),
        color_system="auto" if colour else None,
        no_color=not colour,
        markup=False,
        emoji=False,
        highlight=False,
    )


def printable(text: str) -> str:
    """Return a text without control characters, which could steer a terminal; line breaks stay."""
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in text)


def _is_dumb() -> bool:
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")
