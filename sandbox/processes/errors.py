"""Why a demo cannot go on; every message is a sentence for the person at the console."""

from __future__ import annotations

FRESH_START_HINT = (
    "If an earlier version made this folder, `make demo ARGS=--fresh` begins anew; --state takes another folder."
)


class DemoError(Exception):
    """Ends the demo with an exit code: 2 for wrong use, 1 for something that broke."""

    exit_code = 1


class RefusedToStart(DemoError):
    """Nothing was started: a port is busy, or the folder is in use."""

    exit_code = 2


class UnexpectedAnswer(DemoError):
    """A peer answered something else than the journey needs; the message holds no secrets."""
