"""Read and cache an org's descriptions of its objects and fields.

Fields that a user may not see are missing from a description, and ``updateable`` is that user's right.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused
from foundation.single_flight import SingleFlight

# Fields change by an admin's hand, and a description is one of the largest answers that an org gives.
CACHED_FOR = timedelta(hours=1)
Read = Callable[[Tenant, str], dict[str, Any]]


@dataclass(frozen=True)
class FieldDescription:
    """One field. ``values``: a picklist's active values; ``labels``: the texts that people read for them.

    ``permissionable``: it can be closed to users; ``compound``: the address or name that it is part of. ``required``: no
    record is created without a value of ours.
    """

    name: str
    type: str
    length: int
    scale: int
    createable: bool
    updateable: bool
    unique: bool
    external_id: bool
    restricted: bool
    values: tuple[str, ...]
    refers_to: tuple[str, ...]
    relationship: str | None
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    permissionable: bool = False
    compound: str | None = None
    required: bool = False


@dataclass(frozen=True)
class ObjectDescription:
    """One object; ``fields`` and ``relationships`` by lower-case name, because SOQL ignores case."""

    name: str
    createable: bool
    updateable: bool
    fields: Mapping[str, FieldDescription]
    relationships: Mapping[str, FieldDescription]

    def field(self, name: str) -> FieldDescription | None:
        """Return a field by its name in any case."""
        return self.fields.get(name.lower())


class Descriptions:
    """Caches descriptions by tenant and object for an hour, in this process; threads that need one at once read it once."""

    def __init__(self, read: Read, *, now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[datetime, ObjectDescription | None]] = {}
        self._reads = SingleFlight()

    def get(self, tenant: Tenant, name: str, *, anew: bool = False) -> ObjectDescription | None:
        """Return an object's description, read again with ``anew``; None where our user sees no such object.

        Raises:
            SalesforceUnavailable, OrgLimitReached, SalesforceRefused: the org could not be asked.
        """
        if anew:
            # A read in progress may have been answered before the change that the caller has seen.
            return self._fetch(tenant, name)
        is_known, described = self._known_now(tenant, name)
        if is_known:
            return described
        return self._reads.run((tenant.tenant_id, name), lambda: self._fetch_unknown(tenant, name))

    def knows(self, tenant: Tenant, name: str) -> bool:
        """Return whether an object was described within the hour, or not found."""
        return self._known_now(tenant, name)[0]

    def cached(self, tenant: Tenant, name: str) -> ObjectDescription | None:
        """Return an object's description without a call; None where there is none of the last hour, or no such object."""
        return self._known_now(tenant, name)[1]

    def keep(self, tenant: Tenant, name: str, found: ObjectDescription | None) -> None:
        """Cache a description that was just read."""
        with self._lock:
            self._known[tenant.tenant_id, name] = (self._now() + CACHED_FOR, found)

    def _known_now(self, tenant: Tenant, name: str) -> tuple[bool, ObjectDescription | None]:
        with self._lock:
            until, described = self._known.get((tenant.tenant_id, name), (self._now(), None))
        return (True, described) if until > self._now() else (False, None)

    def _fetch_unknown(self, tenant: Tenant, name: str) -> ObjectDescription | None:
        is_known, described = self._known_now(tenant, name)  # another thread may have read it a moment ago
        return described if is_known else self._fetch(tenant, name)

    def _fetch(self, tenant: Tenant, name: str) -> ObjectDescription | None:
        found = fetch_description(lambda path: self._read(tenant, path), name)
        self.keep(tenant, name, found)
        return found


Describe = Callable[[str], ObjectDescription | None]


def fetch_description(read: Callable[[str], dict[str, Any]], name: str) -> ObjectDescription | None:
    """Read the description of an object with ``read``; None where its user sees no such object."""
    try:
        return read_description(read(f"sobjects/{name}/describe"))
    except SalesforceRefused as refusal:
        if refusal.reason in ("NOT_FOUND", "INVALID_TYPE"):
            return None
        raise


def has_field(path: str, object_name: str, describe: Describe) -> bool:
    """Return whether a path such as ``BillToContact.MailingCountry`` leads from an object to a field."""
    *steps, last = path.split(".")
    kind = describe(object_name)
    for step in steps:
        through = kind.relationships.get(step.lower()) if kind else None
        kind = next(filter(None, map(describe, through.refers_to)), None) if through else None
    return kind is not None and kind.field(last) is not None


def read_description(answer: dict[str, Any]) -> ObjectDescription:
    """Parse the answer of the describe call."""
    fields = [_field(one) for one in answer.get("fields") or []]
    return ObjectDescription(
        name=str(answer.get("name", "")),
        createable=bool(answer.get("createable")),
        updateable=bool(answer.get("updateable")),
        fields={one.name.lower(): one for one in fields},
        relationships={one.relationship.lower(): one for one in fields if one.relationship},
    )


def _field(given: dict[str, Any]) -> FieldDescription:
    picklist = given.get("picklistValues") or []
    return FieldDescription(
        name=str(given["name"]),
        type=str(given.get("type", "")),
        length=int(given.get("length") or 0),
        scale=int(given.get("scale") or 0),
        createable=bool(given.get("createable")),
        updateable=bool(given.get("updateable")),
        unique=bool(given.get("unique")),
        external_id=bool(given.get("externalId")),
        restricted=bool(given.get("restrictedPicklist")),
        values=tuple(str(one["value"]) for one in picklist if one.get("active", True)),
        refers_to=tuple(given.get("referenceTo") or ()),
        relationship=given.get("relationshipName") or None,
        label=str(given.get("label") or ""),
        labels={str(one["value"]): str(one.get("label") or one["value"]) for one in picklist},
        permissionable=bool(given.get("permissionable")),
        compound=given.get("compoundFieldName") or None,
        required=_is_required(given),
    )


def _is_required(given: dict[str, Any]) -> bool:
    has_own = given.get("defaultedOnCreate") or given.get("type") == "boolean"
    return bool(given.get("createable")) and given.get("nillable") is False and not has_own
