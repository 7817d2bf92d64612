"""The sandbox's own controls under /sandbox: phones and faults are answered here, the rest by the core's demo."""

from __future__ import annotations

import json
from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify

from sandbox.core.bodies import control_body, known_phone
from sandbox.core.conversations import Conversations
from sandbox.core.faults import FaultDesk, parse_faults
from sandbox.core.network import current_carrier
from sandbox.core.pass_through import PassThrough

controls = Blueprint("controls", __name__, url_prefix="/sandbox")


def core() -> PassThrough:
    """Return the way to the core."""
    found: PassThrough = current_app.extensions["core"]
    return found


def _desk() -> FaultDesk:
    desk: FaultDesk = current_app.extensions["faults"]
    return desk


def conversations() -> Conversations:
    """Return the messages of every phone."""
    found: Conversations = current_app.extensions["conversations"]
    return found


@controls.get("/health")
def health() -> tuple[Response, int]:
    """Say whether the sandbox and the core behind it answer."""
    ready = core().is_ready()
    return jsonify({"status": "ok" if ready else "starting"}), 200 if ready else 503


@controls.get("/faults")
def faults() -> Response:
    """Return the ordered faults."""
    return jsonify(asdict(_desk().current))


@controls.put("/faults")
def order_faults() -> Response:
    """Order faults; what is not named is off."""
    return _ordered(control_body())


@controls.delete("/faults")
def clear_faults() -> Response:
    """Order no faults."""
    return _ordered({})


def _ordered(raw: dict[str, object]) -> Response:
    wanted = parse_faults(raw)
    # The core first: what it refuses must not be ordered here either.
    answer = core().control("faults", method="PUT", body=json.dumps(wanted.of_core).encode())
    if answer.status_code != 200:
        return answer
    _desk().order(raw)
    return faults()


@controls.post("/clock")
def advance_clock() -> Response:
    """Move the core's clock, and the phones' with it."""
    answer = core().control("clock")
    if answer.status_code == 200:
        conversations().move_clock(float(answer.get_json()["offset_s"]))
    return answer


@controls.get("/phones/<number>")
def phone(number: str) -> Response:
    """Return what a phone holds."""
    return jsonify(conversations().shown(known_phone(number)))


@controls.post("/phones/<number>/replies")
def reply(number: str) -> tuple[Response, int]:
    """Reply from a phone, by a text or a button's id."""
    body, digits = control_body(), known_phone(number)
    current_carrier().reply(digits, body.get("text", body.get("button")), channel=body.get("channel"))
    return jsonify(conversations().shown(digits)), 201


@controls.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
def other(rest: str) -> Response:
    """Pass on what the core's demo answers: credentials, applications, clock, settings, reviews, settle, callbacks."""
    return core().control(rest)
