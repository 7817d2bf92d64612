"""Orders made, changed, deleted and restored by a control."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.org.controls.users import user_with_id
from sandbox.org.instance.org import Org
from sandbox.org.metadata.countries import pair_countries
from sandbox.org.records.lifecycle import delete_row, load_row, parse_values, set_computed_fields, undelete_row
from sandbox.org.records.order_summaries import save_order_summary
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, BadInput
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import format_time

_MOST_ORDERS = 100_000
# Enough that row locks on accounts, which Salesforce takes with an order, are not all on one.
_MOST_ACCOUNTS = 20
_AMOUNTS = {
    "Grand_Total__c": "115.00",
    "Tax__c": "15.00",
    "Sub_Total__c": "100.00",
    "TotalAmount": "100.00",
    "Currency__c": "ZAR",
}
_TOTALS = ("Grand_Total__c", "TotalAmount")
_SYSTEM_FIELDS = ("id", "ordernumber", "statuscode")


def make_orders(org: Org, body: dict[str, Any]) -> list[Row]:
    """Create `count` orders with the given fields; several are spread over accounts. Raises BadInput."""
    count = _count(body.pop("count", 1), name="count", most=_MOST_ORDERS)
    accounts = _count(body.pop("accounts", min(count, _MOST_ACCOUNTS)), name="accounts", most=_MOST_ORDERS)
    phone = _phone(body.pop("phone", None))
    managed = _managed(org, body)
    values = _order_values(org, body)
    owner = values.setdefault("OwnerId", org.first_agent()["Id"])
    # Only where the body names no total: an order without any amount must stay possible, with null.
    if not any(name in values for name in _TOTALS):
        values |= parse_values(org.metadata.objects["Order"], _AMOUNTS)
    values |= {"EffectiveDate": datetime.now(UTC).date().isoformat()} | values
    values.setdefault("Status", "Draft")
    with org.records.transaction():
        pairs = _bill_to_pairs(org, count=count, accounts=accounts, phone=phone)
        orders = [pairs[place % len(pairs)] | values for place in range(count)]
        # Loaded and not written: a hundred thousand orders through rules and flows would take minutes.
        made = [_create(org, "Order", values=order, user_id=str(owner)) for order in orders]
        for row in made if managed is not None else ():
            save_order_summary(row, managed=bool(managed), records=org.records, metadata=org.metadata)
        return made


def _create(org: Org, object_name: str, *, values: Row, user_id: str) -> Row:
    return load_row(org.records, org.metadata, object_name=object_name, values=values, user_id=user_id)


def _bill_to_pairs(org: Org, *, count: int, accounts: int, phone: str | None) -> list[dict[str, Any]]:
    # A single order belongs to a customer of the samples, whose number a test knows.
    if count == 1 and phone is None:
        first = org.orders()[0]
        return [{"AccountId": first["AccountId"], "BillToContactId": first["BillToContactId"]}]
    return [_bill_to_pair(org, place=place, phone=phone) for place in range(min(accounts, count))]


def _bill_to_pair(org: Org, *, place: int, phone: str | None) -> dict[str, Any]:
    user_id = org.first_agent()["Id"]
    account = _create(org, "Account", values={"Name": f"Customer {place + 1}"}, user_id=user_id)
    values = {
        "FirstName": "Sample",
        "LastName": f"Customer {place + 1}",
        "AccountId": account["Id"],
        "MobilePhone": "+27 83 123 4567" if phone is None else phone,
    }
    contact = _create(org, "Contact", values=values, user_id=user_id)
    return {"AccountId": account["Id"], "BillToContactId": contact["Id"]}


def change_order(org: Org, order_id: str, *, body: dict[str, Any]) -> Row:
    """Change fields and marks as a user of the org would. Raises BadInput."""
    before = _order(org, order_id)
    managed = _managed(org, body)
    values = pair_countries(_order_values(org, body))
    # Followers find a change by its SystemModstamp, so it moves here as at any save.
    now = format_time(datetime.now(UTC))
    # Past the writer: what a person of the org does must work whatever rules and faults are set against the connector.
    row = before | values | {"LastModifiedDate": now, "SystemModstamp": now}
    kind = org.metadata.objects["Order"]
    with org.records.transaction():
        set_computed_fields(kind, row, records=org.records)
        org.records.put("Order", row)
        if managed is not None:
            save_order_summary(row, managed=managed, records=org.records, metadata=org.metadata)
    return row


def clone_order(org: Org, order_id: str, *, body: dict[str, Any]) -> Row:
    """Save a copy of an order as a draft, as the user of `user_id` or the first agent. Raises BadInput."""
    row, unknown = _order(org, order_id), {name: "is not known" for name in body if name != "user_id"}
    if unknown:
        raise BadInput(**unknown)
    user = user_with_id(org, body["user_id"]) if "user_id" in body else org.first_agent()
    kind = org.metadata.every["Order"]
    # [A] The fields that this user may only read are copied, too: the worst case.
    copied = {
        one.name: row[one.name] for one in kind.fields.values() if not one.readonly and row.get(one.name) is not None
    }
    try:
        made = org.writer.create(user, kind, values=copied | {"Status": "Draft"})
    except ApiError as error:
        raise BadInput(order_id=f"cannot be cloned: {error.message}") from error
    return org.records.get("Order", made) or {}


def delete_order(org: Org, order_id: str) -> None:
    """Put an order into the recycle bin. Raises BadInput."""
    delete_row(org.records, org.metadata, object_name="Order", row=_order(org, order_id))


def restore_order(org: Org, order_id: str) -> Row:
    """Take an order out of the recycle bin. Raises BadInput."""
    try:
        row = undelete_row(org.records, object_name="Order", record_id=canonical_id(order_id))
    except MalformedId:
        row = None
    if row is None:
        raise BadInput(order_id="does not lie in the recycle bin")
    return row


def _order(org: Org, order_id: str) -> Row:
    try:
        row = org.records.get("Order", canonical_id(order_id))
    except MalformedId:
        row = None
    if row is None:
        raise BadInput(order_id="is not an order of this org")
    return row


def _managed(org: Org, body: dict[str, Any]) -> bool | None:
    """Return whether Order Management manages the orders; None where the body does not set it."""
    managed = body.pop("managed", None)
    if managed is not None and not isinstance(managed, bool):
        raise BadInput(managed="must be true or false")
    if managed is not None and not org.setup.order_summaries:
        raise BadInput(managed="needs order_summaries, which is off: PATCH /sandbox/org turns it on")
    return managed


def _order_values(org: Org, body: dict[str, Any]) -> Row:
    """Return the row's values. Raises BadInput naming every unusable field."""
    read: Row = {}
    problems: dict[str, str] = {}
    for name, value in body.items():
        try:
            read |= _order_value(org, name, value=value)
        except ApiError as error:
            problems[name] = error.message
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise BadInput(**problems)
    return read


