"""The blueprint of the controls, their JSON and their errors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sandbox.org.wire.errors import BadInput
from sandbox.org.wire.exact_json import from_json, to_json

blueprint = Blueprint("controls", __name__, url_prefix="/sandbox")


@blueprint.errorhandler(BadInput)
def render_bad_input(error: BadInput) -> Response:
    """Render an unusable body as 422."""
    return json_response({"error": {"code": "invalid", "message": str(error), "fields": error.fields}}, status=422)


def json_response(body: Any, *, status: int = 200) -> Response:
    """Return a JSON response, with exact amounts."""
    response = Response(to_json(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def json_body() -> dict[str, Any]:
    """Return the object of the body. Raises BadInput."""
    raw = request.get_data()
    try:
        body = from_json(raw) if raw else {}
    except ValueError as error:
        raise BadInput(body="is not JSON") from error
    if not isinstance(body, dict):
        raise BadInput(body="must be a JSON object")
    return body
