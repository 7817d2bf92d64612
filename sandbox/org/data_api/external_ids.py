"""Records by an external id."""

from __future__ import annotations

from urllib.parse import unquote

from sandbox.org.data_api.conditional_requests import check_preconditions
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.data_api.sobjects import read_response
from sandbox.org.dml.external_ids import AmbiguousExternalId, external_id_field
from sandbox.org.metadata.objects import ObjectType
from sandbox.org.records.field_values import parse_field_value
from sandbox.org.records.store import Row
from sandbox.org.soql.projection import record_attributes
from sandbox.org.wire.errors import ApiError, not_found


@routes.add("GET", "sobjects/{object_name}/{key_name}/{key_value}")
def read_by_key(call: ApiCall, *, object_name: str, key_name: str, key_value: str) -> ApiResponse:
    """Answer a record by its external id, or 300 with the choices where several have it."""
    try:
        kind, row = _row_by_key(call, object_name, key_name=key_name, key_value=key_value)
    except AmbiguousExternalId as found:
        return _choices(call, call.metadata.object_named(object_name), found)
    row = call.org.writer.visible_row(call.user, kind, record_id=row["Id"])
    return read_response(call, kind, row)


@routes.add("DELETE", "sobjects/{object_name}/{key_name}/{key_value}")
def delete_by_key(call: ApiCall, *, object_name: str, key_name: str, key_value: str) -> ApiResponse:
    """Delete a record by its external id."""
    kind, row = _row_by_key(call, object_name, key_name=key_name, key_value=key_value)
    call.org.writer.delete(call.user, kind, record_id=row["Id"])
    return ApiResponse(204)


@routes.add("PATCH", "sobjects/{object_name}/{key_name}/{key_value}")
def upsert_record(call: ApiCall, *, object_name: str, key_name: str, key_value: str) -> ApiResponse:
    """Create a record, or update the one that has the external id: 201 or 200."""
    kind = call.metadata.object_named(object_name)
    key = external_id_field(kind, key_name)
    body = call.json_object()
    # The address names the key. In the body as well it is an error, even with the same value.
    if key.name in body:
        raise ApiError("INVALID_FIELD", f"The {key.name} field should not be specified in the sobject data.")
    try:
        existing = call.org.writer.find_by_key(kind, key, value=parse_field_value(key, unquote(key_value)))
        if existing is not None:
            check_preconditions(call, kind, existing)
        record_id, created = call.org.writer.upsert(call.user, kind, key=key, key_value=unquote(key_value), values=body)
    except AmbiguousExternalId as found:
        return _choices(call, kind, found)
    answer = {"id": record_id, "success": True, "errors": [], "created": created}
    return ApiResponse(201 if created else 200, answer)


def _choices(call: ApiCall, kind: ObjectType, found: AmbiguousExternalId) -> ApiResponse:
    """Return the addresses of all records that share the external id."""
    # Nothing is written, and the caller chooses:
    # https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert_patch.htm
    return ApiResponse(300, [record_attributes(kind, {"Id": one}, version=call.version)["url"] for one in found.ids])


def _row_by_key(call: ApiCall, object_name: str, *, key_name: str, key_value: str) -> tuple[ObjectType, Row]:
    kind = call.metadata.object_named(object_name)
    key = external_id_field(kind, key_name)
    value = parse_field_value(key, unquote(key_value))
    row = call.org.writer.find_by_key(kind, key, value=value) if key.name != "Id" else None
    if row is None:
        raise not_found("Provided external ID field does not exist or is not accessible")
    return kind, row
