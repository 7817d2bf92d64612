"""The sObject Tree resource: new records with their children, all or none.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.metadata.objects import Field, ObjectType
from sandbox.org.wire.errors import ApiError

# All three limits are those of the page above.
MAX_RECORDS = 200
MAX_TYPES = 5
MAX_LEVELS = 5
_REPEATED = ApiError("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")


@dataclass(frozen=True)
class Node:
    """One record to create; the lookup is the field that points at its parent."""

    reference_id: str
    kind: ObjectType
    values: dict[str, Any]
    lookup: Field | None = None
    parent: Node | None = None


@routes.add("POST", "composite/tree/{object_name}")
def create_trees(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Return 201 with every new id, or 400 with what was wrong with the first record that could not be created."""
    kind = call.metadata.object_named(object_name)
    nodes = _read(call, kind)
    names = [node.reference_id for node in nodes]
    # Before anything is created: children and answers are found by these names.
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        return _failed([(name, _REPEATED) for name in repeated])
    savepoint = call.org.records.savepoint()
    ids: dict[str, str] = {}
    for node in nodes:
        up = {node.lookup.name: ids[node.parent.reference_id]} if node.lookup and node.parent else {}
        try:
            ids[node.reference_id] = call.org.writer.create(call.user, node.kind, values=node.values | up)
        except ApiError as error:
            # All or none: the records before the refused one are taken back.
            call.org.records.rollback_to(savepoint)
            return _failed([(node.reference_id, error)])
    results = [{"referenceId": name, "id": record_id} for name, record_id in ids.items()]
    return ApiResponse(201, {"hasErrors": False, "results": results})


def _failed(errors: list[tuple[str, ApiError]]) -> ApiResponse:
    results = [{"referenceId": name, "errors": error.as_save_errors()} for name, error in errors]
    return ApiResponse(400, {"hasErrors": True, "results": results})


def _read(call: ApiCall, kind: ObjectType) -> list[Node]:
    """Return the records level by level, which is the order of their creation. Raises ApiError."""
    level = [(item, kind, None, None) for item in _records(call.json_object())]
    nodes: list[Node] = []
    # Parents before their children, whose lookups need the new ids.
    for _ in range(MAX_LEVELS):
        level = _next_level(call, level, nodes=nodes)
    if level:
        raise ApiError("INVALID_INPUT", f"a tree has at most {MAX_LEVELS} levels")
    if len(nodes) > MAX_RECORDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"at most {MAX_RECORDS} records, not {len(nodes)}")
    if len({node.kind.name for node in nodes}) > MAX_TYPES:
        raise ApiError("INVALID_INPUT", f"at most {MAX_TYPES} types of records")
    return nodes


def _next_level(call: ApiCall, level: list[Any], *, nodes: list[Node]) -> list[Any]:
    """Add the level's records to the nodes, and return their children."""
    children: list[Any] = []
    for item, kind, lookup, parent in level:
        relationships = {name: value for name, value in item.items() if isinstance(value, dict) and "records" in value}
        values = {name: value for name, value in item.items() if name != "attributes" and name not in relationships}
        node = Node(_reference_id(item, kind), kind, values, lookup, parent)
        nodes.append(node)
        for name, value in relationships.items():
            child_kind, child_lookup = call.metadata.child_relationship(kind, name)
            children += [(child, child_kind, child_lookup, node) for child in _records(value)]
    return children


def _records(body: dict[str, Any]) -> list[dict[str, Any]]:
    records = body.get("records")
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise ApiError("JSON_PARSER_ERROR", "records must be a list of objects")
    return records


def _reference_id(item: dict[str, Any], kind: ObjectType) -> str:
    details = item.get("attributes")
    found = details if isinstance(details, dict) else {}
    if str(found.get("type", "")).lower() != kind.name.lower():
        raise ApiError("INVALID_TYPE", f"attributes.type must be {kind.name}")
    name = found.get("referenceId")
    if not isinstance(name, str) or not name:
        raise ApiError("INVALID_INPUT", "Include a reference ID for each record in the request.")
    return name
