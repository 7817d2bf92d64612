"""The health endpoints: liveness, and readiness to store what comes in."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from foundation.database.write_check import WriteAbility
from payment_core.services import current_core

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> ResponseReturnValue:
    """Answer that this process is alive."""
    return jsonify({"status": "ok"})


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    """Answer whether this process can write to its database."""
    found = current_core().write_check.ability()
    if found is not WriteAbility.OK:
        return jsonify({"status": "unavailable", "database": found.value}), 503
    return jsonify({"status": "ok", "database": found.value})
