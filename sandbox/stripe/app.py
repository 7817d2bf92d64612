"""The stand-in as a web application, and the server that it runs on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.hosts import WRONG_HOST, is_own_host
from sandbox.stripe.account import Account
from sandbox.stripe.api import Api, blueprint
from sandbox.stripe.controls import controls, pages
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import Deliveries
from sandbox.stripe.faults import Faults
from sandbox.stripe.intents import Intents
from sandbox.stripe.sessions import Sessions


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class StripeStandIn:
    """One account with everything around it; ``url`` is its address."""

    url: str
    account: Account
    deliveries: Deliveries
    faults: Faults
    intents: Intents
    sessions: Sessions
    api: Api
    app: Flask


def build(
    url: str, *, path: Path | None = None, now: Callable[[], datetime] = utc_now, livemode: bool = False
) -> StripeStandIn:
    """Build a stand-in whose pages are at ``url``."""
    account = Account(path, now, livemode=livemode)
    deliveries, faults = Deliveries(account), Faults()
    intents = Intents(account, deliveries)
    sessions = Sessions(account, deliveries, intents, url)
    api = Api(account, intents, sessions, faults)
    app = Flask("sandbox.stripe")
    app.register_blueprint(blueprint(api))
    app.register_blueprint(pages(account, sessions))
    app.register_blueprint(controls(account, intents=intents, deliveries=deliveries, faults=faults, calls=api.calls))
    app.before_request(_check_host)
    app.register_error_handler(StripeError, _on_error)
    return StripeStandIn(url, account, deliveries, faults, intents, sessions, api, app)


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
def running(*, now: Callable[[], datetime] = utc_now, livemode: bool = False) -> Iterator[StripeStandIn]:
    """Run a stand-in in this process, on a free port of the loopback, and nothing of it is kept."""
    server = server_of(Flask("none"), "127.0.0.1", 0)
    made = build(f"http://127.0.0.1:{server.port}", now=now, livemode=livemode)
    server.app = made.app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        made.deliveries.close()
        made.account.close()


def _check_host() -> ResponseReturnValue | None:
    return None if is_own_host(request.host) else (jsonify(error={"message": WRONG_HOST}), 403)


def _on_error(error: StripeError) -> tuple[Response, int]:
    return jsonify(error=error.error), error.status
