"""The controls of this stand-in, for testers; none of these routes is Twilio's."""

from __future__ import annotations

import random
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.twilio.account import Account, shown
from sandbox.twilio.deliveries import Deliveries
from sandbox.twilio.faults import Fault, Faults


def controls(account: Account, deliveries: Deliveries, faults: Faults) -> Blueprint:
    """Return the routes. Each takes and answers JSON."""
    made = Blueprint("controls", __name__, url_prefix="/sandbox")

    @made.post("/number")
    def set_number() -> ResponseReturnValue:
        body = _body()
        account.inbound_url = body["inbound_url"]
        account.senders |= set(body.get("senders", ()))
        account.services |= set(body.get("services", ()))
        account.advanced_opt_out = bool(body.get("advanced_opt_out", account.advanced_opt_out))
        return jsonify(senders=sorted(account.senders))

    @made.post("/senders")
    def set_sender() -> ResponseReturnValue:
        body = _body()
        account.states[body["sender"]] = (body["status"], body.get("offline_reasons", []))
        return jsonify()

    @made.post("/templates")
    def approve() -> ResponseReturnValue:
        return jsonify(sid=account.add_template(_body()["text"]))

    @made.post("/endings")
    def end_with() -> ResponseReturnValue:
        body = _body()
        account.endings[body["to"]] = (body["status"], body.get("error_code"))
        return jsonify()

    @made.post("/inbound")
    def write() -> ResponseReturnValue:
        body = _body()
        with account.lock:
            row = deliveries.inbound(body["from"], body["to"], body["body"], **body.get("more", {}))
        return jsonify(shown(row)), 201

    @made.post("/deliver")
    def deliver() -> ResponseReturnValue:
        body = _body()
        order = random.Random(body["seed"]) if "seed" in body else None  # noqa: S311 (a test that can be repeated)
        arrived = deliveries.deliver(order=order, lose=body.get("lose", 0.0), repeat=body.get("repeat", 0.0))
        return jsonify(arrived=arrived, waiting=len(deliveries.waiting), answers=deliveries.answers[-50:])

    @made.post("/faults")
    def fail() -> ResponseReturnValue:
        body = _body()
        if "chance" in body:
            faults.at_random(body["chance"], seed=body["seed"], reads_too=body.get("reads_too", False))
        elif body:
            faults.add(*[Fault(body["fault"])] * body.get("times", 1))
        else:
            faults.clear()
        return jsonify()

    @made.get("/messages")
    def listed() -> ResponseReturnValue:
        with account.lock:
            return jsonify(messages=[shown(row) for row in account.messages.values()], stopped=sorted(account.stopped))

    return made


def _body() -> dict[str, Any]:
    body: dict[str, Any] = request.get_json(silent=True) or {}
    return body
