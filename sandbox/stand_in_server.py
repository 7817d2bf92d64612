"""The server of a provider's stand-in: in this process for a test, or a process of its own."""

from __future__ import annotations

import io
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Protocol, TypeVar

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

_DELIVERS_EVERY_SECONDS = 1.0


class StandIn(Protocol):
    """What every stand-in has."""

    @property
    def app(self) -> Flask:
        """The web application."""


Made = TypeVar("Made", bound=StandIn)


class _Handler(WSGIRequestHandler):
    """Keeps connections open, as providers do, and says nothing of single requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Begin with a connection."""
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        """Be done with a connection."""
        self.server.open.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Answer one request. Werkzeug's own way ends the connection, and waits 10 ms for more bytes, after each."""
        # Read whole whatever the app looks at: what is left over would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        environ = {**self.make_environ(), "wsgi.input": io.BytesIO(body)}
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"".join(parts))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's own name)
        """Say nothing: connections that are hung up are meant."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer without a date: the account's own clock says it, where an answer has one."""
        self.log_request(code)
        self.send_response_only(code, message)


class _Server(ThreadedWSGIServer):
    """Ends the connections that are kept open, too, when it is closed."""

    def __init__(self, host: str, port: int, app: Flask) -> None:
        super().__init__(host, port, app, _Handler)
        self.open: set[socket.socket] = set()

    def server_close(self) -> None:
        """Listen no more, and end what is open."""
        super().server_close()
        for one in list(self.open):
            # Its client may have ended it at the same moment.
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def server_of(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Return a server that can hang up in the middle of an answer."""
    return _Server(host, port, app)


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
