"""Controls for records of any object."""

from __future__ import annotations

from typing import Any

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.instance.org import Org, current_org
from sandbox.org.metadata.countries import pair_countries
from sandbox.org.records.lifecycle import load_row, parse_values, set_computed_fields
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, BadInput


@blueprint.post("/records")
def create_record() -> Response:
    """Store a record of any object, as an admin or a data loader would."""
    org, body = current_org(), json_body()
    object_name, values = body.get("object"), body.get("values")
    if object_name not in org.metadata.objects:
        raise BadInput(object="is not an object of this org")
    if not isinstance(values, dict):
        raise BadInput(values="must be an object")
    with org.records.transaction():
        try:
            row = load_row(
                org.records, org.metadata, object_name=object_name, values=without_marks(values), user_id=_admin(org)
            )
        except ApiError as error:
            raise BadInput(values=error.message) from error
    return json_response({"id": row["Id"]}, status=201)


@blueprint.patch("/records/<record_id>")
def change_record(record_id: str) -> Response:
    """Change any record, read-only fields too. Orders, users and permission sets have controls of their own."""
    org, body = current_org(), json_body()
    object_name = org.records.object_of(record_id)
    if object_name not in org.metadata.objects or object_name in ("Order", "User", "PermissionSet"):
        raise BadInput(record_id="is not a record that this control changes")
    kind = org.metadata.objects[object_name]
    try:
        row = (org.records.get(object_name, record_id) or {}) | pair_countries(parse_values(kind, without_marks(body)))
    except ApiError as error:
        raise BadInput(values=error.message) from error
    with org.records.transaction():
        set_computed_fields(kind, row, records=org.records)
        org.records.put(object_name, row)
    return json_response({name: value for name, value in row.items() if not name.startswith("_")})


def without_marks(values: dict[str, Any]) -> Row:
    """Return the values without the sandbox's own marks."""
    return {name: value for name, value in values.items() if not name.startswith("_")}


def _admin(org: Org) -> str:
    return str(next(user["Id"] for user in org.users() if user.get("_runs_integration")))
