"""Payments of Order Management, which are final once they are processed, and the summaries that hold them."""

from __future__ import annotations

from decimal import Decimal

from sandbox.org.metadata.objects import Metadata
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.wire.errors import ApiError

PAYMENT, SUMMARY = "Payment", "OrderPaymentSummary"


def check_draft(payment: Row) -> None:
    """Check that a payment is a draft, the only state in which it can be edited. Raises ApiError."""
    # [A] That only drafts can be edited is documented, the code is not.
    # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_payment.htm
    if payment["Status"] != "Draft":
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", "Only a payment in draft state can be edited")


def save_order_payment_summary(
    payments: list[Row], order_summary: Row, *, records: RecordStore, metadata: Metadata, user_id: str
) -> Row:
    """Return a new summary of payments, none of which has one. Raises ApiError."""
    if any(one["OrderPaymentSummaryId"] for one in payments):
        raise ApiError("INVALID_INPUT", "A payment has an order payment summary already")  # [A] the code
    amount = sum((one["Amount"] for one in payments), Decimal(0))
    values = {"OrderSummaryId": order_summary["Id"], "CapturedAmount": amount}
    summary = load_row(records, metadata, object_name=SUMMARY, values=values, user_id=user_id)
    with records.transaction():
        for one in payments:
            records.put(PAYMENT, one | {"OrderPaymentSummaryId": summary["Id"]})
    return summary
