"""Write an order's phone number into the record that it comes from, with an agent's own session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.tenants.mapping import Mapping
from connector.domain.tenants.phone_place import PhonePlace
from connector.domain.tenants.tenant import read_id
from connector.salesforce.calls import rest_calls
from connector.salesforce.calls.composite import Collection, composite_body, read_results
from connector.salesforce.calls.rest_calls import Call
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.metadata.describe import fetch_description
from connector.salesforce.orders.order_queries import access_query, lookups_query


@dataclass(frozen=True)
class PhoneRecord:
    """The record that holds an order's number."""

    place: PhonePlace
    record_id: str


def find_phone_record(
    mapping: Mapping, order_id: str, places: Sequence[PhonePlace], *, call: Call
) -> PhoneRecord | None:
    """Return the first of ``places`` whose record the order has; None where it has none that the caller sees.

    Raises:
        UpstreamError: Salesforce did not say; ValueError: ``order_id`` is not a Salesforce id.
    """
    soql = lookups_query(mapping, order_id, [place.lookup for place in places if place.lookup])
    rows = call("find_phone_record", rest_calls.query(soql)).get("records")
    ids = ((place, read_id(rows[0].get(place.lookup or "Id"))) for place in places) if rows else ()
    return next((PhoneRecord(place, record_id) for place, record_id in ids if record_id), None)


def may_change_phone(record: PhoneRecord, *, user_id: str, call: Call) -> bool:
    """Return whether the caller may change the field, by its description, and the record, by UserRecordAccess.

    Raises:
        UpstreamError: Salesforce did not say.
    """
    kind = fetch_description(lambda path: call("describe", rest_calls.get(path)), record.place.kind.value)
    described = kind.field(record.place.field) if kind else None
    if described is None or not described.updateable:
        return False
    answer = call("check_access", rest_calls.query(access_query(user_id, record.record_id)))
    return any(row.get("HasEditAccess") for row in answer.get("records", []))


def write_phone(mapping: Mapping, record: PhoneRecord, number: str, *, call: Call) -> RecordResult:
    """Write ``number`` (with its plus) into the record, and return the result; the same value again changes nothing.

    Raises:
        UpstreamError: for the whole call.
    """
    attributes = {"type": record.place.kind.value}
    values = {"attributes": attributes, "id": record.record_id, record.place.field: number}
    sent = [Collection(name="phone", path="", records=[values], keys=[record.record_id], are_orders=True)]
    answer = call("save_phone", rest_calls.composite(composite_body(sent, mapping.api_version)))
    return read_results(sent, answer).orders[record.record_id]
