"""The door of the sandbox's own controls: knows their JSON and their refusals, and refuses to know what they change."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.org.faults import BadInput
from sandbox.org.wire import from_json, to_json

door = Blueprint("controls", __name__, url_prefix="/sandbox")


@door.errorhandler(BadInput)
def refuse(error: BadInput) -> Response:
    return json_answer({"error": {"code": "invalid", "message": str(error), "fields": error.fields}}, status=422)


def json_answer(body: Any, *, status: int = 200) -> Response:
    response = Response(to_json(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def json_body() -> dict[str, Any]:
    raw = request.get_data()
    try:
        body = from_json(raw) if raw else {}
    except ValueError as error:
        raise BadInput(body="is not JSON") from error
    if not isinstance(body, dict):
        raise BadInput(body="must be a JSON object")
    return body
