"""Knows the phones: what reached them, what could not, and who opted out; refuses to know what it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.core.clock import SandboxClock, stamp
from sandbox.core.faults import FaultDesk
from sandbox.core.store import Row, Store

FREE_TEXT_WITHIN_S = 24 * 3600
UNREACHABLE = {
    "sms": "The network could not deliver the message.",
    "whatsapp": "131026: the number is not on WhatsApp, or does not take messages.",
}
WINDOW_CLOSED = "131047: more than 24 hours since the customer last wrote, so free text is not allowed."
OPTED_OUT = "The customer has opted out of this channel."


@dataclass(frozen=True)
class Text:
    """A message to a customer; free text is what no template was approved for."""

    text: str
    link: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    free: bool = False


class Messenger:
    def __init__(self, store: Store, clock: SandboxClock, *, faults: FaultDesk) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults

    def send(self, phone: str, channel: str, *, text: Text, link_ref: str | None = None) -> str | None:
        """This function will bring a message to a phone and give None, or the reason why it could not."""
        failure = self._obstacle(phone, channel, free=text.free)
        buttons = [{"id": name, "title": title} for name, title in text.buttons]
        row = {"text": text.text, "link": text.link, "buttons": json.dumps(buttons), "failure": failure}
        self._write(phone, channel, row={**row, "author": "merchant", "link_ref": link_ref})
        return failure

    def receive(self, phone: str, channel: str, *, text: str) -> None:
        """This function will note what the customer wrote."""
        self._write(phone, channel, row={"text": text, "buttons": "[]", "author": "customer"})

    def block(self, phone: str, channel: str) -> None:
        self._store.write("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", phone, channel, self._clock.now())

    def unblock(self, phone: str, channel: str) -> None:
        self._store.write("DELETE FROM blocks WHERE phone = ? AND channel = ?", phone, channel)

    def is_blocked(self, phone: str, channel: str) -> bool:
        return self._store.row("SELECT 1 FROM blocks WHERE phone = ? AND channel = ?", phone, channel) is not None

    def last_channel(self, phone: str) -> str:
        row = self._store.row("SELECT channel FROM messages WHERE phone = ? ORDER BY id DESC LIMIT 1", phone)
        return row["channel"] if row else "sms"

    def phones(self) -> list[Row]:
        """This function will list every phone with its last message, latest first."""
        return self._store.rows(
            "SELECT phone, text, at, channel FROM messages WHERE id IN"
            " (SELECT max(id) FROM messages WHERE failure IS NULL GROUP BY phone) ORDER BY id DESC LIMIT 200"
        )

    def conversation(self, phone: str) -> dict[str, Any]:
        """This function will give all that a phone shows, and what never arrived there."""
        rows = self._store.rows("SELECT * FROM messages WHERE phone = ? ORDER BY id", phone)
        blocks = self._store.rows("SELECT channel FROM blocks WHERE phone = ? ORDER BY channel", phone)
        return {
            "number": phone,
            "messages": [_shown(row) for row in rows if row["failure"] is None],
            "undelivered": [_shown(row) for row in rows if row["failure"] is not None],
            "opted_out": [row["channel"] for row in blocks],
        }

    def _obstacle(self, phone: str, channel: str, *, free: bool) -> str | None:
        if phone in self._faults.current.undeliverable:
            return UNREACHABLE[channel]
        if self.is_blocked(phone, channel):
            return OPTED_OUT
        return WINDOW_CLOSED if free and channel == "whatsapp" and not self._wrote_lately(phone) else None

    def _wrote_lately(self, phone: str) -> bool:
        sql = "SELECT 1 FROM messages WHERE phone = ? AND channel = 'whatsapp' AND author = 'customer' AND at > ?"
        return self._store.row(sql, phone, self._clock.now() - FREE_TEXT_WITHIN_S) is not None

    def _write(self, phone: str, channel: str, *, row: Row) -> None:
        self._store.insert("messages", {"phone": phone, "channel": channel, "at": self._clock.now(), **row})


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
        "link_reference": row["link_ref"],
        "failure": row["failure"],
    }
