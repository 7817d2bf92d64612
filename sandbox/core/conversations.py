"""What phones hold: messages in and out, and what never arrived."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from sandbox.core.bodies import stamp
from sandbox.core.store import Row, Store

CHANNELS = ("sms", "whatsapp")
# The words that carriers act on: https://help.twilio.com/articles/223134027.
_STOP = ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "opt out", "optout")
_START = ("start", "unstop")


class Conversations:
    """The messages of every phone. Its clock is the core's, as far as it was moved."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> float:
        """Return the present time on the core's clock, in seconds since 1970."""
        return time.time() + float(self._store.fact("clock_offset_s") or 0)

    def move_clock(self, offset_s: float) -> None:
        """Note how far the core's clock was moved."""
        self._store.remember("clock_offset_s", offset_s)

    def add(self, phone: str, channel: str, *, author: str, text: str, **more: object) -> Row:
        """Write one message and return its row."""
        row: Row = {
            "provider_id": f"SB{secrets.token_hex(16)}",
            "phone": phone,
            "channel": channel,
            "author": author,
            "text": text,
            "buttons": "[]",
            "at": self.now(),
            **more,
        }
        self._store.insert("messages", row)
        return row

    def find(self, provider_id: str) -> Row | None:
        """Return a message by the carrier's id."""
        return self._store.row("SELECT * FROM messages WHERE provider_id = ?", provider_id)

    def of_message(self, message_id: str) -> Row | None:
        """Return a message by the sender's own id: the same one is not sent twice."""
        return self._store.row("SELECT * FROM messages WHERE message_id = ?", message_id)

    def search(self, phone: str, channel: str, token: str) -> Row | None:
        """Return the newest message to a phone that holds a text."""
        sql = "SELECT * FROM messages WHERE phone = ? AND channel = ? AND author = 'merchant' AND instr(text, ?) > 0"
        return self._store.row(sql + " ORDER BY id DESC LIMIT 1", phone, channel, token)

    def wrote_since(self, phone: str, channel: str, *, since: float) -> bool:
        """Return whether the customer has written on a channel since a time."""
        sql = "SELECT 1 FROM messages WHERE phone = ? AND channel = ? AND author = 'customer' AND at > ?"
        return self._store.row(sql, phone, channel, since) is not None

    def last_channel(self, phone: str) -> str:
        """Return the channel of the newest message."""
        row = self._store.row("SELECT channel FROM messages WHERE phone = ? ORDER BY id DESC LIMIT 1", phone)
        return row["channel"] if row else "sms"

    def last_sender(self, phone: str) -> Row | None:
        """Return the newest message of a merchant to a phone: a reply goes there."""
        sql = "SELECT * FROM messages WHERE phone = ? AND author = 'merchant' ORDER BY id DESC LIMIT 1"
        return self._store.row(sql, phone)

    def phones(self) -> list[Row]:
        """Return every phone with its newest message, the latest first."""
        return self._store.rows(
            "SELECT phone, text, at, channel FROM messages WHERE id IN"
            " (SELECT max(id) FROM messages WHERE failure IS NULL GROUP BY phone) ORDER BY id DESC LIMIT 200"
        )

    def shown(self, phone: str) -> dict[str, Any]:
        """Return all that a phone shows, and what never arrived there."""
        rows = self._store.rows("SELECT * FROM messages WHERE phone = ? ORDER BY id", phone)
        return {
            "number": phone,
            "messages": [_shown(row) for row in rows if row["failure"] is None],
            "undelivered": [_shown(row) for row in rows if row["failure"] is not None],
            "opted_out": [channel for channel in CHANNELS if _has_stopped(rows, channel)],
        }


def word_of(text: str) -> str:
    """Return a reply as carriers compare it."""
    return " ".join(text.split()).rstrip(".!").casefold()


def _has_stopped(rows: list[Row], channel: str) -> bool:
    said = (word_of(row["text"]) for row in rows if row["author"] == "customer" and row["channel"] == channel)
    words = [word for word in said if word in _STOP or word in _START]
    # The last of these words counts; whatever else is written changes nothing.
    return bool(words) and words[-1] in _STOP


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        # seen from the phone: "in" arrived there
        "direction": "in" if row["author"] == "merchant" else "out",
        "author": row["author"],
        "channel": row["channel"],
        "text": row["text"],
        "link": row["link"],
        "buttons": json.loads(row["buttons"]),
        "at": stamp(row["at"]),
        "link_reference": row["link_reference"],
        "failure": row["reason"] if row["failure"] else None,
    }
