"""The controls of this stand-in, for testers, and the page on which a test customer pays."""

from __future__ import annotations

import random
from typing import Any

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

from sandbox.stripe.account import Account
from sandbox.stripe.events import Deliveries
from sandbox.stripe.faults import Fault, Faults
from sandbox.stripe.intents import Intents
from sandbox.stripe.sessions import Sessions


def pages(account: Account, sessions: Sessions) -> Blueprint:
    """Return the hosted page: shown by GET, paid by POST with ``number``, or ``approve`` for the bank's challenge."""
    made = Blueprint("pages", __name__)

    @made.get("/c/pay/<session_id>")
    def show(session_id: str) -> ResponseReturnValue:
        with account.lock:
            session = sessions.get(session_id)
            intent = account.find(session["payment_intent"], "payment_intent")
        if session["status"] != "open":
            return f"<title>Over</title><p>This page is over: {escape(session['status'])}.", 200
        is_challenge = intent is not None and intent["status"] == "requires_action"
        field = (
            '<button name="approve" value="yes">Approve</button><button name="approve" value="no">Refuse</button>'
            if is_challenge
            else '<label>Test card <input name="number" inputmode="numeric"></label><button>Pay</button>'
        )
        amount = f"{session['amount_total']} {escape(session['currency'])}"
        return f'<!doctype html><html lang="en"><title>Pay</title><h1>{amount}</h1><form method="post">{field}</form></html>'

    @made.post("/c/pay/<session_id>")
    def pay(session_id: str) -> ResponseReturnValue:
        with account.lock:
            session = sessions.get(session_id)
            if "approve" in request.form:
                sessions.answer_challenge(session, approve=request.form["approve"] == "yes")
            else:
                sessions.pay(session, request.form.get("number", ""))
        return redirect(session["success_url"] if session["status"] == "complete" else request.path, 303)

    return made


def controls(
    account: Account, *, intents: Intents, deliveries: Deliveries, faults: Faults, calls: list[str]
) -> Blueprint:
    """Return the routes for testers. Each takes and answers JSON."""
    made = Blueprint("controls", __name__, url_prefix="/sandbox")

    @made.post("/endpoints")
    def register() -> ResponseReturnValue:
        body = _body()
        endpoint = account.add(
            "we", "webhook_endpoint", url=body["url"], secret=body["secret"], status="enabled",
            enabled_events=body.get("enabled_events", ["*"]), api_version=body.get("api_version"),
        )  # fmt: skip
        return jsonify(id=endpoint["id"])

    @made.post("/deliver")
    def deliver() -> ResponseReturnValue:
        body = _body()
        order = random.Random(body["seed"]) if "seed" in body else None  # noqa: S311 (a test that can be repeated)
        sent = deliveries.deliver(order=order, lose=body.get("lose", 0.0), repeat=body.get("repeat", 0.0))
        return jsonify(arrived=sent, waiting=len(deliveries.waiting), answers=deliveries.answers[-50:])

    @made.post("/clock")
    def move_clock() -> ResponseReturnValue:
        account.move_clock(float(_body()["seconds"]))
        return jsonify(seconds=account.seconds)

    @made.post("/faults")
    def fail() -> ResponseReturnValue:
        body = _body()
        if "chance" in body:
            faults.at_random(body["chance"], seed=body["seed"])
        elif body:
            faults.add(body["operation"], Fault(body["fault"]), body.get("times", 1))
        else:
            faults.clear()
        return jsonify()

    @made.post("/rights")
    def deny() -> ResponseReturnValue:
        account.denied = set(_body()["denied"])
        return jsonify()

    _add_payment_controls(made, account, intents)

    @made.get("/calls")
    def called() -> ResponseReturnValue:
        return jsonify(calls=calls)

    return made


def _add_payment_controls(made: Blueprint, account: Account, intents: Intents) -> None:
    """Add what happens to payments without their merchant: refunds, disputes, reviews, settlement."""

    @made.post("/payments/<intent_id>/<what>")
    def change(intent_id: str, what: str) -> ResponseReturnValue:
        body = _body()
        with account.lock:
            intent = intents.get(intent_id)
            if what == "refund":
                return jsonify(id=intents.refund(intent, body.get("amount"))["id"])
            if what == "dispute":
                intents.dispute(intent)
            elif what == "close-dispute":
                intents.close_dispute(intent, str(body.get("status")))
            elif what == "fraud-warning":
                intents.warn_of_fraud(intent)
            elif what == "open-review":
                intents.open_review(intent)
            elif what == "close-review":
                intents.close_review(intent, approve=bool(body.get("approve")))
        return jsonify()

    @made.post("/refunds/<refund_id>/fail")
    def fail_refund(refund_id: str) -> ResponseReturnValue:
        with account.lock:
            refund = account.find(refund_id, "refund")
            if refund is not None:
                intents.fail_refund(refund)
        return jsonify()

    @made.post("/settle")
    def settle() -> ResponseReturnValue:
        with account.lock:
            return jsonify(settled=intents.settle())


def _body() -> dict[str, Any]:
    body: dict[str, Any] = request.get_json(silent=True) or {}
    return body
