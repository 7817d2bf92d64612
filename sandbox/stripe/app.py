"""The stand-in as a web application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.hosts import WRONG_HOST, is_own_host
from sandbox.stand_in_server import running_at_free_port
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


@contextmanager
def running(*, now: Callable[[], datetime] = utc_now, livemode: bool = False) -> Iterator[StripeStandIn]:
    """Run a stand-in in this process, on a free port of the loopback, and nothing of it is kept."""
    with running_at_free_port(lambda url: build(url, now=now, livemode=livemode)) as made:
        try:
            yield made
        finally:
            made.deliveries.close()
            made.account.close()


def _check_host() -> ResponseReturnValue | None:
    return None if is_own_host(request.host) else (jsonify(error={"message": WRONG_HOST}), 403)


def _on_error(error: StripeError) -> tuple[Response, int]:
    return jsonify(error=error.error), error.status
