"""Answers SOQL: knows which rows a user sees and in which shape they go out, and refuses to know HTTP."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.org.access import record_access, seen_by
from sandbox.org.aggregates import grouped, sorted_rows
from sandbox.org.conditions import Reader, compile_condition, ids_asked_for
from sandbox.org.errors import ApiError, malformed_query
from sandbox.org.ids import canonical, looks_like_id
from sandbox.org.metadata import Field, Metadata, ObjectType
from sandbox.org.records import Records, Row, bin_of
from sandbox.org.soql import parse
from sandbox.org.soql_tree import Comparison, Condition, Junction, Literal, Query, Selection

PAGE_ROWS = 2000
_MOST_CURSORS = 50
_HIGHEST_OFFSET = 2000
_ALL_FIELDS_LIMIT = 200


class Queries:
    """Runs queries and keeps the open cursors, which end with the process as Salesforce's end with time."""

    def __init__(self, *, records: Records) -> None:
        self._records = records
        self._cursors: OrderedDict[str, tuple[str, list[dict[str, Any]]]] = OrderedDict()
        self._lock = threading.Lock()

    def run(
        self, text: str, *, user: Row, metadata: Metadata, version: str, with_deleted: bool = False
    ) -> dict[str, Any]:
        """Return the first page; the metadata is what the user sees of it. Raises ApiError.

        ``with_deleted`` looks into the recycle bin too, as queryAll does.
        """
        query = parse(text)
        kind = metadata.queried(query.object_name)
        paths = Paths(kind, metadata=metadata, records=self._records)
        rows = self._found(query, kind, paths=paths, user=user, with_deleted=with_deleted)
        if query.is_grouped:
            groups = grouped(query, rows, resolve=paths.resolve)
            return {"totalSize": len(groups), "done": True, "records": groups}
        rows = _ordered(query, rows, paths=paths)
        if query.counts:
            return {"totalSize": len(rows), "done": True, "records": []}
        shape = Shape(_chosen(query, kind), kind, metadata=metadata, records=self._records)
        answers = [shape.answer(row, version=version) for row in rows]
        if len(answers) <= PAGE_ROWS:
            return {"totalSize": len(answers), "done": True, "records": answers}
        return self._page(self._keep_cursor(user, answers), answers, start=0, version=version)

    def more(self, locator: str, *, user: Row, version: str) -> dict[str, Any]:
        """Return the page that a nextRecordsUrl names. Raises ApiError."""
        cursor, _, start = locator.rpartition("-")
        owner, answers = self._cursors.get(cursor, ("", []))
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
        end = start + PAGE_ROWS
        page: dict[str, Any] = {"totalSize": len(answers), "done": end >= len(answers)}
        if end < len(answers):
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{end}"
        return page | {"records": answers[start:end]}

    def _found(
        self, query: Query, kind: ObjectType, *, paths: "Paths", user: Row, with_deleted: bool = False
    ) -> list[Row]:
        query = replace(query, where=self._joined(query.where, kind, paths=paths, user=user))
        rows = list(self._candidates(query, kind, user=user))
        if with_deleted:
            rows += self._records.rows(bin_of(kind.name))
            ids = ids_asked_for(query.where, "Id")
            wanted = None if ids is None else {canonical(text) for text in ids if looks_like_id(text)}
            rows = [row for row in rows if wanted is None or row["Id"] in wanted]
        if query.where is not None:
            test = compile_condition(query.where, resolve=paths.resolve)
            rows = [row for row in rows if test(row)]
        visible = seen_by(user, kind.name, records=self._records)
        return [row for row in rows if visible(row)]

    def _joined(self, where: Condition | None, kind: ObjectType, *, paths: "Paths", user: Row) -> Condition | None:
        """Return the condition with each inner query replaced by the ids that it finds."""
        if isinstance(where, Junction) and where.word == "AND":
            parts = (self._joined(part, kind, paths=paths, user=user) for part in where.parts)
            return Junction("AND", tuple(part for part in parts if part is not None))
        if not isinstance(where, Comparison) or where.selection is None:
            return where
        field = paths.resolve(where.field)[0]
        if field.type not in ("id", "reference"):
            message = "The left operand field in the where expression of outer query should be an id field"
            raise malformed_query(f"{message}, cannot use: '{field.name}'")
        ids = self._selected(where.selection, kind, paths=paths, user=user)
        return replace(where, literals=tuple(Literal("text", one) for one in ids), selection=None)

    def _selected(self, selection: Selection, outer: ObjectType, *, paths: "Paths", user: Row) -> list[str]:
        kind = paths.metadata.queried(selection.object_name)
        if kind.name == outer.name:
            raise malformed_query("The inner and outer selects should not be on the same object type")
        inner = Paths(kind, metadata=paths.metadata, records=self._records)
        field, read = inner.resolve(selection.field)
        if field.type not in ("id", "reference"):
            raise malformed_query(f"Semi join sub-selects can only query id fields, cannot use: '{field.name}'")
        query = Query((selection.field,), kind.name, selection.where)
        found = (read(row) for row in self._found(query, kind, paths=inner, user=user))
        return list(dict.fromkeys(one for one in found if one))

    def _candidates(self, query: Query, kind: ObjectType, *, user: Row) -> Iterable[Row]:
        if kind.name == "UserRecordAccess":
            return self._access_rows(query)
        ids = ids_asked_for(query.where, "Id")
        if ids is not None:
            asked = dict.fromkeys(canonical(text) for text in ids if looks_like_id(text))
            return [row for record_id in asked if (row := self._records.get(kind.name, record_id))]
        return self._records.rows(kind.name)

    def _access_rows(self, query: Query) -> list[Row]:
        users = ids_asked_for(query.where, "UserId")
        records = ids_asked_for(query.where, "RecordId")
        if not users or not records or len(users) != 1 or len(records) > 200:
            raise malformed_query("UserRecordAccess needs one UserId and 1 to 200 RecordIds in its WHERE clause")
        user = self._records.get("User", canonical(users[0]) if looks_like_id(users[0]) else None)
        return [] if user is None else [self._access_row(text, user=user) for text in records if looks_like_id(text)]

    def _access_row(self, text: str, *, user: Row) -> Row:
        record_id = canonical(text)
        object_name = self._records.object_of(record_id) or ""
        record = self._records.get(object_name, record_id) if object_name else None
        columns = record_access(user, record, object_name=object_name, records=self._records)
        return {"Id": None, "RecordId": record_id, "UserId": user["Id"], **columns}