def _order_value(org: Org, name: str, *, value: Any) -> Row:
    if name.lower() in _SYSTEM_FIELDS:
        raise ValueError("is given by the org")
    if name in _MARKS:
        marks: Row = _MARKS[name](org, value)
        return marks
    kind = org.metadata.objects["Order"]
    return parse_values(kind, {kind.field_named(name).name: value})


def _visible_to(org: Org, value: Any) -> Row:
    return {"_visible_to": None if value is None else _user_ids(org, value)}


def _restricted_for(org: Org, value: Any) -> Row:
    return {"_restricted_for": None if value is None else _user_ids(org, value)}


def _user_ids(org: Org, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of user ids, or null for the usual rules")  # noqa: TRY004 becomes a 422
    # A test may hold ids of 15 or 18 characters; sharing compares the long ones.
    ids = [canonical_id(user_id) for user_id in value]
    if any(org.user(user_id) is None for user_id in ids):
        raise ValueError("names somebody who is not a user of this org")
    return ids


def _refuses_updates_with(_org: Org, value: Any) -> Row:
    if value is not None and (not isinstance(value, str) or not value.replace("_", "").isupper()):
        raise ValueError("must be an error code such as ENTITY_IS_LOCKED, or null")
    return {"_refuses_updates_with": value}


def _activated(_org: Org, value: Any) -> Row:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 becomes a 422
    return {"Status": "Activated" if value else "Draft"}


_MARKS: dict[str, Any] = {
    "visible_to": _visible_to,
    "restricted_for": _restricted_for,
    "refuses_updates_with": _refuses_updates_with,
    "activated": _activated,
}


def _count(value: Any, *, name: str, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise BadInput(**{name: f"must be a whole number from 1 to {most}"})
    return value


def _phone(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadInput(phone="must be a text; an empty one makes a customer without a phone")
    return value
