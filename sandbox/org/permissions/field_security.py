"""The metadata as a user with closed fields sees it."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.org.metadata.objects import Field, Metadata, ObjectType


def restrict_fields(metadata: Metadata, closed: Mapping[str, Mapping[str, bool]]) -> Metadata:
    """Return the metadata as somebody sees it for whom the fields are closed; the same one where none is."""
    if not closed:
        return metadata
    return Metadata({name: _restrict_object(kind, closed) for name, kind in metadata.objects.items()})


def _restrict_object(kind: ObjectType, closed: Mapping[str, Mapping[str, bool]]) -> ObjectType:
    open_fields: dict[str, Field] = {}
    for name, one in kind.fields.items():
        may = closed.get(f"{kind.name}.{name}")
        if may is None:
            open_fields[name] = one
        elif may["readable"]:
            open_fields[name] = one if may["editable"] else replace(one, readonly=True)
    return kind if open_fields == kind.fields else replace(kind, fields=open_fields)
