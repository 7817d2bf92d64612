"""Execution of queries, and the cursors of long answers."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.org.metadata.objects import Metadata, ObjectType
from sandbox.org.permissions.access import record_access, visibility_filter
from sandbox.org.records.lifecycle import ORG_CURRENCY
from sandbox.org.records.store import RecordStore, Row, recycle_bin_of
from sandbox.org.soql.aggregates import group_rows, sort_rows
from sandbox.org.soql.columns import describe_columns
from sandbox.org.soql.conditions import compile_condition, equality_values
from sandbox.org.soql.field_paths import FieldPaths
from sandbox.org.soql.grammar.parser import parse
from sandbox.org.soql.grammar.syntax import (
    ChildQuery,
    Comparison,
    Condition,
    Literal,
    Logical,
    Query,
    SelectedField,
    SemiJoin,
)
from sandbox.org.soql.localizer import Localizer
from sandbox.org.soql.projection import Projection, selected_fields
from sandbox.org.wire.errors import ApiError, malformed_query
from sandbox.org.wire.ids import canonical_id, looks_like_id

# The default size of a batch, and the most:
# https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
PAGE_SIZE = 2000
_MOST_CURSORS = 50
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_offset.htm
_HIGHEST_OFFSET = 2000


@dataclass(frozen=True)
class Reading:
    """Who reads, in which version, and how values are shown."""

    user: Row
    metadata: Metadata
    version: str
    localizer: Localizer
    with_deleted: bool = False


class Queries:
    """Runs queries and holds the open cursors, which end with the process as Salesforce's end with time."""

    def __init__(self, *, records: RecordStore) -> None:
        self._records = records
        # The answers are kept, not the query: later pages show the rows as they were when it ran.
        self._cursors: OrderedDict[str, tuple[str, list[dict[str, Any]]]] = OrderedDict()
        self._lock = threading.Lock()

    def run(
        self, text: str, *, user: Row, metadata: Metadata, version: str, with_deleted: bool = False
    ) -> dict[str, Any]:
        """Return the first page; the metadata is what the user sees of it. Raises ApiError.

        ``with_deleted`` looks into the recycle bin too, as queryAll does.
        """
        query = parse(text)
        # Objects and fields that this user may not see are unknown here, so a query cannot tell them from misspelt ones.
        kind = metadata.queried(query.object_name)
        paths = FieldPaths(kind, metadata=metadata, records=self._records)
        localizer = Localizer(user, currency=ORG_CURRENCY)
        rows = self._found(query, kind, paths=paths, user=user, with_deleted=with_deleted)
        if query.is_aggregate:
            groups = group_rows(query, rows, resolve=paths.resolve, localizer=localizer)
            return {"totalSize": len(groups), "done": True, "records": groups}
        rows = _ordered(query, rows, paths=paths)
        # COUNT() answers a size without rows: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl
        if query.counts:
            return {"totalSize": len(rows), "done": True, "records": []}
        reading = Reading(user, metadata, version, localizer, with_deleted=with_deleted)
        return self._first_page(self._rendered(query, kind, rows, reading=reading), user=user, version=version)

    def columns(self, text: str, *, metadata: Metadata) -> dict[str, Any]:
        """Return what the query selects, without running it. Raises ApiError."""
        query = parse(text)
        return describe_columns(query, metadata.queried(query.object_name), metadata=metadata)

    def _rendered(self, query: Query, kind: ObjectType, rows: list[Row], *, reading: Reading) -> list[dict[str, Any]]:
        projection = Projection(
            selected_fields(query, kind),
            kind,
            metadata=reading.metadata,
            records=self._records,
            localizer=reading.localizer,
        )
        rendered = [projection.render(row, version=reading.version) for row in rows]
        for child in query.children:
            self._add_children(child, kind, list(zip(rows, rendered, strict=True)), reading=reading)
        return rendered

    def _add_children(
        self, child: ChildQuery, kind: ObjectType, parents: list[tuple[Row, dict[str, Any]]], *, reading: Reading
    ) -> None:
        """Add to each rendered parent a query result of its own, or null where it has no such children."""
        child_kind, lookup = reading.metadata.child_relationship(kind, child.relationship)
        query = replace(child.query, object_name=child_kind.name)
        paths = FieldPaths(child_kind, metadata=reading.metadata, records=self._records)
        found = self._found(query, child_kind, paths=paths, user=reading.user, with_deleted=reading.with_deleted)
        # Found once for all parents: one search for each parent would take minutes with thousands of them.
        by_parent: dict[str, list[Row]] = {}
        for row in found:
            by_parent.setdefault(row.get(lookup.name) or "", []).append(row)
        for parent, rendered in parents:
            # ORDER BY, LIMIT and OFFSET hold for the children of each parent.
            rows = _ordered(query, by_parent.get(parent["Id"], []), paths=paths)
            members = self._rendered(query, child_kind, rows, reading=reading)
            page = self._first_page(members, user=reading.user, version=reading.version) if members else None
            rendered[lookup.child_relationship] = page

    def _first_page(self, answers: list[dict[str, Any]], *, user: Row, version: str) -> dict[str, Any]:
        if len(answers) <= PAGE_SIZE:
            return {"totalSize": len(answers), "done": True, "records": answers}
        return self._page(self._keep_cursor(user, answers), answers, start=0, version=version)

    def more(self, locator: str, *, user: Row, version: str) -> dict[str, Any]:
        """Return the page that a nextRecordsUrl names. Raises ApiError."""
        cursor, _, start = locator.rpartition("-")
        owner, answers = self._cursors.get(cursor, ("", []))
        # Alike for a cursor of another user and one that has ended: a locator must not show that it exists.
        if owner != user["Id"] or not start.isdigit():
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, answers, start=int(start), version=version)

    def _keep_cursor(self, user: Row, answers: list[dict[str, Any]]) -> str:
        cursor = f"0r8xx{secrets.token_hex(8)}"
        with self._lock:
            self._cursors[cursor] = (user["Id"], answers)
            while len(self._cursors) > _MOST_CURSORS:
                self._cursors.popitem(last=False)
        return cursor

    @staticmethod
    def _page(cursor: str, answers: list[dict[str, Any]], *, start: int, version: str) -> dict[str, Any]:
        end = start + PAGE_SIZE
        page: dict[str, Any] = {"totalSize": len(answers), "done": end >= len(answers)}
        if end < len(answers):
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{end}"
        return page | {"records": answers[start:end]}

    def _found(
        self, query: Query, kind: ObjectType, *, paths: FieldPaths, user: Row, with_deleted: bool = False
    ) -> list[Row]:
        query = replace(query, where=self._joined(query.where, kind, paths=paths, user=user))
        rows = list(self._candidates(query, kind, user=user))
        if with_deleted:
            rows += self._records.rows(recycle_bin_of(kind.name))
            ids = equality_values(query.where, "Id")
            wanted = None if ids is None else {canonical_id(text) for text in ids if looks_like_id(text)}
            rows = [row for row in rows if wanted is None or row["Id"] in wanted]
        if query.where is not None:
            test = compile_condition(query.where, resolve=paths.resolve)
            rows = [row for row in rows if test(row)]
        visible = visibility_filter(user, kind.name, records=self._records)
        return [row for row in rows if visible(row)]

    def _joined(self, where: Condition | None, kind: ObjectType, *, paths: FieldPaths, user: Row) -> Condition | None:
        """Return the condition with each inner query replaced by the ids that it finds."""
        # Deeper ones the parser has refused, as Salesforce does.
        if isinstance(where, Logical) and where.operator == "AND":
            parts = (self._joined(part, kind, paths=paths, user=user) for part in where.parts)
            return Logical("AND", tuple(part for part in parts if part is not None))
        if not isinstance(where, Comparison) or where.semi_join is None:
            return where
        field = paths.resolve(where.field)[0]
        if field.type not in ("id", "reference"):
            message = "The left operand field in the where expression of outer query should be an id field"
            raise malformed_query(f"{message}, cannot use: '{field.name}'")
        ids = self._selected(where.semi_join, kind, paths=paths, user=user)
        return replace(where, literals=tuple(Literal("text", one) for one in ids), semi_join=None)

    def _selected(self, semi_join: SemiJoin, outer: ObjectType, *, paths: FieldPaths, user: Row) -> list[str]:
        kind = paths.metadata.queried(semi_join.object_name)
        # Both rules: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
        if kind.name == outer.name:
            raise malformed_query("The inner and outer selects should not be on the same object type")
        inner = FieldPaths(kind, metadata=paths.metadata, records=self._records)
        field, read = inner.resolve(semi_join.field)
        if field.type not in ("id", "reference"):
            raise malformed_query(f"Semi join sub-selects can only query id fields, cannot use: '{field.name}'")
        query = Query((SelectedField(semi_join.field),), kind.name, semi_join.where)
        found = (read(row) for row in self._found(query, kind, paths=inner, user=user))
        return list(dict.fromkeys(one for one in found if one))

    def _candidates(self, query: Query, kind: ObjectType, *, user: Row) -> Iterable[Row]:
        if kind.name == "UserRecordAccess":
            return self._access_rows(query)
        # The store has an index by id alone. Everything else reads the whole object, which is small enough in a sandbox.
        ids = equality_values(query.where, "Id")
        if ids is not None:
            asked = dict.fromkeys(canonical_id(text) for text in ids if looks_like_id(text))
            return [row for record_id in asked if (row := self._records.get(kind.name, record_id))]
        return self._records.rows(kind.name)

    def _access_rows(self, query: Query) -> list[Row]:
        users = equality_values(query.where, "UserId")
        records = equality_values(query.where, "RecordId")
        # Without both it would be every pair of the org:
        # https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-userrecordaccess.html
        if not users or not records or len(users) != 1 or len(records) > 200:
            raise malformed_query("UserRecordAccess needs one UserId and 1 to 200 RecordIds in its WHERE clause")
        user = self._records.get("User", canonical_id(users[0]) if looks_like_id(users[0]) else None)
        return [] if user is None else [self._access_row(text, user=user) for text in records if looks_like_id(text)]

    def _access_row(self, text: str, *, user: Row) -> Row:
        record_id = canonical_id(text)
        object_name = self._records.object_of(record_id) or ""
        record = self._records.get(object_name, record_id) if object_name else None
        columns = record_access(user, record, object_name=object_name, records=self._records)
        return {"Id": None, "RecordId": record_id, "UserId": user["Id"], **columns}


def _ordered(query: Query, rows: list[Row], *, paths: FieldPaths) -> list[Row]:
    # The sort is stable: from the last field to the first, each keeps the order of those after it.
    for order in reversed(query.order_by):
        rows = sort_rows(rows, order, read=paths.resolve(order.field)[1])
    if query.offset > _HIGHEST_OFFSET:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_HIGHEST_OFFSET}")
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]
