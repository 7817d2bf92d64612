"""Records by their id."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sandbox.org.data_api.conditional_requests import check_preconditions, etag_of, not_modified, validators
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.metadata.objects import ObjectType
from sandbox.org.notifications.events import is_event, queued
from sandbox.org.records.store import Row
from sandbox.org.soql.grammar.syntax import SelectedField
from sandbox.org.soql.projection import Projection, record_attributes
from sandbox.org.wire.errors import ApiError
from sandbox.org.wire.times import parse_time


@routes.add("POST", "sobjects/{object_name}")
def create_record(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Create a record, and answer its id."""
    kind = call.metadata.object_named(object_name)
    record_id = call.org.writer.create(call.user, kind, values=_values(call.json_object()))
    if is_event(kind.name):
        # Accepted, not delivered: the id is no record's, and the "error" says that it is queued.
        # https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm
        return ApiResponse(201, {"id": record_id, "success": True, "errors": queued()})
    location = record_attributes(kind, {"Id": record_id}, version=call.version)["url"]
    return ApiResponse(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


@routes.add("GET", "sobjects/{object_name}/{record_id}")
def read_record(call: ApiCall, *, object_name: str, record_id: str) -> ApiResponse:
    """Answer a record, or the fields that are asked for."""
    kind = call.metadata.object_named(object_name)
    row = call.org.writer.visible_row(call.user, kind, record_id=record_id)
    return read_response(call, kind, row)


@routes.add("PATCH", "sobjects/{object_name}/{record_id}")
def update_record(call: ApiCall, *, object_name: str, record_id: str) -> ApiResponse:
    """Change a record."""
    kind = call.metadata.object_named(object_name)
    body = call.json_object()
    if any(name.lower() == "id" for name in body):
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", "The Id field should not be specified in the sobject data.")
    check_preconditions(call, kind, call.org.writer.visible_row(call.user, kind, record_id=record_id))
    call.org.writer.update(call.user, kind, record_id=record_id, values=body)
    # No body: a client that wants the new values reads the record again.
    return ApiResponse(204)


@routes.add("DELETE", "sobjects/{object_name}/{record_id}")
def delete_record(call: ApiCall, *, object_name: str, record_id: str) -> ApiResponse:
    """Put a record into the recycle bin."""
    call.org.writer.delete(call.user, call.metadata.object_named(object_name), record_id=record_id)
    return ApiResponse(204)


def read_response(call: ApiCall, kind: ObjectType, row: Row) -> ApiResponse:
    """Return the record, or 304 where the caller has the current one already. Raises ApiError 412."""
    # What is computed has no date of a change.
    if row.get("LastModifiedDate") is None:
        return ApiResponse(200, render_record(call, kind, row=row, fields=requested_fields(call)))
    check_preconditions(call, kind, row)
    modified_at, etag = parse_time(row["LastModifiedDate"]), etag_of(kind, row)
    unchanged = not_modified(call, modified_at=modified_at, etag=etag)
    if unchanged is not None:
        return unchanged
    body = render_record(call, kind, row=row, fields=requested_fields(call))
    return ApiResponse(200, body, validators(modified_at=modified_at, etag=etag))


def render_record(call: ApiCall, kind: ObjectType, *, row: Row, fields: Iterable[str] | None) -> dict[str, Any]:
    """Return a record's JSON, with the fields that are asked for or all of them."""
    selected = [_selected(name) for name in fields or kind.fields]
    projection = Projection(selected, kind, metadata=call.metadata, records=call.org.records)
    return projection.render(row, version=call.version)


# A record has some fifty fields, and most calls read the same ones.
@lru_cache(maxsize=1024)
def _selected(name: str) -> SelectedField:
    return SelectedField(name)


def requested_fields(call: ApiCall) -> list[str] | None:
    """Return the fields that the address asks for, None where it names none."""
    text = call.params.get("fields")
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


def _values(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "attributes"}
