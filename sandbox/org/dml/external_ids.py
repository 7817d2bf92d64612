"""External ids as keys of an upsert."""

from __future__ import annotations

from sandbox.org.metadata.objects import Field, ObjectType
from sandbox.org.wire.errors import ApiError


class AmbiguousExternalId(ApiError):
    """An external id that is not unique names more than one record."""

    def __init__(self, key: Field, value: object, *, ids: list[str]) -> None:
        super().__init__("DUPLICATE_EXTERNAL_ID", f"Duplicate external id specified: {value}", fields=(key.name,))
        self.ids = ids


def external_id_field(kind: ObjectType, name: str) -> Field:
    """Return the field that an upsert may go by. Raises ApiError."""
    field = kind.field_named(name)
    if field.name != "Id" and not field.external_id:
        message = f"Field name provided, {field.name} is not an External ID or indexed field for {kind.name}"
        raise ApiError("INVALID_FIELD", message)
    return field
