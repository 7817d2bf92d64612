"""Field paths such as BillToContact.MobilePhone."""

from __future__ import annotations

from typing import Any

from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.soql.conditions import ValueGetter


class FieldPaths:
    """Field paths such as BillToContact.MobilePhone, resolved from one object."""

    def __init__(self, kind: ObjectType, *, metadata: Metadata, records: RecordStore) -> None:
        self._kind = kind
        self.metadata = metadata
        self._records = records

    def resolve(self, path: str) -> tuple[Field, ValueGetter]:
        """Return the field at the end of the path, or of toLabel(path), and the getter of its value.

        Raises: ApiError INVALID_FIELD.
        """
        if path.startswith("toLabel("):
            field, read = self.resolve(path.removeprefix("toLabel(").removesuffix(")"))
            return field, lambda row: field.label_of(value) if isinstance(value := read(row), str) else value
        *relationships, last = path.split(".")
        # The object may name itself in front of a field: `SELECT Order.Name FROM Order`.
        if relationships and relationships[0].lower() == self._kind.name.lower():
            relationships = relationships[1:]
        kind, lookups = self._kind, []
        for name in relationships:
            lookup = kind.relationship_named(name)
            lookups.append(lookup)
            kind = self.metadata.objects[lookup.reference_to]
        field = kind.field_named(last)
        return field, self._getter(lookups, field.name)

    def _getter(self, lookups: list[Field], last: str) -> ValueGetter:
        # Most paths have no relationship, and a condition reads them for every row of the object.
        if not lookups:
            return lambda row: row.get(last)

        def read(row: Row) -> Any:
            present: Row | None = row
            # A lookup that is empty makes all behind it null; the record still counts, as in Salesforce.
            for lookup in lookups:
                present = self._records.get(lookup.reference_to, present.get(lookup.name)) if present else None
            return present.get(last) if present else None

        return read