class Paths:
    """Field paths such as BillToContact.MobilePhone, seen from one object."""

    def __init__(self, kind: ObjectType, *, metadata: Metadata, records: Records) -> None:
        self._kind = kind
        self.metadata = metadata
        self._records = records

    def resolve(self, path: str) -> tuple[Field, Reader]:
        """Return the field at the end of the path and the reader of its value. Raises ApiError INVALID_FIELD."""
        *relationships, last = path.split(".")
        if relationships and relationships[0].lower() == self._kind.name.lower():
            relationships = relationships[1:]
        kind, lookups = self._kind, []
        for name in relationships:
            lookup = kind.relationship_named(name)
            lookups.append(lookup)
            kind = self.metadata.objects[lookup.reference_to]
        field = kind.field_named(last)
        return field, self._reader(lookups, field.name)

    def _reader(self, lookups: list[Field], last: str) -> Reader:
        if not lookups:
            return lambda row: row.get(last)

        def read(row: Row) -> Any:
            present: Row | None = row
            for lookup in lookups:
                present = self._records.get(lookup.reference_to, present.get(lookup.name)) if present else None
            return present.get(last) if present else None

        return read


class Shape:
    """How a chosen set of fields goes out: nested objects for relationships, null where the parent is missing."""

    def __init__(self, fields: Iterable[str], kind: ObjectType, *, metadata: Metadata, records: Records) -> None:
        self._kind = kind
        self._records = records
        self._plain: list[str] = []
        nested: dict[str, tuple[Field, list[str]]] = {}
        for path in fields:
            head, _, rest = path.partition(".")
            if not rest:
                self._plain.append(kind.field_named(path).name)
                continue
            lookup = kind.relationship_named(head)
            nested.setdefault(lookup.relationship, (lookup, []))[1].append(rest)
        self._nested = {
            name: (lookup, Shape(paths, metadata.objects[lookup.reference_to], metadata=metadata, records=records))
            for name, (lookup, paths) in nested.items()
        }

    def answer(self, row: Row, *, version: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"attributes": attributes(self._kind, row, version=version)}
        for name in self._plain:
            answer[name] = row.get(name)
        for name, (lookup, shape) in self._nested.items():
            parent = self._records.get(lookup.reference_to, row.get(lookup.name))
            answer[name] = shape.answer(parent, version=version) if parent else None
        return answer


def attributes(kind: ObjectType, row: Row, *, version: str) -> dict[str, str]:
    return {"type": kind.name, "url": f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"}


def _chosen(query: Query, kind: ObjectType) -> list[str]:
    """Return the selected paths, FIELDS(…) spelt out."""
    chosen: list[str] = []
    for path in query.fields:
        if not path.startswith("FIELDS("):
            chosen.append(path)
            continue
        if path != "FIELDS(STANDARD)" and (query.limit is None or query.limit > _ALL_FIELDS_LIMIT):
            raise malformed_query(f"The SOQL FIELDS function must have a LIMIT of at most {_ALL_FIELDS_LIMIT}")
        custom = {"FIELDS(CUSTOM)": (True,), "FIELDS(STANDARD)": (False,)}.get(path, (True, False))
        chosen += [field.name for field in kind.fields.values() if field.custom in custom]
    return chosen


def _ordered(query: Query, rows: list[Row], *, paths: Paths) -> list[Row]:
    for sorting in reversed(query.order_by):
        rows = sorted_rows(rows, sorting, read=paths.resolve(sorting.field)[1])
    if query.offset > _HIGHEST_OFFSET:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_HIGHEST_OFFSET}")
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]
