"""What an application reads in each kind of notification: every field is of its own fact, and none of another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from payment_core.domain.enums import Channel, Mode, TransactionType
from payment_core.journeys.notifying import notification_bodies as bodies
from tests.payment_core.conftest import MERCHANT, NOW
from tests.payment_core.domain.test_settlement import link_of

# Sold otherwise by now than when the link was made.
SOLD = replace(
    MERCHANT, mode=Mode.PRODUCTION, transaction_type=TransactionType.SALE, auto_reversal=False,
    senders={Channel.SMS: "Karoo", Channel.WHATSAPP: "27870000001"}, channels=(Channel.WHATSAPP, Channel.SMS),
)  # fmt: skip
LINK = link_of(
    TransactionType.AUTHORIZATION, total=Decimal("150.00"), tax=Decimal("19.50"), sub_total=Decimal("130.50"),
    channel=Channel.WHATSAPP, auto_reversal=True, additional_data={"till": "7"}, receipt_reference="rcp_1",
    reconciliation_reference="TRN1", created_at=NOW - timedelta(minutes=9), decided_at=NOW - timedelta(minutes=5),
    review_finalised_at=NOW - timedelta(minutes=1),
)  # fmt: skip
AMOUNTS = {
    "totalAmount": Decimal("150.00"), "taxAmount": Decimal("19.50"), "subTotalAmount": Decimal("130.50"),
    "currency": "ZAR", "channel": "whatsapp",
}  # fmt: skip


def test_news_of_a_payment_say_when_it_was_decided_and_when_its_review_ended() -> None:
    assert bodies.payment_body(SOLD, LINK, "PAYMENT_CAPTURED", 7) == AMOUNTS | {
        "orderNumber": "00000100",
        "paymentLinkRef": "5b0e0c5e",
        "paymentStatus": "PAYMENT_CAPTURED",
        "paymentStatusId": 7,
        "paymentGatewayResponseTimestamp": "2026-11-28T11:55:00.000+0000",
        "receiptLinkRef": "rcp_1",
        "additionalData": {"till": "7"},
        # As the link was made, whatever its merchant has chosen since.
        "transactionType": "AUTHORIZATION",
        "paymentReviewAutoReversal": True,
        "reviewFinalisedTimestamp": "2026-11-28T11:59:00.000+0000",
        "environment": "PRODUCTION",
        "reconciliationReference": "TRN1",
        "merchantName": "Karoo Coffee Roasters",
    }


def test_an_event_of_a_link_names_its_order_its_numbers_and_its_own_time() -> None:
    assert bodies.transaction_body(SOLD, LINK, "PAYMENT_LINK_SENT", 2, now=NOW) == AMOUNTS | {
        "orderNumber": "00000100",
        "paymentLinkRef": "5b0e0c5e",
        "senderNumber": "27870000001",
        "endUserMobileNumber": "27831234567",
        "transactionStatus": "PAYMENT_LINK_SENT",
        "transactionStatusId": 2,
        "timestamp": "2026-11-28T12:00:00.000+0000",
        "additionalData": {"till": "7"},
        "environment": "PRODUCTION",
    }


def test_a_stop_is_about_a_number_and_a_channel_alone() -> None:
    assert bodies.customer_body(SOLD, "27831234567", Channel.SMS, "RECIPIENT_OPTED_OUT", 9, now=NOW) == {
        "transactionStatus": "RECIPIENT_OPTED_OUT",
        "transactionStatusId": 9,
        "senderNumber": "27870000001",
        "endUserMobileNumber": "27831234567",
        "channel": "sms",
        "timestamp": "2026-11-28T12:00:00.000+0000",
        "environment": "PRODUCTION",
    }


def test_news_of_settings_name_what_came_or_went() -> None:
    assert bodies.settings_body(SOLD, "CURRENCY_ADDED", "CHF", now=NOW) == {
        "event": "CURRENCY_ADDED",
        "value": "CHF",
        "timestamp": "2026-11-28T12:00:00.000+0000",
        "environment": "PRODUCTION",
        "merchantName": "Karoo Coffee Roasters",
    }
