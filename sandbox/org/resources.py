"""The plain resources: knows query, describe, limits and single records, and refuses to know composites."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from sandbox.org.calls import Answer, Call, Routes
from sandbox.org.describe import describe, describe_briefly
from sandbox.org.errors import ApiError, not_found
from sandbox.org.fields import read_value
from sandbox.org.metadata import ObjectType
from sandbox.org.query import Shape, attributes
from sandbox.org.records import Row
from sandbox.org.writes import ManyFound, upsert_key

routes = Routes()


@routes.add("GET", "")
def list_resources(call: Call) -> Answer:
    names = ("query", "sobjects", "limits", "composite")
    return Answer(200, {name: f"/services/data/v{call.version}/{name}" for name in names})


@routes.add("GET", "limits")
def show_limits(call: Call) -> Answer:
    limit = call.org.faults.plan.api_limit
    daily = {"Max": limit, "Remaining": max(0, limit - call.org.used_today())}
    return Answer(200, {"DailyApiRequests": daily, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}})


@routes.add("GET", "query(All)?")
def run_query(call: Call) -> Answer:
    return Answer(200, _queried(call))


def _queried(call: Call) -> dict[str, Any]:
    text = call.param("q")
    deleted_too = call.path.startswith("queryAll")
    return call.org.queries.run(
        text, user=call.user, metadata=call.metadata, version=call.version, with_deleted=deleted_too
    )


@routes.add("GET", "query(All)?/{locator}")
def next_page(call: Call, *, locator: str) -> Answer:
    return Answer(200, call.org.queries.more(locator, user=call.user, version=call.version))


@routes.add("GET", "sobjects")
def list_objects(call: Call) -> Answer:
    objects = [describe_briefly(kind, version=call.version) for kind in call.metadata.objects.values()]
    return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


@routes.add("GET", "sobjects/{object_name}")
def show_object(call: Call, *, object_name: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    return Answer(200, {"objectDescribe": describe_briefly(kind, version=call.version), "recentItems": []})


@routes.add("GET", "sobjects/{object_name}/describe")
def describe_object(call: Call, *, object_name: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    return Answer(200, describe(kind, version=call.version, writable=bool(call.user.get("_edits_orders"))))


@routes.add("POST", "sobjects/{object_name}")
def create_record(call: Call, *, object_name: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    record_id = call.org.writer.create(call.user, kind, values=_values(call.json_object()))
    location = attributes(kind, {"Id": record_id}, version=call.version)["url"]
    return Answer(201, {"id": record_id, "success": True, "errors": []}, {"Location": location})


@routes.add("GET", "sobjects/{object_name}/{record_id}")
def read_record(call: Call, *, object_name: str, record_id: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    row = call.org.writer.found(call.user, kind, record_id=record_id)
    return Answer(200, show_record(call, kind, row=row, fields=_chosen_fields(call)))


@routes.add("PATCH", "sobjects/{object_name}/{record_id}")
def update_record(call: Call, *, object_name: str, record_id: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    body = call.json_object()
    if any(name.lower() == "id" for name in body):
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", "The Id field should not be specified in the sobject data.")
    call.org.writer.update(call.user, kind, record_id=record_id, values=body)
    return Answer(204)


@routes.add("DELETE", "sobjects/{object_name}/{record_id}")
def delete_record(call: Call, *, object_name: str, record_id: str) -> Answer:
    call.org.writer.delete(call.user, call.metadata.object_named(object_name), record_id=record_id)
    return Answer(204)


@routes.add("GET", "sobjects/{object_name}/{key_name}/{key_value}")
def read_by_key(call: Call, *, object_name: str, key_name: str, key_value: str) -> Answer:
    try:
        kind, row = _row_by_key(call, object_name, key_name=key_name, key_value=key_value)
    except ManyFound as found:
        return _choices(call, call.metadata.object_named(object_name), found)
    row = call.org.writer.found(call.user, kind, record_id=row["Id"])
    return Answer(200, show_record(call, kind, row=row, fields=_chosen_fields(call)))


@routes.add("DELETE", "sobjects/{object_name}/{key_name}/{key_value}")
def delete_by_key(call: Call, *, object_name: str, key_name: str, key_value: str) -> Answer:
    kind, row = _row_by_key(call, object_name, key_name=key_name, key_value=key_value)
    call.org.writer.delete(call.user, kind, record_id=row["Id"])
    return Answer(204)


@routes.add("PATCH", "sobjects/{object_name}/{key_name}/{key_value}")
def upsert_record(call: Call, *, object_name: str, key_name: str, key_value: str) -> Answer:
    kind = call.metadata.object_named(object_name)
    key = upsert_key(kind, key_name)
    body = call.json_object()
    if key.name in body:
        raise ApiError("INVALID_FIELD", f"The {key.name} field should not be specified in the sobject data.")
    try:
        record_id, created = call.org.writer.upsert(call.user, kind, key=key, key_value=unquote(key_value), values=body)
    except ManyFound as found:
        return _choices(call, kind, found)
    answer = {"id": record_id, "success": True, "errors": [], "created": created}
    return Answer(201 if created else 200, answer)


def show_record(call: Call, kind: ObjectType, *, row: Row, fields: Iterable[str] | None) -> dict[str, Any]:
    shape = Shape(fields or kind.fields, kind, metadata=call.metadata, records=call.org.records)
    return shape.answer(row, version=call.version)


def _chosen_fields(call: Call) -> list[str] | None:
    text = call.params.get("fields")
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


def _values(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "attributes"}


def _choices(call: Call, kind: ObjectType, found: ManyFound) -> Answer:
    """Return the addresses of all records that share the external id."""
    return Answer(300, [attributes(kind, {"Id": one}, version=call.version)["url"] for one in found.ids])


def _row_by_key(call: Call, object_name: str, *, key_name: str, key_value: str) -> tuple[ObjectType, Row]:
    kind = call.metadata.object_named(object_name)
    key = upsert_key(kind, key_name)
    value = read_value(key, unquote(key_value))
    row = call.org.writer.with_key(kind, key, value=value) if key.name != "Id" else None
    if row is None:
        raise not_found("Provided external ID field does not exist or is not accessible")
    return kind, row
