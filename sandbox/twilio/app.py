"""The stand-in as a web application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.hosts import WRONG_HOST, is_own_host
from sandbox.stand_in_server import running_at_free_port
from sandbox.twilio.account import Account, utc_now
from sandbox.twilio.api import blueprint
from sandbox.twilio.catalogue import catalogue
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
    app.register_blueprint(catalogue(account))
    app.register_blueprint(controls(account, deliveries, faults))
    app.before_request(_check_host)
    app.register_error_handler(TwilioError, _on_error)
    app.register_error_handler(
        404, lambda _: _on_error(TwilioError(20404, "The requested resource was not found", status=404))
    )
    return TwilioStandIn(url, account, deliveries, faults, app, calls)


@contextmanager
def running(*, now: Callable[[], datetime] = utc_now) -> Iterator[TwilioStandIn]:
    """Run a stand-in in this process, on a free port of the loopback."""
    with running_at_free_port(lambda url: build(url, Account(now))) as made:
        yield made


def _check_host() -> ResponseReturnValue | None:
    return None if is_own_host(request.host) else (jsonify(message=WRONG_HOST), 403)


def _on_error(error: TwilioError) -> tuple[Response, int]:
    return jsonify(error.body), error.status
