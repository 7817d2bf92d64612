"""Controls for health, launches and the certificate."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.controls.users import user_with_id
from sandbox.org.instance.org import current_org
from sandbox.org.oauth.jwt_bearer import load_rsa_key
from sandbox.org.pages.signed_request import signed_request
from sandbox.org.wire.errors import BadInput


@blueprint.get("/health")
def show_health() -> Response:
    """Answer that the org serves."""
    return json_response({"status": "ok"})


@blueprint.post("/launches")
def make_launch() -> Response:
    """Sign for any user and any order id: in Salesforce, too, the id comes from the browser."""
    org, body = current_org(), json_body()
    # A misspelt name would sign for the default, and a test would pass on another order than it means.
    unknown = {name: "is not known" for name in body if name not in ("order_id", "user_id", "launched_at")}
    if unknown:
        raise BadInput(**unknown)
    user = org.first_agent() if body.get("user_id") is None else user_with_id(org, body["user_id"])
    order_id = org.orders()[0]["Id"] if body.get("order_id") is None else body["order_id"]
    launched_at = body.get("launched_at")
    if not isinstance(order_id, str):
        raise BadInput(order_id="must be a text")
    if launched_at is not None and not isinstance(launched_at, str):
        raise BadInput(launched_at="must be a text")
    signed = signed_request(org, user=user, order_id=order_id, launched_at=launched_at)
    return json_response({"launch_url": org.canvas_url, "signed_request": signed})


@blueprint.put("/certificate")
def register_certificate() -> Response:
    """Take the certificate or public key of the JWT bearer flow."""
    pem = json_body().get("certificate")
    if not isinstance(pem, str):
        raise BadInput(certificate="must be the text of a PEM certificate or public key")
    try:
        load_rsa_key(pem)
    except ValueError as error:
        raise BadInput(certificate="is not an RSA certificate or public key in PEM form") from error
    current_org().records.save_setting("certificate", pem)
    return Response(status=204)
