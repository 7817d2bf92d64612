"""Who may own a record of a custom object: an active user who may read it, or a queue that takes it."""

from __future__ import annotations

from sandbox.org.metadata.objects import ObjectType
from sandbox.org.permissions.access import READABLE_OBJECTS
from sandbox.org.records.store import RecordStore
from sandbox.org.wire.errors import ApiError


def check_owner(records: RecordStore, kind: ObjectType, owner_id: str) -> None:
    """Check that the owner may own a record of the kind. Raises ApiError."""
    # The codes: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
    # The messages are documented nowhere: they are as people have quoted them.
    user = records.get("User", owner_id)
    if user is not None:
        if not user["IsActive"]:
            message = f"operation performed with inactive user [{owner_id}] as owner of custom object"
            raise ApiError("INACTIVE_OWNER_OR_USER", message, fields=("OwnerId",))
        if kind.name not in (user.get(READABLE_OBJECTS) or ()):
            raise ApiError("TRANSFER_REQUIRES_READ", "The new owner must have read permission", fields=("OwnerId",))
    # A queue owns only records of the objects that Setup lists for it; a public group owns nothing.
    elif not _is_queue_of(records, kind, owner_id):
        message = f"Owner ID: id value of incorrect type or not found: {owner_id}"
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", message, fields=("OwnerId",))


def _is_queue_of(records: RecordStore, kind: ObjectType, owner_id: str) -> bool:
    taken = (row for row in records.rows("QueueSobject") if row["QueueId"] == owner_id)
    return any(row["SobjectType"] == kind.name for row in taken)
