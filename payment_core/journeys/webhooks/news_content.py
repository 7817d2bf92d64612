"""Providers' news in our own words, as it is stored: later reading needs no signature, and no vendor's format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payment_core.domain.enums import Channel, MessageStatus
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.messengers.messenger import MessageReport, Reply


def of_sighting(sighting: Sighting) -> dict[str, object]:
    """Return what a gateway reported, for storage."""
    ids = sighting.ids
    return {
        "kind": "sighting",
        "event": sighting.kind,
        "page_id": ids.page_id,
        "payment_id": ids.payment_id,
        "link": ids.link_reference,
        "attempt": ids.attempt_id,
        "fraud_warning": sighting.is_fraud_warning,
    }


def payment_ids_of(content: Mapping[str, Any]) -> PaymentIds:
    """Return what a stored sighting is about."""
    return PaymentIds(content["page_id"], content["payment_id"], content["link"], content.get("attempt"))


def of_news(news: MessageReport | Reply) -> dict[str, object]:
    """Return what a messenger reported, for storage."""
    at = news.occurred_at.isoformat() if news.occurred_at else None
    if isinstance(news, MessageReport):
        return {
            "kind": "fate", "provider_id": news.provider_id, "status": news.status.value, "failure": news.failure,
            "reason": news.reason, "message_id": news.message_id, "at": at,
        }  # fmt: skip
    return {
        "kind": "reply", "provider_id": news.provider_id, "channel": news.channel.value, "sender": news.sender,
        "text": news.text, "payload": news.payload, "opt": news.opt, "in_reply_to": news.in_reply_to, "at": at,
        "carrier_confirms": news.carrier_confirms, "payload_unknown": news.payload_unknown,
    }  # fmt: skip


def report_of(content: Mapping[str, Any]) -> MessageReport:
    """Return a stored report."""
    return MessageReport(
        provider_id=content["provider_id"],
        status=MessageStatus(content["status"]),
        failure=content["failure"],
        reason=content["reason"],
        message_id=content["message_id"],
        occurred_at=_time(content["at"]),
    )


def reply_of(content: Mapping[str, Any]) -> Reply:
    """Return a stored reply."""
    return Reply(
        provider_id=content["provider_id"],
        channel=Channel(content["channel"]),
        sender=content["sender"],
        text=content["text"],
        payload=content["payload"],
        opt=content["opt"],
        in_reply_to=content["in_reply_to"],
        carrier_confirms=content["carrier_confirms"],
        payload_unknown=content["payload_unknown"],
        occurred_at=_time(content["at"]),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
