"""The metadata as Setup and permissions leave it: knows what disappears or closes, and refuses to know any record."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.org.metadata import Field, Metadata, ObjectType
from sandbox.org.setup import Setup


def shaped(every: Mapping[str, ObjectType], *, setup: Setup) -> dict[str, ObjectType]:
    """Return the objects that exist with this setup, with the fields and values that exist with it."""
    return {name: _shaped(kind, setup=setup) for name, kind in every.items() if setup.has(kind.feature)}


def _shaped(kind: ObjectType, *, setup: Setup) -> ObjectType:
    present = {name: _field(kind, one, setup=setup) for name, one in kind.fields.items() if setup.has(one.feature)}
    return kind if present == kind.fields else replace(kind, fields=present)


def _field(kind: ObjectType, one: Field, *, setup: Setup) -> Field:
    changed = setup.picklists.get(f"{kind.name}.{one.name}")
    if changed is None:
        return one
    values = tuple(value for value in one.values if value not in changed.get("without", ()))
    return replace(one, values=values, restricted=changed.get("restricted", one.restricted))


def narrowed(metadata: Metadata, closed: Mapping[str, Mapping[str, bool]]) -> Metadata:
    """Return the metadata as somebody sees it for whom the fields are closed; the same one where none is."""
    if not closed:
        return metadata
    return Metadata({name: _narrowed(kind, closed) for name, kind in metadata.objects.items()})


def _narrowed(kind: ObjectType, closed: Mapping[str, Mapping[str, bool]]) -> ObjectType:
    open_fields: dict[str, Field] = {}
    for name, one in kind.fields.items():
        may = closed.get(f"{kind.name}.{name}")
        if may is None:
            open_fields[name] = one
        elif may["readable"]:
            open_fields[name] = one if may["editable"] else replace(one, readonly=True)
    return kind if open_fields == kind.fields else replace(kind, fields=open_fields)
