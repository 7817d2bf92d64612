"""The carrier between the core and the phones: it takes messages, brings replies, and reports what became of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlsplit

import urllib3
from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.core.bodies import control_body, known_phone
from sandbox.core.conversations import CHANNELS, Conversations
from sandbox.core.errors import Refusal, invalid_control
from sandbox.core.faults import FaultDesk
from sandbox.core.pass_through import PassThrough
from sandbox.core.store import Row

network = Blueprint("network", __name__, url_prefix="/network")
SIGNATURE = "X-Sandbox-Signature"
LONGEST = 1000
# WhatsApp takes free text this long after a customer wrote, and approved templates alone afterwards.
_FREE_TEXT_WITHIN_S = 24 * 3600
_UNREACHABLE = {
    "sms": ("unreachable", "The network could not deliver the message."),
    "whatsapp": ("not_on_whatsapp", "131026: the number is not on WhatsApp, or does not take messages."),
}
_WINDOW = ("window_closed", "131047: more than 24 hours since the customer last wrote, so free text is not allowed.")


class Carrier:
    """The way between the phones and the core's address for replies; only the key's holder believes what comes there."""

    def __init__(self, conversations: Conversations, faults: FaultDesk, core: PassThrough, *, key: str) -> None:
        self._conversations = conversations
        self._core = core
        self._faults = faults
        self._key = key.encode()
        # Not repeated here: a reply may have been taken although its answer was lost, and the core would get it twice.
        self._pool = urllib3.PoolManager(num_pools=4, maxsize=8, retries=False)

    def take(self, body: dict[str, Any]) -> Row:
        """Bring a message to a phone, once for each ``message_id``; return its row, with a failure where there is one."""
        known = self._conversations.of_message(str(body.get("message_id", "")))
        if known is not None:
            return known
        phone, channel = known_phone(str(body.get("to", ""))), body.get("channel")
        if channel not in CHANNELS:
            raise invalid_control("channel", "must be one of " + ", ".join(CHANNELS))
        failure, reason = self._obstacle(phone, channel, free=bool(body.get("free"))) or (None, None)
        names = ("message_id", "link", "sender", "callback_url", "link_reference")
        return self._conversations.add(
            phone, channel, author="merchant", text=str(body.get("text", "")), failure=failure, reason=reason,
            buttons=json.dumps(body.get("buttons", [])), **{name: body.get(name) for name in names},
        )  # fmt: skip

    def reply(self, phone: str, text: object, *, channel: object = None) -> None:
        """Take what a customer wrote, or the id of the button that was pressed, and bring it to the merchant.

        Raises:
            Refusal: 422, naming the field; 502 where the core takes no reply.
        """
        if not isinstance(text, str) or not 1 <= len(text.strip()) <= LONGEST:
            raise invalid_control("text", f"must be a text of 1 to {LONGEST} characters")
        channel = channel or self._conversations.last_channel(phone)
        if not isinstance(channel, str) or channel not in CHANNELS:
            raise invalid_control("channel", "must be one of " + ", ".join(CHANNELS))
        merchant = self._conversations.last_sender(phone)
        payload, shown = self._pressed(phone, text.strip())
        row = self._conversations.add(phone, channel, author="customer", text=shown)
        # Of the address that a message brought along only the path: a core that was started again has another port.
        path = urlsplit(merchant["callback_url"]).path if merchant else self._usual_hook()
        self._post(
            self._core.origin + path,
            {"kind": "reply", "provider_id": row["provider_id"], "channel": channel, "sender": phone, "text": shown,
             "payload": payload, "at": row["at"]},
        )  # fmt: skip

    def _usual_hook(self) -> str:
        answer = self._core.control("hook", body=b"", method="GET")
        return str(answer.get_json()["path"])

    def _pressed(self, phone: str, text: str) -> tuple[str | None, str]:
        """Return (payload, shown text) of a reply: a pressed button shows its words on the phone, not its id."""
        for message in reversed(self._conversations.shown(phone)["messages"]):
            for button in message["buttons"]:
                if button["id"] == text:
                    return text, str(button["title"])
        return None, text

    def _obstacle(self, phone: str, channel: str, *, free: bool) -> tuple[str, str] | None:
        if phone in self._faults.current.undeliverable:
            return _UNREACHABLE[channel]
        since = self._conversations.now() - _FREE_TEXT_WITHIN_S
        if free and channel == "whatsapp" and not self._conversations.wrote_since(phone, channel, since=since):
            return _WINDOW
        return None

    def _post(self, url: str, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json", SIGNATURE: self.signature(body)}
        try:
            answer = self._pool.request("POST", url, body=body, headers=headers, timeout=30.0, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Refusal(502, "CORE_UNREACHABLE", message="The core took no reply. Try again.") from error
        if answer.status != 200:
            raise Refusal(502, "REPLY_REFUSED", message=f"The core refused the reply with {answer.status}.")

    def signature(self, body: bytes) -> str:
        """Return what proves a body to the core."""
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()


def current_carrier() -> Carrier:
    """Return the carrier of this process."""
    carrier: Carrier = current_app.extensions["carrier"]
    return carrier


def _conversations() -> Conversations:
    conversations: Conversations = current_app.extensions["conversations"]
    return conversations


@network.before_request
def _check_signature() -> None:
    # A GET has no body: its path with the query is signed in place of one.
    expected = current_carrier().signature(request.get_data() or request.full_path.encode())
    if not hmac.compare_digest(request.headers.get(SIGNATURE, "").encode(), expected.encode()):
        raise Refusal(401, "UNTRUSTED", message="Only the core of this sandbox may use its network.")


@network.post("/messages")
def take() -> tuple[Response, int]:
    """Take a message from the core."""
    return jsonify(_fate(current_carrier().take(control_body()))), 201


@network.get("/messages/<provider_id>")
def show(provider_id: str) -> Response:
    """Return what became of a message."""
    return jsonify(_fate(_known(_conversations().find(provider_id))))


@network.get("/messages")
def search() -> Response:
    """Find the message that holds a text."""
    given = request.args
    row = _conversations().search(given.get("to", ""), given.get("channel", ""), given.get("token", ""))
    return jsonify(_fate(_known(row)))


def _known(row: Row | None) -> Row:
    if row is None:
        raise Refusal(404, "NOT_FOUND", message="No such message.")
    return row


def _fate(row: Row) -> dict[str, Any]:
    """Return a message's fate: WhatsApp reports that a message arrived, plain SMS only that it was sent."""
    arrived = "DELIVERED" if row["channel"] == "whatsapp" else "SENT"
    return {
        "provider_id": row["provider_id"],
        "message_id": row.get("message_id"),
        "status": "FAILED" if row.get("failure") else arrived,
        "failure": row.get("failure"),
        "reason": row.get("reason"),
    }
