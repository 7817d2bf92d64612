"""A link and its money in the words of the API."""

from __future__ import annotations

from typing import Any

from payment_core.api_manifest import ApiManifest, api_time
from payment_core.domain.attempt import Charge
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant


def transaction_values(api: ApiManifest, link: Link, merchant: Merchant, charge: Charge) -> dict[str, Any]:
    """Return a transaction under our own names, which an operation of the manifest renames."""
    return {
        "order_number": link.order_number,
        "link_reference": link.reference,
        "link_status": link.status.value,
        "payment_status": link.payment_status.value if link.payment_status else None,
        "total": link.total,
        "tax": link.tax,
        "sub_total": link.sub_total,
        "authorized": link.authorized,
        "captured": link.captured,
        "reversed": link.reversed,
        "currency": link.currency,
        "channel": link.channel.value,
        "environment": merchant.mode.value,
        "additional_data": dict(link.additional_data),
        "created_at": api_time(link.created_at),
        "clicked_at": api_time(link.clicked_at),
        "expires_at": api_time(link.expires_at),
        "decided_at": api_time(link.decided_at),
        "review_finalised_at": api_time(link.review_finalised_at),
        "transaction_type": link.transaction_type.value,
        "receipt_reference": link.receipt_reference,
        "reconciliation_reference": link.reconciliation_reference,
        "merchant_name": merchant.name,
        "message_status": link.message_status.value if link.message_status else None,
        "message_failure": api.failure(link.message_failure),
        "message_failure_code": link.message_failure,
        "previous_link": link.previous,
        "payer_reference": link.payer_reference,
        "capture_before": api_time(link.capture_before),
        "settled": link.settled,
        # Money that is held in review may still be refused.
        "do_not_ship": link.in_review,
        "attention": link.attention,
        "attention_at": api_time(link.attention_at),
        "charging": charge.is_under_way,
        "charging_at": api_time(charge.changed_at),
        "card_brand": link.card_brand,
        "card_ending": link.card_last4,
    }
