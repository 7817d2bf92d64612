"""The metadata as a user with closed fields sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sandbox.org.metadata.objects import Field, Metadata, ObjectType


def restrict_fields(
    metadata: Metadata, closed: Mapping[str, Mapping[str, bool]], *, readable: Collection[str]
) -> Metadata:
    """Return the metadata as somebody sees it for whom the fields are closed, and objects that no set lets read."""
    hidden = {name for name in metadata.objects if _asks_for_a_set(name) and name not in readable}
    if not closed and not hidden:
        return metadata
    seen = {name: kind for name, kind in metadata.objects.items() if name not in hidden}
    return Metadata({name: _restrict_object(kind, closed, hidden) for name, kind in seen.items()})


def _asks_for_a_set(name: str) -> bool:
    # The profiles of this org open the other standard objects to everybody.
    return name.endswith(("__c", "__e")) or name in ("OrderItem", "Product2")


def _restrict_object(kind: ObjectType, closed: Mapping[str, Mapping[str, bool]], hidden: Collection[str]) -> ObjectType:
    open_fields: dict[str, Field] = {}
    for name, one in kind.fields.items():
        if one.reference_to in hidden:
            one = replace(one, relationship="", child_relationship="")  # the id can be read, and nothing behind it
        may = closed.get(f"{kind.name}.{name}")
        if may is None:
            open_fields[name] = one
        elif may["readable"]:
            open_fields[name] = one if may["editable"] else replace(one, readonly=True)
    return kind if open_fields == kind.fields else replace(kind, fields=open_fields)
