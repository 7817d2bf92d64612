"""One account: its credentials, senders, templates, messages, and who has stopped or written lately."""

from __future__ import annotations

import secrets
import string
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

Row = dict[str, Any]
# https://help.twilio.com/articles/223134027
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})
_WINDOW = timedelta(hours=24)
_VERSION = "2010-04-01"


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def sid(prefix: str) -> str:
    """Return a new id of Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass
class Account:
    """An account. Its secrets are made at run time; a rotation gives it a second auth token."""

    now: Callable[[], datetime] = utc_now
    account_sid: str = field(default_factory=lambda: sid("AC"))
    key_sid: str = field(default_factory=lambda: sid("SK"))
    key_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    auth_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    # Numbers, alphanumeric senders and messaging services that are the account's own.
    senders: set[str] = field(default_factory=lambda: {"+27870000000", "whatsapp:+27870000000", "KarooCoffee"})
    services: set[str] = field(default_factory=set)
    # WhatsApp sender -> (status, reasons why it is offline), where it is not online; and where its replies go instead.
    states: dict[str, tuple[str, list[dict[str, str]]]] = field(default_factory=dict)
    whatsapp_url: str | None = None
    # Messaging service -> its senders, where these are not all of the account's.
    pools: dict[str, set[str]] = field(default_factory=dict)
    # Content id -> the variables of an approved template, and its text.
    templates: dict[str, tuple[frozenset[str], str]] = field(default_factory=dict)
    # Content id -> (language, what WhatsApp says of it), where that is not English and approved.
    approvals: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: dict[str, Row] = field(default_factory=dict)
    # The same by whom they are to, oldest first.
    _sent_to: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list), repr=False)
    stopped: set[str] = field(default_factory=set)
    last_inbound: dict[str, datetime] = field(default_factory=dict)
    # How a number's coming messages end: (status, error code).
    endings: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    inbound_url: str = ""
    advanced_opt_out: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add_template(self, text: str) -> str:
        """Approve a template with places like ``{{1}}`` and return its id."""
        content_sid = sid("HX")
        parts = text.split("{{")[1:]
        self.templates[content_sid] = (frozenset(one.partition("}}")[0] for one in parts), text)
        return content_sid

    def window_is_open(self, address: str) -> bool:
        """Return whether a WhatsApp user wrote within 24 hours."""
        last = self.last_inbound.get(address)
        return last is not None and self.now() - last < _WINDOW

    def add(self, *, to: str, sender: str, body: str, direction: str, **more: Any) -> Row:
        """Insert a message and return it; what begins with an underscore is ours and never shown."""
        moment = self.now()
        date = format_datetime(moment)
        message_sid = sid("SM")
        row: Row = {
            "body": body, "num_segments": "1", "direction": direction, "from": sender, "to": to,
            "date_updated": date, "price": None, "error_message": None, "num_media": "0",
            "uri": f"/{_VERSION}/Accounts/{self.account_sid}/Messages/{message_sid}.json",
            "account_sid": self.account_sid, "status": "queued", "messaging_service_sid": None, "sid": message_sid,
            "date_sent": date, "date_created": date,
            # Null in real answers, though the published document says a whole number.
            "error_code": None, "price_unit": "USD", "api_version": _VERSION, "subresource_uris": {},
            "_created": moment, **more,
        }  # fmt: skip
        self.messages[message_sid] = row
        self._sent_to[to].append(row)
        return row

    def newest(self, to: str | None = None) -> list[Row]:
        """Return the messages to an address, or all of them, newest first."""
        rows = self.messages.values() if to is None else self._sent_to.get(to, [])
        return list(reversed(rows))

    def forget_messages(self) -> None:
        """Forget messages that nobody will ask for, for accounts with tens of thousands of them."""
        self.messages.clear()
        self._sent_to.clear()


def is_phone(text: str) -> bool:
    """Return whether a text is E.164."""
    return text.startswith("+") and text[1:].isascii() and text[1:].isdigit() and 8 <= len(text) <= 16


def is_letters(sender: str) -> bool:
    """Return whether a sender is alphanumeric: https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id."""
    allowed = string.ascii_letters + string.digits + " "
    return (
        len(sender) <= 11 and any(one in string.ascii_letters for one in sender) and all(c in allowed for c in sender)
    )


def shown(row: Row) -> Row:
    """Return a message as the API answers it."""
    return {name: value for name, value in row.items() if not name.startswith("_")}
