"""Move the demo's clock, and read its credentials."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from payment_core.api_manifest import api_time
from payment_core.demo.clocks.clock import DemoClock
from payment_core.demo.controls import demo_merchant, shown_applications
from payment_core.demo.first_merchant import shown_key
from payment_core.journeys.configuring.change_keys import renew_key
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.services import current_core
from payment_core.web.api.bodies import json_body

_BY = "tester"


def clock_controls(clock: DemoClock) -> Blueprint:
    """Return the blueprint; whoever registers it checks the caller's key."""
    blueprint = Blueprint("demo_clock", __name__, url_prefix="/demo")

    @blueprint.get("/clock")
    def show_clock() -> ResponseReturnValue:
        return jsonify({"now": api_time(clock()), "offset_s": clock.offset_seconds})

    @blueprint.post("/clock")
    def advance() -> ResponseReturnValue:
        core = current_core()
        clock.advance(json_body().get("advance_s"))
        # Whoever moved the clock sees at once what became due.
        while expire_links(core):
            pass
        for wake in (core.wake.messages, core.wake.payments, core.wake.webhooks, core.wake.deliveries):
            wake.set()
        return show_clock()

    @blueprint.get("/credentials")
    def credentials() -> ResponseReturnValue:
        core = current_core()
        with core.transactions.read() as work:
            key = shown_key(work)
        return jsonify({"api_key": key, "applications": shown_applications(core)})

    @blueprint.post("/credentials/renew")
    def renew() -> ResponseReturnValue:
        core = current_core()
        renew_key(core, demo_merchant(core), by=_BY)
        return credentials()

    return blueprint
