"""What Stripe's events are about. None is believed: each is a reason to read the object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from payment_core.gateways.gateway import PaymentIds, Sighting

_FRAUD_WARNING = "radar.early_fraud_warning.created"
# What we register for. https://docs.stripe.com/api/events/types
TYPES = (
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.amount_capturable_updated",
    "charge.captured",
    "charge.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "review.opened",
    "review.closed",
    "charge.dispute.created",
    "charge.dispute.closed",
    _FRAUD_WARNING,
)

# Those that no look at a payment finds in time, where their webhook is lost.
FOUND_BY_LIST = (
    "charge.refunded",
    "refund.failed",
    "review.opened",
    "review.closed",
    "charge.dispute.created",
    "charge.dispute.closed",
    _FRAUD_WARNING,
)


def sighting_of(event: Mapping[str, Any]) -> Sighting | None:
    """Return what an event is about; None for one that is about no payment."""
    data = event.get("data")
    item = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(item, Mapping):
        return None
    kind = str(event.get("type", ""))
    page_id = item.get("id") if item.get("object") == "checkout.session" else None
    # Charges, refunds, reviews, disputes and warnings name the intent.
    payment_id = item.get("id") if item.get("object") == "payment_intent" else _id(item.get("payment_intent"))
    if page_id is None and payment_id is None:
        return None
    metadata = item.get("metadata") or {}
    reference = item.get("client_reference_id") or metadata.get("link")
    created = event.get("created")
    return Sighting(
        event_id=str(event.get("id", "")),
        kind=kind,
        ids=PaymentIds(page_id, payment_id, _text(reference), _text(metadata.get("attempt"))),
        is_fraud_warning=kind == _FRAUD_WARNING,
        occurred_at=datetime.fromtimestamp(int(created), UTC) if created else None,
    )


def _text(value: object) -> str | None:
    return str(value) if value else None


def _id(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else None
