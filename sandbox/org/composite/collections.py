"""The sObject Collections resource: up to 200 records in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.data_api.sobjects import render_record
from sandbox.org.dml.external_ids import external_id_field
from sandbox.org.metadata.objects import ObjectType
from sandbox.org.notifications.events import KEY_PREFIX, queued
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, entity_is_deleted
from sandbox.org.wire.ids import MalformedId, canonical_id

# https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html
MAX_RECORDS = 200
_ROLLED_BACK = ApiError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Saved: TypeAlias = tuple[str, bool]


@dataclass(frozen=True)
class RecordBatch:
    """The records of one call, and whether one refusal refuses all."""

    records: list[dict[str, Any]]
    all_or_none: bool


def parse_batch(call: ApiCall) -> RecordBatch:
    """Return the records of the call and whether one refusal refuses all. Raises ApiError."""
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ApiError("JSON_PARSER_ERROR", "records must be a list of objects")
    check_size(records)
    return RecordBatch(records, all_or_none=body.get("allOrNone", False) is True)


def check_size(items: list[Any]) -> None:
    """Refuse more than 200 items. Raises ApiError EXCEEDED_ID_LIMIT."""
    if len(items) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)


def save_all(
    call: ApiCall, batch: RecordBatch, *, save: Callable[[dict[str, Any]], Saved], shows_created: bool = False
) -> ApiResponse:
    """Return one SaveResult per record, in request order."""
    outcomes: list[Saved | ApiError] = []
    # One savepoint for all: without allOrNone each refused record leaves nothing behind by itself.
    savepoint = call.org.records.savepoint()
    for record in batch.records:
        try:
            outcomes.append(save(record))
        except ApiError as error:
            outcomes.append(error)
    if batch.all_or_none and any(isinstance(outcome, ApiError) for outcome in outcomes):
        call.org.records.rollback_to(savepoint)
        # Those that were fine get an error as well, since they were not stored either.
        outcomes = [outcome if isinstance(outcome, ApiError) else _ROLLED_BACK for outcome in outcomes]
    # 200 even where all records failed: each result has its own success.
    return ApiResponse(200, [_save_result(outcome, shows_created=shows_created) for outcome in outcomes])


def _save_result(outcome: Saved | ApiError, *, shows_created: bool) -> dict[str, Any]:
    if isinstance(outcome, ApiError):
        return {"success": False, "errors": outcome.as_save_errors()}
    record_id, created = outcome
    errors = queued() if record_id.startswith(KEY_PREFIX) else []
    result: dict[str, Any] = {"id": record_id, "success": True, "errors": errors}
    return result | {"created": created} if shows_created else result


def _kind_of(call: ApiCall, record: dict[str, Any]) -> ObjectType:
    details = record.get("attributes")
    name = details.get("type") if isinstance(details, dict) else None
    if not isinstance(name, str):
        raise ApiError("INVALID_TYPE", "each record needs attributes.type")
    return call.metadata.queried(name)


def _id_in(record: dict[str, Any]) -> object:
    return next((value for name, value in record.items() if name.lower() == "id"), None)


def _without_id(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name.lower() != "id" and name != "attributes"}


@routes.add("POST", "composite/sobjects")
def create_records(call: ApiCall) -> ApiResponse:
    """Create up to 200 records, of any objects."""

    def save(record: dict[str, Any]) -> Saved:
        kind = _kind_of(call, record)
        return call.org.writer.create(call.user, kind, values=_without_id(record)), True

    return save_all(call, parse_batch(call), save=save)


@routes.add("PATCH", "composite/sobjects")
def update_records(call: ApiCall) -> ApiResponse:
    """Update up to 200 records by their ids."""
    seen: set[str] = set()

    def save(record: dict[str, Any]) -> Saved:
        kind = _kind_of(call, record)
        record_id = _id_in(record)
        if not record_id:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call")
        if record_id in seen:
            raise ApiError("DUPLICATE_VALUE", f"duplicate id in list: {record_id}")
        seen.add(str(record_id))
        try:
            return call.org.writer.update(call.user, kind, record_id=record_id, values=_without_id(record)), False
        except ApiError as error:
            # In a list, Salesforce names an unknown record as a broken reference, not as a missing resource.
            raise _as_broken_reference(error) from error

    return save_all(call, parse_batch(call), save=save)


def _as_broken_reference(error: ApiError) -> ApiError:
    if error.code != "NOT_FOUND":
        return error
    return ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


@routes.add("PATCH", "composite/sobjects/{object_name}/{key_name}")
def upsert_records(call: ApiCall, *, object_name: str, key_name: str) -> ApiResponse:
    """Create or update up to 200 records of one object by an external id."""
    kind = call.metadata.object_named(object_name)
    key = external_id_field(kind, key_name)
    batch = parse_batch(call)
    # https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm
    if any(_kind_of(call, record) is not kind for record in batch.records):
        raise ApiError("INVALID_TYPE", f"all records of this call must be of type {kind.name}")
    seen: set[object] = set()

    def save(record: dict[str, Any]) -> Saved:
        values = {name: value for name, value in record.items() if name not in (key.name, "attributes")}
        key_value = record.get(key.name)
        # Within one call the second one is refused; which of two versions would win must not depend on their order.
        if key_value is not None and key_value in seen:
            raise ApiError("DUPLICATE_VALUE", f"Duplicate external id specified: {key_value}", fields=(key.name,))
        seen.add(key_value)
        return call.org.writer.upsert(call.user, kind, key=key, key_value=key_value, values=values)

    return save_all(call, batch, save=save, shows_created=True)


@routes.add("DELETE", "composite/sobjects")
def delete_records(call: ApiCall) -> ApiResponse:
    """Delete the records whose ids the address names."""
    ids = [text.strip() for text in call.param("ids").split(",")]
    check_size(ids)
    batch = RecordBatch([{"Id": text} for text in ids], all_or_none=call.params.get("allOrNone", "").lower() == "true")

    def save(record: dict[str, Any]) -> Saved:
        kind = _kind_holding(call, record["Id"])
        return call.org.writer.delete(call.user, kind, record_id=record["Id"]), False

    return save_all(call, batch, save=save)


def _kind_holding(call: ApiCall, text: str) -> ObjectType:
    try:
        record_id = canonical_id(text)
    except MalformedId as error:
        raise ApiError("MALFORMED_ID", f"malformed id {text[:40]}") from error
    name = call.org.records.object_of(record_id)
    # [A] Deleted and never made look alike: which of the two an unknown id is answered with is not documented.
    if name is None:
        raise entity_is_deleted()
    return call.metadata.objects[name]


@routes.add("GET", "composite/sobjects/{object_name}")
def read_records(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Read the records whose ids the address names."""
    ids, fields = call.param("ids").split(","), call.param("fields").split(",")
    return _read_all(call, object_name, ids=ids, fields=fields)


@routes.add("POST", "composite/sobjects/{object_name}")
def read_many_records(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Read the records whose ids the body names."""
    body = call.json_object()
    ids, fields = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise ApiError("JSON_PARSER_ERROR", "ids and fields must be lists")
    return _read_all(call, object_name, ids=ids, fields=fields)


def _read_all(call: ApiCall, object_name: str, *, ids: list[Any], fields: Iterable[Any]) -> ApiResponse:
    kind = call.metadata.object_named(object_name)
    names = [str(name).strip() for name in fields]
    rows = [_row_or_none(call, kind, record_id=record_id) for record_id in ids]
    # A record that is missing or invisible is null in its place, so that answers and ids keep the same order.
    rendered = [render_record(call, kind, row=row, fields=names) if row else None for row in rows]
    return ApiResponse(200, rendered)


def _row_or_none(call: ApiCall, kind: ObjectType, *, record_id: Any) -> Row | None:
    try:
        return call.org.writer.visible_row(call.user, kind, record_id=record_id)
    except ApiError as error:
        if error.code != "NOT_FOUND":
            raise
        return None
