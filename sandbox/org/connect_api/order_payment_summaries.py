"""The Connect resource that makes order payment summaries, where the org has Order Management.

https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_sfom_order_payment_summaries.htm
"""

from __future__ import annotations

from typing import Any

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.records.order_payments import PAYMENT, save_order_payment_summary
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, not_found
from sandbox.org.wire.ids import MalformedId, canonical_id


@routes.add("POST", "commerce/order-management/order-payment-summaries")
def create_order_payment_summary(call: ApiCall) -> ApiResponse:
    """Create a summary of payments, as Order Management does."""
    # Without Order Management, or for a user who sees none of it, the resource itself is not there.
    if PAYMENT not in call.metadata.objects or "OrderSummary" not in call.metadata.objects:
        raise not_found()
    body = call.json_object()
    ids = body.get("paymentIds")
    if not isinstance(ids, list) or not ids:
        raise ApiError("MISSING_ARGUMENT", "A payment authorization or at least one payment is required")
    records = call.org.records
    made = save_order_payment_summary(
        [_row(call, PAYMENT, one) for one in ids],
        _row(call, "OrderSummary", body.get("orderSummaryId")),
        records=records,
        metadata=call.metadata,
        user_id=call.user["Id"],
    )
    return ApiResponse(201, {"errors": [], "orderPaymentSummaryId": made["Id"], "success": True})


def _row(call: ApiCall, object_name: str, record_id: Any) -> Row:
    try:
        row = call.org.records.get(object_name, canonical_id(record_id))
    except MalformedId as error:
        raise ApiError("MALFORMED_ID", f"not an id of {object_name}") from error
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", f"no such {object_name}")
    return row
