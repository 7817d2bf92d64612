"""Knows the sandbox's own controls under /sandbox, for testers; refuses to be part of the payment core's API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.core.api import transaction_body
from sandbox.core.clock import stamp
from sandbox.core.deliveries import counted_deliveries, listed_deliveries
from sandbox.core.incoming import control_body, known_phone, limit_argument
from sandbox.core.parts import current_core

controls = Blueprint("controls", __name__, url_prefix="/sandbox")


@controls.get("/health")
def health() -> Response:
    return jsonify({"status": "ok"})


@controls.get("/credentials")
def credentials() -> Response:
    return jsonify({"api_key": current_core().merchant.api_key, "applications": _applications()})


@controls.post("/credentials/renew")
def renew_credentials() -> Response:
    core = current_core()
    with core.store.transaction():
        core.merchant.renew_key()
        # the key itself never travels in a callback
        core.notices.settings_changed("API_KEY_REPLACED", None)
    return credentials()


def _applications() -> list[dict[str, Any]]:
    return [application.shown() for application in current_core().applications.listed()]


@controls.get("/applications")
def applications() -> Response:
    return jsonify({"applications": _applications()})


@controls.put("/applications/<uuid>")
def put_application(uuid: str) -> Response:
    return jsonify(current_core().applications.put(uuid, control_body()).shown())


@controls.get("/clock")
def clock() -> Response:
    sandbox_clock = current_core().clock
    return jsonify({"now": stamp(sandbox_clock.now()), "offset_s": sandbox_clock.offset_s})


@controls.post("/clock")
def advance_clock() -> Response:
    core = current_core()
    core.clock.advance(control_body().get("advance_s"))
    core.links.expire_overdue()
    return clock()


@controls.get("/faults")
def faults() -> Response:
    return jsonify(asdict(current_core().faults.current))


@controls.put("/faults")
def order_faults() -> Response:
    current_core().faults.order(control_body())
    return faults()


@controls.delete("/faults")
def clear_faults() -> Response:
    current_core().faults.order({})
    return faults()


@controls.get("/settings")
def settings() -> Response:
    return jsonify(asdict(current_core().merchant.current))


@controls.put("/settings")
def change_settings() -> Response:
    core = current_core()
    with core.store.transaction():
        core.notices.configuration_changed(*core.merchant.configure(control_body()))
    return settings()


@controls.post("/reviews/<link_ref>")
def finish_review(link_ref: str) -> Response:
    return jsonify(transaction_body(current_core().payments.finish_review(link_ref, control_body().get("decision"))))


@controls.post("/settle/<link_ref>")
def settle(link_ref: str) -> Response:
    link = current_core().payments.settle(link_ref)
    return jsonify({**transaction_body(link), "settled": bool(link.settled)})


@controls.get("/callbacks")
def callbacks() -> Response:
    store, reference = current_core().store, request.args.get("link_reference")
    found = listed_deliveries(store, link_reference=reference, limit=limit_argument())
    return jsonify({"counts": counted_deliveries(store), "callbacks": found})


@controls.get("/phones/<number>")
def phone(number: str) -> Response:
    return jsonify(current_core().messenger.conversation(known_phone(number)))


@controls.post("/phones/<number>/replies")
def reply(number: str) -> tuple[Response, int]:
    body, digits = control_body(), known_phone(number)
    current_core().replies.take(digits, body.get("text", body.get("button")), channel=body.get("channel"))
    return jsonify(current_core().messenger.conversation(digits)), 201
