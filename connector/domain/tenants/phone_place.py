"""Name the records that a tenant's order takes its phone number from, as far as an agent may change them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from connector.domain.tenants.mapping import Mapping


class RecordKind(StrEnum):
    """The kind of record that holds the number."""

    CONTACT = "Contact"
    ACCOUNT = "Account"
    ORDER = "Order"


# The standard relationships of orders and order summaries, each with the lookup of its name and "Id".
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_order.htm
_KINDS = {
    "Account": RecordKind.ACCOUNT,
    "BillToContact": RecordKind.CONTACT,
    "ShipToContact": RecordKind.CONTACT,
    "CustomerAuthorizedBy": RecordKind.CONTACT,
}


@dataclass(frozen=True)
class PhonePlace:
    """A phone field: its record's kind, and the order's lookup to that record (None: the order itself)."""

    kind: RecordKind
    lookup: str | None
    field: str


def phone_places(mapping: Mapping) -> tuple[PhonePlace, ...]:
    """Return the mapped phone fields in the mapping's order, up to the first on a record of another kind."""
    # A number that is saved behind a field of another kind would not be the one that the order shows.
    found = takewhile(lambda place: place is not None, (_place(path, mapping) for path in mapping.phones))
    return tuple(place for place in found if place is not None)


def _place(path: str, mapping: Mapping) -> PhonePlace | None:
    steps, _, name = path.rpartition(".")
    if not steps:
        return PhonePlace(RecordKind.ORDER, None, name) if mapping.order_object == RecordKind.ORDER else None
    kind = _KINDS.get(steps)
    return PhonePlace(kind, f"{steps}Id", name) if kind else None
