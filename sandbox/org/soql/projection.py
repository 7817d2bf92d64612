"""The selected fields of a row, with parents nested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sandbox.org.metadata.objects import Field, Metadata, ObjectType
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.soql.field_paths import FieldPaths
from sandbox.org.soql.grammar.syntax import Query, SelectedField
from sandbox.org.soql.localizer import Localizer
from sandbox.org.wire.errors import malformed_query

# Without such a LIMIT an unknown number of fields would meet an unknown number of rows:
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm
_ALL_FIELDS_LIMIT = 200


class Projection:
    """Renders the selected fields of a row: nested objects for relationships, null where the parent is missing."""

    def __init__(
        self,
        fields: Iterable[SelectedField],
        kind: ObjectType,
        *,
        metadata: Metadata,
        records: RecordStore,
        localizer: Localizer | None = None,
    ) -> None:
        self._kind = kind
        self._records = records
        self._localizer = localizer
        self._paths = FieldPaths(kind, metadata=metadata, records=records)
        self._plain: list[str] = []
        self._computed: list[tuple[str, Callable[[Row], Any]]] = []
        nested: dict[str, tuple[Field, list[SelectedField]]] = {}
        for one in fields:
            head, _, rest = one.path.partition(".")
            if rest and head.lower() == kind.name.lower():
                one = replace(one, path=rest)
                head, _, rest = rest.partition(".")
            if rest and not one.alias:
                lookup = kind.relationship_named(head)
                nested.setdefault(lookup.relationship, (lookup, []))[1].append(replace(one, path=rest))
            elif one.function:
                self._computed.append(self._function(one))
            else:
                self._plain.append(kind.field_named(one.path).name)
        self._nested = {
            name: (
                lookup,
                Projection(
                    paths,
                    metadata.objects[lookup.reference_to],
                    metadata=metadata,
                    records=records,
                    localizer=localizer,
                ),
            )
            for name, (lookup, paths) in nested.items()
        }

    def _function(self, one: SelectedField) -> tuple[str, Callable[[Row], Any]]:
        path = f"toLabel({one.path})" if one.function == "toLabel" else one.path
        field, read = self._paths.resolve(path)
        name, localizer = one.alias or field.name, self._localizer
        if one.function == "toLabel" or localizer is None:
            return name, read
        localizer.check(field)
        return name, lambda row: localizer.text(field, read(row), row=row)

    def render(self, row: Row, *, version: str) -> dict[str, Any]:
        """Return the selected fields of a row."""
        rendered: dict[str, Any] = {"attributes": record_attributes(self._kind, row, version=version)}
        # In the order plain, computed, nested: JSON objects have none that a client may rely on.
        for name in self._plain:
            rendered[name] = row.get(name)
        for name, read in self._computed:
            rendered[name] = read(row)
        for name, (lookup, parent_projection) in self._nested.items():
            parent = self._records.get(lookup.reference_to, row.get(lookup.name))
            # Null and not left out: a client tells an empty lookup from a field that it did not select.
            rendered[name] = parent_projection.render(parent, version=version) if parent else None
        return rendered


def record_attributes(kind: ObjectType, row: Row, *, version: str) -> dict[str, str]:
    """Return the type and the address of a record, as every record has them."""
    return {"type": kind.name, "url": f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"}


def selected_fields(query: Query, kind: ObjectType) -> list[SelectedField]:
    """Return the selected fields, FIELDS(…) expanded."""
    selected: list[SelectedField] = []
    for one in query.fields:
        if not one.path.startswith("FIELDS("):
            selected.append(one)
            continue
        # The number of standard fields is known, so they need no limit.
        if one.path != "FIELDS(STANDARD)" and (query.limit is None or query.limit > _ALL_FIELDS_LIMIT):
            raise malformed_query(f"The SOQL FIELDS function must have a LIMIT of at most {_ALL_FIELDS_LIMIT}")
        custom = {"FIELDS(CUSTOM)": (True,), "FIELDS(STANDARD)": (False,)}.get(one.path, (True, False))
        selected += [SelectedField(field.name) for field in kind.fields.values() if field.custom in custom]
    return selected
