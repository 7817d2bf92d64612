"""The demo's messenger: it brings messages to the sandbox's phones over HTTP, and reads their replies."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from foundation.errors import UntrustedMessage
from foundation.http.session import PeerSession, RequestNotSent, call
from foundation.secret import Secret
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.messengers.messenger import (
    MessageRefused,
    MessageReport,
    NotSent,
    OutgoingMessage,
    PerhapsSent,
    Reply,
)

SIGNATURE = "X-Sandbox-Signature"


@dataclass(frozen=True)
class DemoMessenger:
    """The phones at ``phones_url``; ``callback_url`` is where they send replies, signed with ``key``."""

    session: PeerSession
    phones_url: str
    callback_url: str
    sender: str
    key: Secret = field(repr=False)

    def try_key(self) -> None:
        """Accept it: there is none."""

    def takes_token(self, token: Secret) -> bool:
        """Return True: nothing is signed with it."""
        return True

    def reports_delivery(self, channel: Channel) -> bool:
        """Return whether messages of a channel are reported as delivered: WhatsApp's are, plain SMS are not."""
        return channel is Channel.WHATSAPP

    def send(self, message: OutgoingMessage) -> MessageReport:
        """Bring a message to a phone, once for each id."""
        body = {
            "message_id": message.message_id,
            "to": message.to,
            "channel": message.channel.value,
            "text": message.text,
            "link": message.link_url,
            "link_reference": message.link_reference,
            "buttons": [{"id": one.payload, "title": one.title} for one in message.buttons],
            "free": message.free,
            "sender": self.sender,
            "callback_url": self.callback_url,
        }
        report = _report(self._call("POST", "/messages", body=json.dumps(body).encode()))
        if report.status is MessageStatus.FAILED:
            raise MessageRefused(
                "The message did not arrive.", failure=report.failure or "", reason=report.reason or ""
            )
        return report

    def read_report(self, provider_id: str) -> MessageReport:
        """Read what became of a message."""
        return _report(self._call("GET", f"/messages/{provider_id}"))

    def find(
        self, channel: Channel, to: str, token: str, *, since: datetime, known: Collection[str] = ()
    ) -> MessageReport | None:
        """Find a message by a text in it."""
        query = urlencode({"to": to, "channel": channel.value, "token": token})
        try:
            found = _report(self._call("GET", f"/messages?{query}"))
        except MessageRefused:
            return None
        return None if found.provider_id in known else found

    def replies(self, *, since: datetime) -> Sequence[Reply]:
        """Return nothing: a phone shows its reply only once we took it."""
        return []

    def read_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, url: str, secrets: Sequence[Secret]
    ) -> Sequence[MessageReport | Reply]:
        """Read a phone's reply.

        Raises:
            UntrustedMessage: it is not signed with our key.
        """
        if not hmac.compare_digest(headers.get(SIGNATURE, "").encode(), self._signature(raw).encode()):
            raise UntrustedMessage("the signature is missing or wrong")
        body = json.loads(raw)
        return [
            Reply(
                provider_id=body["provider_id"],
                channel=Channel(body["channel"]),
                sender=body["sender"],
                text=body["text"],
                payload=body["payload"],
                occurred_at=datetime.fromtimestamp(body["at"], UTC),
            )
        ]

    def _call(self, method: str, path: str, *, body: bytes | None = None) -> dict[str, Any]:
        url = f"{self.phones_url}{path}"
        signed = body if body is not None else _path_and_query(url)
        headers = {"Content-Type": "application/json", SIGNATURE: self._signature(signed)}
        try:
            response = call(self.session, method, url, operation="message", headers=headers, body=body)
        except RequestNotSent as error:
            raise NotSent("The phones cannot be reached.") from error
        except requests.RequestException as error:
            raise PerhapsSent("The phones gave no answer.") from error
        if response.status_code >= 500:
            raise PerhapsSent("The phones could not say whether they took it.")
        if response.status_code >= 400:
            raise MessageRefused("The phones refused this.", failure="refused", reason=str(response.status_code))
        found: dict[str, Any] = response.json()
        return found

    def _signature(self, signed: bytes) -> str:
        return hmac.new(self.key.value.encode(), signed, hashlib.sha256).hexdigest()


def _path_and_query(url: str) -> bytes:
    parts = urlsplit(url)
    # As the phones read it: with a question mark even where there is no query.
    return f"{parts.path}?{parts.query}".encode()


def _report(body: Mapping[str, Any]) -> MessageReport:
    return MessageReport(
        provider_id=body["provider_id"],
        status=MessageStatus(body["status"]),
        failure=body["failure"],
        reason=body["reason"],
        message_id=body["message_id"],
    )
