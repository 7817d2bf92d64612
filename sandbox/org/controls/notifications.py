"""Controls that show and forget what the org sent to people and subscribers."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_response
from sandbox.org.instance.org import current_org


@blueprint.get("/notifications")
def show_notifications() -> Response:
    """Return every bell that rang since the start, the oldest first."""
    return json_response([one.as_json() for one in current_org().bulletin.notifications()])


@blueprint.delete("/notifications")
def forget_notifications() -> Response:
    """Forget all bells."""
    current_org().bulletin.clear()
    return Response(status=204)


@blueprint.get("/events")
def show_events() -> Response:
    """Return every platform event that was published since the start, the oldest first."""
    return json_response([one.as_json() for one in current_org().writer.bus.events()])


@blueprint.delete("/events")
def forget_events() -> Response:
    """Forget all events, and begin a new hour."""
    current_org().writer.bus.clear()
    return Response(status=204)
