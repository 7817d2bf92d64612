"""The bodies of callback notifications, with the documented field groups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from payment_core.api_manifest import api_time
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant


def transaction_body(merchant: Merchant, link: Link, status: str, status_id: int, *, now: datetime) -> dict[str, Any]:
    """Return a transaction status event about a link."""
    return {
        "orderNumber": link.order_number,
        "paymentLinkRef": link.reference,
        "senderNumber": merchant.sender_number,
        "endUserMobileNumber": link.phone.digits,
        "transactionStatus": status,
        "transactionStatusId": status_id,
        **_amounts(link),
        "timestamp": api_time(now),
        "additionalData": dict(link.additional_data),
        "environment": merchant.mode.value,
    }


def payment_body(merchant: Merchant, link: Link, status: str, status_id: int) -> dict[str, Any]:
    """Return a payment status notification."""
    return {
        "orderNumber": link.order_number,
        "paymentLinkRef": link.reference,
        "paymentStatus": status,
        "paymentStatusId": status_id,
        "paymentGatewayResponseTimestamp": api_time(link.decided_at),
        **_amounts(link),
        "receiptLinkRef": link.receipt_reference,
        "additionalData": dict(link.additional_data),
        "transactionType": link.transaction_type.value,
        "paymentReviewAutoReversal": link.auto_reversal,
        "reviewFinalisedTimestamp": api_time(link.review_finalised_at),
        "environment": merchant.mode.value,
        "reconciliationReference": link.reconciliation_reference,
        "merchantName": merchant.name,
    }


def customer_body(
    merchant: Merchant, phone: str, channel: Channel, word: str, word_id: int, *, now: datetime
) -> dict[str, Any]:
    """Return the news of a customer's STOP or START; it is about a number, so no link, amount or order is in it."""
    return {
        "transactionStatus": word,
        "transactionStatusId": word_id,
        "senderNumber": merchant.sender_number,
        "endUserMobileNumber": phone,
        "channel": channel.value,
        "timestamp": api_time(now),
        "environment": merchant.mode.value,
    }


def settings_body(merchant: Merchant, event: str, value: str | None, *, now: datetime) -> dict[str, Any]:
    """Return the news of a key, a currency or a channel that came or went; a key itself never travels."""
    return {
        "event": event,
        "value": value,
        "timestamp": api_time(now),
        "environment": merchant.mode.value,
        "merchantName": merchant.name,
    }


def _amounts(link: Link) -> dict[str, Any]:
    return {
        "totalAmount": link.total,
        "taxAmount": link.tax,
        "subTotalAmount": link.sub_total,
        "currency": link.currency,
        "channel": link.channel.value,
    }
