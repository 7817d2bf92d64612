"""The permissions that reading an order needs by a tenant's own mapping, beside what our sets give."""

from __future__ import annotations

from collections.abc import Iterator

from connector.domain.tenants.mapping import Mapping
from connector.salesforce.metadata.describe import Describe, FieldDescription, ObjectDescription
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind

_READ = "PermissionsRead"


def mapped_reads(mapping: Mapping, describe: Describe) -> frozenset[Grant]:
    """Return Read on every object and field that an order's query goes through and that can be closed to a user."""
    return frozenset(one for path in _paths(mapping) for one in _along(path, mapping.order_object, describe))


def _paths(mapping: Mapping) -> Iterator[str]:
    yield mapping.number
    yield from mapping.phones
    yield from (one for one in (mapping.currency, mapping.languages.field, mapping.original) if one)
    for profile in mapping.profiles:
        yield from (one for one in (profile.total, profile.tax, profile.sub_total, profile.currency) if one)
    yield from (rule.field for rule in mapping.payable)


def _along(path: str, object_name: str, describe: Describe) -> Iterator[Grant]:
    *steps, last = path.split(".")
    kind = describe(object_name)
    for step in steps:
        if kind is None or (through := kind.relationships.get(step.lower())) is None:
            return  # a path that breaks off is a finding of the check of the mapping
        yield from _reading(kind, through)
        kind = next(filter(None, map(describe, through.refers_to)), None)
    if kind is not None and (found := kind.field(last)) is not None:
        yield from _reading(kind, found)


def _reading(kind: ObjectDescription, field: FieldDescription) -> Iterator[Grant]:
    yield Grant(GrantKind.OBJECT, kind.name, _READ)
    # Required, system and many computed fields have no permissions of their own; part of an address has the whole's.
    if field.permissionable:
        yield Grant(GrantKind.FIELD, f"{kind.name}.{field.compound or field.name}", _READ)
