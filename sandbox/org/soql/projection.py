"""The selected fields of a row, with parents nested."""

from collections.abc import Iterable
from typing import Any

from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.soql.syntax import Query
from sandbox.org.wire.errors import malformed_query

_ALL_FIELDS_LIMIT = 200


class Projection:
    """Renders the selected fields of a row: nested objects for relationships, null where the parent is missing."""

    def __init__(self, fields: Iterable[str], kind: ObjectType, *, metadata: Metadata, records: RecordStore) -> None:
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
            name: (lookup, Projection(paths, metadata.objects[lookup.reference_to], metadata=metadata, records=records))
            for name, (lookup, paths) in nested.items()
        }

    def render(self, row: Row, *, version: str) -> dict[str, Any]:
        rendered: dict[str, Any] = {"attributes": record_attributes(self._kind, row, version=version)}
        for name in self._plain:
            rendered[name] = row.get(name)
        for name, (lookup, parent_projection) in self._nested.items():
            parent = self._records.get(lookup.reference_to, row.get(lookup.name))
            rendered[name] = parent_projection.render(parent, version=version) if parent else None
        return rendered


def record_attributes(kind: ObjectType, row: Row, *, version: str) -> dict[str, str]:
    return {"type": kind.name, "url": f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"}


def selected_fields(query: Query, kind: ObjectType) -> list[str]:
    """Return the selected paths, FIELDS(…) expanded."""
    names: list[str] = []
    for path in query.fields:
        if not path.startswith("FIELDS("):
            names.append(path)
            continue
        if path != "FIELDS(STANDARD)" and (query.limit is None or query.limit > _ALL_FIELDS_LIMIT):
            raise malformed_query(f"The SOQL FIELDS function must have a LIMIT of at most {_ALL_FIELDS_LIMIT}")
        custom = {"FIELDS(CUSTOM)": (True,), "FIELDS(STANDARD)": (False,)}.get(path, (True, False))
        names += [field.name for field in kind.fields.values() if field.custom in custom]
    return names
