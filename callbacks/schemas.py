"""Knows where a callback notification keeps what we need, by the manifest's alias tables; refuses to decide what it means."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load

import manifests
from connector.core.schemas import (
    LONGEST_SPARE,
    LinkReference,
    PeerAmount,
    PeerTime,
    SpareText,
    reference_in,
)
from connector.core.statuses import is_stop, news_of
from connector.domain.notification import CustomerWord, Notification, SettingsChanged
from connector.domain.payment import Channel
from connector.domain.status import News
from connector.exact_json import read_json

_LONGEST_NUMBER = 60
_NAMES: dict[str, list[str]] = {
    name: entry["names"] for name, entry in manifests.load("core/notifications.json")["fields"].items()
}


class Unreadable(Exception):
    """A trusted notification that says nothing we understand; ``reason`` goes to the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotificationSchema(Schema):
    """Both documented shapes; unknown fields are ignored, an amount or a time may be text or a number."""

    class Meta:
        unknown = EXCLUDE

    order_number = fields.String(load_default=None, allow_none=True)
    link_reference = LinkReference(load_default=None, allow_none=True)
    core_status = fields.String(required=True)
    occurred_at = PeerTime(load_default=None, allow_none=True)
    total = PeerAmount(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True)
    environment = fields.String(load_default=None, allow_none=True)
    receipt_reference = SpareText(most=LONGEST_SPARE)
    reconciliation_reference = SpareText(most=LONGEST_SPARE)
    review_finalised_at = fields.Raw(load_default=None, allow_none=True)
    additional_data = fields.Raw(load_default=None, allow_none=True)
    # Read for a customer's word alone: whatever else stands in them keeps no news of money away.
    customer_number = fields.Raw(load_default=None, allow_none=True)
    channel = fields.Raw(load_default=None, allow_none=True)

    @pre_load
    def rename(self, data: Any, **_: Any) -> dict[str, Any]:
        """Bring the core's names to ours: the first alias that is present wins."""
        if not isinstance(data, dict):
            raise ValidationError("not an object")
        renamed = {}
        for ours, theirs in _NAMES.items():
            value = next((data[name] for name in theirs if data.get(name) is not None), None)
            if value is not None:
                renamed[ours] = value
        return renamed

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Notification:
        number, channel = data.pop("customer_number"), data.pop("channel")
        finalised = bool(data.pop("review_finalised_at"))
        reference = reference_in(data.pop("additional_data"))
        stopped = is_stop(data["core_status"])
        if stopped is not None:
            word = _word(number, channel, stopped=stopped)
            return Notification(reference=reference, news=News(), customer_word=word, **data)
        news = news_of(data["core_status"], review_finalised=finalised)
        if news is None:
            raise ValidationError("unknown status", "core_status")
        return Notification(reference=reference, news=news, **data)


def _word(number: Any, channel: Any, *, stopped: bool) -> CustomerWord:
    """A word without a channel is about every channel: a STOP is honoured however little the core says of it.

    What cannot be read of it is no reason to put it aside: the links that it names may tell.
    """
    try:
        channels = (Channel(str(channel).strip().lower()),) if channel else tuple(Channel)
    except ValueError:
        channels = ()
    return CustomerWord(str(number or "")[:_LONGEST_NUMBER], channels, stopped)


_NOTIFICATION = NotificationSchema()


def read_notification(kind: str, body: bytes) -> Notification | SettingsChanged:
    """Read a stored body. A status is one at the address for settings too: whoever swapped the addresses loses no news.

    Raises:
        Unreadable: not JSON, not an object, no known status, or neither reference in it.
    """
    try:
        return _status_in(body)
    except Unreadable:
        if kind == "settings":
            return SettingsChanged()
        raise


def _status_in(body: bytes) -> Notification:
    try:
        notification: Notification = _NOTIFICATION.load(read_json(body))
    except ValidationError as fault:
        raise Unreadable(f"fields:{','.join(sorted(map(str, fault.messages_dict)))}"[:160]) from fault
    except (ValueError, RecursionError) as fault:
        raise Unreadable("not_json") from fault
    if not (notification.link_reference or notification.reference or notification.customer_word):
        raise Unreadable("no_reference")
    return notification
