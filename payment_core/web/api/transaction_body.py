"""A link and its money in the words of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant


def stamp(moment: datetime | None) -> str | None:
    """Return a time as the API writes it: ``2026-11-21T10:43:10.000+0000``."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def transaction_values(link: Link, merchant: Merchant) -> dict[str, Any]:
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
        "created_at": stamp(link.created_at),
        "clicked_at": stamp(link.clicked_at),
        "expires_at": stamp(link.expires_at),
        "decided_at": stamp(link.decided_at),
        "review_finalised_at": stamp(link.review_finalised_at),
        "transaction_type": link.transaction_type.value,
        "receipt_reference": link.receipt_reference,
        "reconciliation_reference": link.reconciliation_reference,
        "merchant_name": merchant.name,
        "message_status": link.message_status.value if link.message_status else None,
        "message_failure": link.message_failure,
        "previous_link": link.previous,
        "payer_reference": link.payer_reference,
        "capture_before": stamp(link.capture_before),
        "settled": link.settled,
        "do_not_ship": link.in_review,
        "attention": link.attention,
        "card_brand": link.card_brand,
        "card_ending": link.card_last4,
    }
