"""Waiting for what a running server does with that which a command has made due."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

_POLL_SECONDS = 0.2
_REST = 4  # times as long as the query before it

wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Wait so long for the result.",
)


def paced_polls(seconds: float) -> Iterator[None]:
    """Yield before each poll of what is waited for, at least once, until ``seconds`` are over.

    The caller's queries take at most a fifth of that time: the server needs its database.
    """
    ends_at = time.monotonic() + seconds
    while True:
        begun = time.monotonic()
        yield
        polled = time.monotonic()
        if polled >= ends_at:
            return
        time.sleep(min(ends_at - polled, max(_POLL_SECONDS, _REST * (polled - begun))))
