"""The server of a provider's stand-in: in this process for a test, or a process of its own."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol, TypeVar

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

_DELIVERS_EVERY_SECONDS = 1.0


class StandIn(Protocol):
    """What every stand-in has."""

    @property
    def app(self) -> Flask:
        """The web application."""


Made = TypeVar("Made", bound=StandIn)


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and says nothing of single requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's own name)
        """Say nothing: connections that are hung up are meant."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer without a date: the account's own clock says it, where an answer has one."""
        self.log_request(code)
        self.send_response_only(code, message)


def server_of(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Return a server that can hang up in the middle of an answer."""
    return make_server(host, port, app, threaded=True, request_handler=_Handler)


@contextmanager
def running_at_free_port(build: Callable[[str], Made]) -> Iterator[Made]:
    """Run in this process what ``build`` makes for an address, on a free port of the loopback."""
    # The port is known only once the server listens, and the app needs it for the addresses that it gives out.
    server = server_of(Flask("none"), "127.0.0.1", 0)
    made = build(f"http://127.0.0.1:{server.port}")
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve_until_stopped(app: Flask, port: int, *, name: str, deliver: Callable[[], object]) -> None:
    """Serve on the loopback until SIGTERM, calling ``deliver`` every second; print one line when it is ready."""
    server = server_of(app, "127.0.0.1", port)
    stopping = threading.Event()

    def keep_delivering() -> None:
        while not stopping.wait(_DELIVERS_EVERY_SECONDS):
            deliver()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=keep_delivering, daemon=True).start()
    click.echo(f"{name} ready on http://localhost:{port}")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        stopping.set()
