"""Field values as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.currencies import iso_digits
from sandbox.org.instance.org import Org
from sandbox.org.metadata.objects import Field
from sandbox.org.permissions.access import visibility_filter
from sandbox.org.records.store import Row
from sandbox.org.wire.times import parse_time

ZONE_NOTE = "Times are in {zone}."
_ORG_CURRENCY = "ZAR"
_PAYMENT_FIELDS = "Chat2Pay_"
_REQUESTS = "Chat2Pay_Payment_Request__c"
_COLUMNS = ("Name", "Status__c", "Channel__c", "Amount__c", "Amount_Paid__c", "Sent_At__c", "Finished_At__c")
_MONEY_WORDS = ("amount", "total", "tax")
_STATE = "Chat2Pay_Payment_State__c"
_TONES = {
    "paid": "good",
    "authorized": "good",
    "part_paid": "busy",
    "requested": "busy",
    "in_review": "busy",
    "overpaid": "warn",
    "reversed": "warn",
}
_PAYMENT_ORDER = (
    "Payment_State",
    "Status",
    "Reference",
    "Amount_Due",
    "Amount_Paid",
    "Amount_Authorized",
    "Amount_Reversed",
    "Paid_At",
    "Changed_At",
    "Version",
)
_DETAILS = (
    "OrderNumber",
    "EffectiveDate",
    "Status",
    "TotalAmount",
    "Grand_Total__c",
    "Sub_Total__c",
    "Tax__c",
    "Currency__c",
    "Type",
)
_LABELS = {
    "OrderNumber": "Order Number",
    "Type": "Order Type",
    "TotalAmount": "Order Amount",
    "EffectiveDate": "Order Start Date",
}


def format_money(amount: Decimal, currency: str) -> str:
    """Return an amount as a record page shows it: rounded half up, while the record stores every digit."""
    rounded = amount.quantize(Decimal(1).scaleb(-iso_digits(currency)), rounding=ROUND_HALF_UP)
    return f"{currency} {rounded:,f}"


def payment_badge(org: Org, order: Row) -> dict[str, str]:
    """Return text and tone of the badge for the order's payment state."""
    state, field = order.get(_STATE), org.metadata.objects["Order"].fields.get(_STATE)
    text = format_field(order, field) if field else ""
    return {"text": text or "No payment yet", "tone": _TONES.get(str(state), "plain")}


def format_field(row: Row, field: Field, *, zone: str = "UTC") -> str:
    """Return the field's value as a text, empty where there is none."""
    name, value = field.name, row.get(field.name)
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # By name: the files have amounts as numbers, because a currency field knows the org's currency only.
        if any(word in name.lower() for word in _MONEY_WORDS):
            return format_money(value, row.get("Currency__c") or _ORG_CURRENCY)
        return f"{value:f}".removesuffix(".0")
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if name.endswith(("_At__c", "Date")) and "T" in str(value):
        # In the viewer's own zone, as Lightning does; the API gives UTC to everybody.
        return _local(parse_time(str(value)), zone=zone)
    return field.label_of(str(value))


def _local(moment: datetime, *, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M:%S}"


def order_sections(org: Org, order: Row, *, viewer: Row) -> list[dict[str, Any]]:
    """Return the two blocks of the record page, each with its fields' names, labels and texts."""
    fields = org.metadata.objects["Order"].fields
    # An org without the project has none of these fields, and its page must open all the same.
    payment = [fields[name] for word in _PAYMENT_ORDER if (name := f"{_PAYMENT_FIELDS}{word}__c") in fields]
    zone = viewer["TimeZoneSidKey"]
    cells = [_cell(order, field, label=field.label.removeprefix("Chat 2 Pay "), zone=zone) for field in payment]
    details = _details(org, order, fields=fields, zone=zone)
    return [{"title": "Payment", "fields": cells}, {"title": "Details", "fields": details}]


def _cell(order: Row, field: Field, *, label: str, zone: str) -> dict[str, str]:
    return {"name": field.name, "label": label, "text": format_field(order, field, zone=zone)}


def _details(org: Org, order: Row, *, fields: dict[str, Field], zone: str) -> list[dict[str, str]]:
    contact = org.records.get("Contact", order.get("BillToContactId")) or {}
    owner = org.records.get("User", order.get("OwnerId")) or {}
    named = [(fields[name], _LABELS.get(name, fields[name].label)) for name in _DETAILS]
    cells = [_cell(order, field, label=label, zone=zone) for field, label in named]
    cells.insert(2, {"name": "Owner", "label": "Order Owner", "text": owner.get("Name") or ""})
    cells.append({"name": "BillTo", "label": "Bill To Contact", "text": contact.get("Name") or ""})
    person = org.records.get("Account", order.get("AccountId")) or {}
    phone = contact.get("MobilePhone") or contact.get("Phone") or person.get("PersonMobilePhone") or ""
    cells.append({"name": "Phone", "label": "Bill To Phone", "text": phone})
    return [*cells, _cell(order, fields["Description"], label="Description", zone=zone)]


def request_rows(org: Org, order: Row, *, viewer: Row) -> list[dict[str, Any]]:
    """Return the order's payment requests that sharing lets the viewer see, newest first, as cells."""
    if _REQUESTS not in org.metadata.objects:
        return []
    # A related list shows what sharing lets the viewer see, and the order beside it says nothing about that.
    is_shared = visibility_filter(viewer, _REQUESTS, records=org.records)
    rows = [row for row in org.records.rows(_REQUESTS) if row.get("Order__c") == order["Id"] and is_shared(row)]
    # Names are numbers in order of creation, and times can be equal.
    rows.sort(key=lambda row: str(row["Name"]), reverse=True)
    fields = [org.metadata.objects[_REQUESTS].fields[name] for name in _COLUMNS]
    return [{"id": row["Id"], "cells": _cells(row, fields, zone=viewer["TimeZoneSidKey"])} for row in rows]


def _cells(row: Row, fields: list[Field], *, zone: str) -> list[dict[str, str]]:
    return [{"name": field.name, "text": format_field(row, field, zone=zone)} for field in fields]
