"""Twilio's messages and webhooks in our words: reports on our messages, and what customers wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from foundation.clock import read_http_date
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.messengers.messenger import MessageReport, Reply
from payment_core.messengers.twilio.failures import failure_of

WHATSAPP = "whatsapp:"
# The words of an SMS that Twilio itself acts on and answers: https://help.twilio.com/articles/223134027
_CONFIRMED = frozenset(
    ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "yes", "unstop"]
)
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES = {
    "accepted": MessageStatus.ACCEPTED,
    "scheduled": MessageStatus.ACCEPTED,
    "queued": MessageStatus.ACCEPTED,
    "sending": MessageStatus.ACCEPTED,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "partially_delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "undelivered": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
}


def report_of_message(body: Mapping[str, Any], *, message_id: str | None = None) -> MessageReport:
    """Return what a message resource says of our message."""
    status = STATUSES.get(str(body.get("status")), MessageStatus.ACCEPTED)
    # The published schema says a whole number; real answers hold null.
    code = body.get("error_code")
    failed = status is MessageStatus.FAILED
    return MessageReport(
        provider_id=str(body["sid"]),
        status=status,
        failure=failure_of(code) if failed else None,
        reason=str(code) if code else None,
        message_id=message_id,
    )


def report_of_webhook(fields: Mapping[str, str], message_id: str | None) -> MessageReport:
    """Return what a status callback says; its status is one of ``STATUSES``."""
    status = STATUSES[fields["MessageStatus"]]
    code = fields.get("ErrorCode")
    return MessageReport(
        provider_id=fields["MessageSid"],
        status=status,
        failure=failure_of(code) if status is MessageStatus.FAILED else None,
        reason=code,
        message_id=message_id,
    )


def sent_at(row: Mapping[str, Any]) -> datetime | None:
    """Return the time of a message resource; None where it does not say one, as its published schema allows."""
    return read_http_date(str(row.get("date_sent") or row.get("date_created") or ""))


def reply_of_message(row: Mapping[str, Any]) -> Reply:
    """Return what a customer wrote, from a message resource."""
    fields = {"From": str(row.get("from") or ""), "Body": str(row.get("body") or ""), "MessageSid": str(row["sid"])}
    reply = reply_of_webhook(fields)
    # The resource has the words of a button alone: https://www.twilio.com/docs/messaging/api/message-resource
    may_be_button = reply.channel is Channel.WHATSAPP
    return replace(reply, occurred_at=sent_at(row), payload_unknown=may_be_button)


def reply_of_webhook(fields: Mapping[str, str]) -> Reply:
    """Return what a customer wrote, from an inbound message's webhook."""
    sender = fields.get("From", "")
    channel = Channel.WHATSAPP if sender.startswith(WHATSAPP) else Channel.SMS
    return Reply(
        provider_id=fields["MessageSid"],
        channel=channel,
        sender=sender.removeprefix(WHATSAPP).removeprefix("+"),
        text=fields.get("Body", ""),
        payload=fields.get("ButtonPayload") or None,
        opt=fields.get("OptOutType") or None,
        in_reply_to=fields.get("OriginalRepliedMessageSid") or None,
        # By WhatsApp it answers what Advanced Opt-Out recognises alone.
        carrier_confirms=bool(fields.get("OptOutType")) or (channel is Channel.SMS and _is_confirmed(fields)),
    )


def _is_confirmed(fields: Mapping[str, str]) -> bool:
    return fields.get("Body", "").strip().lower() in _CONFIRMED
