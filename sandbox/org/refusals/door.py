"""The control by which a test or a person lets the org refuse something."""

from flask import Response

from sandbox.org.control_door import door, json_answer, json_body
from sandbox.org.org import current_org
from sandbox.org.refusals.plan import Refusals, read_refusals


@door.put("/refusals")
def set_refusals() -> Response:
    """Replace what is refused: ``records`` by rule, flow or trigger, whole ``calls``, ``logins``, and the ``version_rules``."""
    org = current_org()
    org.change_refusals(read_refusals(json_body(), metadata=org.metadata))
    return json_answer(org.refusals.as_json())


@door.get("/refusals")
def show_refusals() -> Response:
    return json_answer(current_org().refusals.as_json())


@door.delete("/refusals")
def clear_refusals() -> Response:
    current_org().change_refusals(Refusals())
    return Response(status=204)
