"""Order summaries of Order Management, and the financial fields that they close."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.org.metadata.objects import Metadata, ObjectType
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.wire.errors import ApiError

_MONEY_WORDS = ("amount", "total", "tax")


def is_managed(order: Row, *, records: RecordStore) -> bool:
    """Return whether Order Management manages the order."""
    summary = find_order_summary(order, records=records)
    return summary is not None and summary["OrderLifeCycleType"] == "MANAGED"


def find_order_summary(order: Row, *, records: RecordStore) -> Row | None:
    """Return the order's summary, None where it has none."""
    rows = records.rows("OrderSummary")
    return next((row for row in rows if row["OriginalOrderId"] == order["Id"]), None)


def check_financial_fields(order: Row, given: Row, *, kind: ObjectType, records: RecordStore) -> None:
    """Refuse every amount and tax field of a managed order, whoever writes it. Raises ApiError."""
    # Documented for tax and amount fields; neither the code nor whether custom fields are among them is:
    # the sandbox takes the harder reading.
    # https://help.salesforce.com/apex/HTViewHelpDoc?id=commerce.om_deleting_information_restricted_data_fields.htm
    money = tuple(name for name in given if _is_money(kind, name))
    if money and is_managed(order, records=records):
        message = "Financial fields of a managed order cannot be edited"
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", f"{message}: {', '.join(money)}", fields=money)


def _is_money(kind: ObjectType, name: str) -> bool:
    field = kind.fields.get(name)
    return field is not None and field.type in ("currency", "double") and any(w in name.lower() for w in _MONEY_WORDS)


def save_order_summary(order: Row, *, managed: bool, records: RecordStore, metadata: Metadata) -> Row:
    """Update the order's summary, created now if there is none; must run inside a transaction."""
    life_cycle = "MANAGED" if managed else "UNMANAGED"
    summary = find_order_summary(order, records=records)
    if summary is not None:
        records.put("OrderSummary", summary | {"OrderLifeCycleType": life_cycle})
        return summary
    values = {
        "OriginalOrderId": order["Id"],
        "OrderNumber": order["OrderNumber"],
        "Status": "Created",
        "OrderLifeCycleType": life_cycle,
        "OrderedDate": order["CreatedDate"],
        "BillingPhoneNumber": order.get("BillingPhoneNumber"),
        "BillingEmailAddress": order.get("BillingEmailAddress"),
        **{name: order.get(name) for name in ("AccountId", "BillToContactId", "OwnerId", "BillingCountry")},
        **_totals(order),
    }
    # An org makes summaries by a flow, when it is due there; here a control does, so that a test can choose the moment.
    user_id = str(order["OwnerId"])
    summary = load_row(records, metadata, object_name="OrderSummary", values=values, user_id=user_id)
    for line in records.rows("OrderItem"):
        if line["OrderId"] == order["Id"]:
            of_line = _line_summary(line, summary, records=records)
            load_row(records, metadata, object_name="OrderItemSummary", values=of_line, user_id=user_id)
    return summary


def _line_summary(line: Row, summary: Row, *, records: RecordStore) -> dict[str, Any]:
    product = records.get("Product2", line["Product2Id"]) or {}
    return {
        "Name": product.get("Name"),
        "OrderSummaryId": summary["Id"],
        "OriginalOrderItemId": line["Id"],
        "Product2Id": line["Product2Id"],
        "Quantity": line["Quantity"],
        "AdjustedLineAmount": line["TotalPrice"],
    }


def _totals(order: Row) -> dict[str, Any]:
    grand = order.get("GrandTotalAmount") or order.get("Grand_Total__c") or order.get("TotalAmount") or Decimal(0)
    tax = order.get("TotalTaxAmount") or order.get("Tax__c") or Decimal(0)
    return {"GrandTotalAmount": grand, "TotalTaxAmount": tax, "TotalAmount": grand - tax}
