"""The health endpoints: liveness, and readiness to store what comes in."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.tenants.own_probes import recognition
from connector.services import current_services
from foundation.database.write_check import WriteAbility

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
def live() -> ResponseReturnValue:
    """Answer that this process is alive."""
    # A digest of the nonce under our own key proves to `doctor` that the public address leads to this deployment.
    known = recognition(current_services().settings.launch_keys[0], request.args.get("nonce", ""))
    return jsonify({"status": "ok", **({"recognition": known} if known else {})})


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    """Answer whether this process can write to its database."""
    found = current_services().write_check.ability()
    if found is not WriteAbility.OK:
        return jsonify({"status": "unavailable", "database": found.value}), 503
    return jsonify({"status": "ok", "database": found.value})
