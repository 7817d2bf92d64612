"""The columns of a query, as `columns=true` asks for them."""

from __future__ import annotations

from typing import Any

from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.soql.grammar.syntax import Aggregate, Query, SelectedField
from sandbox.org.soql.projection import selected_fields

_NUMBERS = ("double", "currency", "int")
_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "double": "Double",
    "currency": "Double",
    "int": "Integer",
    "boolean": "Boolean",
    "datetime": "Datetime",
    "date": "Date",
}


def describe_columns(query: Query, kind: ObjectType, *, metadata: Metadata) -> dict[str, Any]:
    """Return the QueryColumnMetadata of everything that is selected. Raises ApiError.

    [A] The parameter is what the Salesforce CLI sends after each `data query`; the shape is what it reads.
    https://github.com/salesforcecli/plugin-data
    """
    columns = _field_columns(selected_fields(query, kind), kind, metadata=metadata)
    columns += [_aggregate_column(one) for one in query.aggregates]
    for child in query.children:
        child_kind, lookup = metadata.child_relationship(kind, child.relationship)
        inner = _field_columns(selected_fields(child.query, child_kind), child_kind, metadata=metadata)
        columns.append(_joined(lookup.child_relationship, inner, aggregate=True))
    return {
        "columnMetadata": columns,
        "entityName": kind.name,
        "groupBy": bool(query.group_by),
        "idSelected": any(one.path.lower() == "id" for one in query.fields),
        "keyPrefix": kind.key_prefix,
    }


def _field_columns(fields: list[SelectedField], kind: ObjectType, *, metadata: Metadata) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = []
    parents: dict[str, dict[str, Any]] = {}
    for one in fields:
        head, _, rest = one.path.partition(".")
        # The object may name itself in front of a field: `SELECT Order.Name FROM Order`.
        if rest and head.lower() == kind.name.lower():
            head, _, rest = rest.partition(".")
        if not rest:
            columns.append(_column(kind.field_named(head), name=one.alias))
            continue
        lookup = kind.relationship_named(head)
        parent = metadata.objects[lookup.reference_to]
        inner = _field_columns([SelectedField(rest)], parent, metadata=metadata)
        # Fields of one parent stand together, wherever the query names them.
        if lookup.relationship not in parents:
            parents[lookup.relationship] = _joined(lookup.relationship, [], foreign_key=lookup.name)
            columns.append(parents[lookup.relationship])
        parents[lookup.relationship]["joinColumns"] += inner
    return columns


def _column(field: Field, *, name: str = "") -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": _APEX_TYPES.get(field.type, "String"),
        "booleanType": field.type == "boolean",
        "columnName": name or field.name,
        "custom": field.custom,
        "displayName": name or field.name,
        "foreignKeyName": None,
        "insertable": not field.readonly,
        "joinColumns": [],
        "numberType": field.type in _NUMBERS,
        "textType": field.type not in _APEX_TYPES,
        "updatable": not field.readonly,
    }


def _joined(
    name: str, columns: list[dict[str, Any]], *, aggregate: bool = False, foreign_key: str | None = None
) -> dict[str, Any]:
    return {
        "aggregate": aggregate,
        "apexType": None,
        "booleanType": False,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": foreign_key,
        "insertable": False,
        "joinColumns": columns,
        "numberType": False,
        "textType": False,
        "updatable": False,
    }


def _aggregate_column(one: Aggregate) -> dict[str, Any]:
    shown = f"{one.function.lower()}({one.field})"
    return _joined(one.name, [], aggregate=True) | {
        "displayName": shown,
        # [A] A MIN or MAX has the type of its field; every other aggregate is a number.
        "numberType": one.function not in ("MIN", "MAX"),
    }
