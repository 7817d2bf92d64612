"""Controls for what the org refuses on purpose."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.faults.refusals import Refusals, parse_refusals
from sandbox.org.instance.org import current_org


@blueprint.put("/refusals")
def set_refusals() -> Response:
    """Replace what is refused: ``records`` by rule, flow or trigger, whole ``calls``, ``logins``, and the ``version_rules``."""
    org = current_org()
    org.change_refusals(parse_refusals(json_body(), metadata=org.metadata))
    return json_response(org.refusals.as_json())


@blueprint.get("/refusals")
def show_refusals() -> Response:
    """Answer what is refused."""
    return json_response(current_org().refusals.as_json())


@blueprint.delete("/refusals")
def clear_refusals() -> Response:
    """Refuse nothing any more."""
    current_org().change_refusals(Refusals())
    return Response(status=204)
