"""One valid payment request, of which a test says what is different."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel, PaymentRequest, Person, Purpose
from connector.domain.payments.status import Link, StatusUpdate
from foundation.phones.phone import Phone

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
THANDI = Person("005xx000001X8UzAAK", "Thandi")


# What the core has of a link that was sent and that nobody has paid yet.
CORE_RECORD = CoreRecord(
    link_reference="link-1",
    order_number=None,
    reference="c2p_1",
    core_status="PAYMENT_LINK_SENT",
    news=StatusUpdate(link=Link.SENT),
    total=Decimal("115.00"),
    authorized=Decimal(0),
    captured=Decimal(0),
    reversed=Decimal(0),
    currency="ZAR",
    environment="SANDBOX",
)


def make_request(**changes: Any) -> PaymentRequest:
    """A full request for 115.00 ZAR by SMS that was not sent yet."""
    plain: dict[str, Any] = {
        "reference": "c2p_1",
        "tenant_id": "acme",
        "order_id": "801xx0000001gEhAAI",
        "order_number": "00000102",
        "purpose": Purpose.FULL,
        "amount": Decimal("115.00"),
        "tax": Decimal("15.00"),
        "sub_total": Decimal("100.00"),
        "currency": "ZAR",
        "channel": Channel.SMS,
        "language": "en",
        "phone": Phone("27831234567"),
        "phone_changed": False,
        "requested_by": THANDI,
        "handled_by": THANDI,
        "created_at": NOW,
    }
    return PaymentRequest(**{**plain, **changes})


def make_order(**changes: Any) -> Order:
    """An order of 115.00 ZAR, as Salesforce showed it a moment ago."""
    plain: dict[str, Any] = {
        "tenant_id": "acme",
        "order_id": "801xx0000001gEhAAI",
        "number": "00000102",
        "currency": "ZAR",
        "total": Decimal("115.00"),
        "tax": Decimal("15.00"),
        "sub_total": Decimal("100.00"),
        "account_id": None,
        "phone": Phone("27831234567"),
        "read_at": NOW,
    }
    return Order(**{**plain, **changes})
