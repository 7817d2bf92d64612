"""The stand-in as a web application, and the server that it runs on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.hosts import WRONG_HOST, is_own_host
from sandbox.twilio.account import Account, utc_now
from sandbox.twilio.api import blueprint
from sandbox.twilio.controls import controls
from sandbox.twilio.deliveries import Deliveries
from sandbox.twilio.errors import TwilioError
from sandbox.twilio.faults import Faults


@dataclass(frozen=True)
class TwilioStandIn:
    """One account with everything around it; ``url`` is its address, ``calls`` are the forms of all messages."""

    url: str
    account: Account
    deliveries: Deliveries
    faults: Faults
    app: Flask
    calls: list[dict[str, Any]] = field(default_factory=list)


def build(url: str, account: Account) -> TwilioStandIn:
    """Build a stand-in. What happens in it is kept in memory only."""
    deliveries, faults, app = Deliveries(account), Faults(), Flask("sandbox.twilio")
    calls: list[dict[str, Any]] = []
    app.register_blueprint(blueprint(account, deliveries, faults, calls))
    app.register_blueprint(controls(account, deliveries, faults))
    app.before_request(_check_host)
    app.register_error_handler(TwilioError, _on_error)
    return TwilioStandIn(url, account, deliveries, faults, app, calls)


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and says nothing of single requests."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's own name)
        """Say nothing: connections that are hung up are meant."""


def server_of(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Return a server that can hang up in the middle of an answer."""
    return make_server(host, port, app, threaded=True, request_handler=_Handler)


@contextmanager
def running(*, now: Callable[[], datetime] = utc_now) -> Iterator[TwilioStandIn]:
    """Run a stand-in in this process, on a free port of the loopback."""
    server = server_of(Flask("none"), "127.0.0.1", 0)
    made = build(f"http://127.0.0.1:{server.port}", Account(now))
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _check_host() -> ResponseReturnValue | None:
    return None if is_own_host(request.host) else (jsonify(message=WRONG_HOST), 403)


def _on_error(error: TwilioError) -> tuple[Response, int]:
    return jsonify(error.body), error.status
