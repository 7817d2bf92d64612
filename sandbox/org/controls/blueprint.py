"""The blueprint of the controls, their JSON and their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from sandbox.org.records.store import Row
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
    # Tokens and the keys of the app are among these answers.
    response.headers["Cache-Control"] = "no-store"
    return response


def json_body() -> dict[str, Any]:
    """Return the object of the body. Raises BadInput."""
    raw = request.get_data()
    try:
        # A call without a body means the defaults: one order, a launch of the first agent.
        body = from_json(raw) if raw else {}
    except ValueError as error:
        raise BadInput(body="is not JSON") from error
    if not isinstance(body, dict):
        raise BadInput(body="must be a JSON object")
    return body


def rows_named(field: str, names: Any, find: Callable[[str], Row | None], *, what: str) -> list[Row]:
    """Return the rows of a list of names. Raises BadInput for the field where one is missing."""
    if not isinstance(names, list):
        raise BadInput(**{field: "must be a list of names"})
    found = {str(name): find(str(name)) for name in names}
    missing = [name for name, row in found.items() if row is None]
    if missing:
        raise BadInput(**{field: f"names {what} that this org does not have: {', '.join(missing)}"})
    return [row for row in found.values() if row is not None]
