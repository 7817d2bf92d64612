"""Controls for faults and counters."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.faults.plan import FaultPlan, parse_fault_plan
from sandbox.org.instance.org import current_org


@blueprint.put("/faults")
def set_faults() -> Response:
    """Replace the faults as a whole."""
    org, plan = current_org(), parse_fault_plan(json_body())
    # Switching it on ends what is open; a plan that repeats it must not end the sessions that have been opened since.
    if plan.expire_tokens and not org.faults.plan.expire_tokens:
        org.sessions.end_all()
    org.faults.plan = plan
    return json_response(plan.as_json())


@blueprint.get("/faults")
def show_faults() -> Response:
    """Answer the faults that are on."""
    return json_response(current_org().faults.plan.as_json())


@blueprint.delete("/faults")
def clear_faults() -> Response:
    """Switch every fault off."""
    current_org().faults.plan = FaultPlan()
    return Response(status=204)


@blueprint.get("/calls")
def show_calls() -> Response:
    """Answer the counters."""
    return json_response(current_org().counts.as_json())


@blueprint.delete("/calls")
def reset_calls() -> Response:
    """Set the counters to zero."""
    current_org().counts.reset()
    return Response(status=204)
