"""Knows the forms in which one true piece of news may arrive, and what forgers write; refuses to post anything."""

from __future__ import annotations

import json
import random
import secrets
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

# The same value under the name that each of the two documented shapes gives it.
_TWINS = {
    "transactionStatus": "paymentStatus",
    "transactionStatusId": "paymentStatusId",
    "timestamp": "paymentGatewayResponseTimestamp",
}
_AMOUNTS = ("totalAmount", "taxAmount", "subTotalAmount")
_MOMENTS = ("timestamp", "paymentGatewayResponseTimestamp")
_MOST_UNKNOWN_LINKS = 40


@dataclass(frozen=True)
class Notification:
    """One true event of a link as the core wrote it, exact numbers kept."""

    link: str
    word: str
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ForgedBody:
    """A well-formed lie; `unknown_link` where the link does not exist anywhere."""

    body: bytes = field(repr=False)
    unknown_link: str | None = None


class NotificationPool:
    """All true news known so far; grows while the storm draws from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: list[Notification] = []
        self._drawn: set[int] = set()
        self._seen: set[tuple[str, str, bool]] = set()
        self._unknown: list[ForgedBody] = []

    def __len__(self) -> int:
        return len(self._news)

    def add(self, deliveries: list[dict[str, Any]], *, repeat_lost: bool) -> None:
        """Take what the core's list of deliveries says of a link.

        Unless asked to, no link of which something was lost on its way: any word about it would make the connector
        ask the core and hide that nobody told it.
        """
        if not repeat_lost and any(one["state"] == "dropped" for one in deliveries):
            return
        with self._lock:
            for one in deliveries:
                key = (one["link_reference"], one["event"], "paymentStatus" in one["body"])
                if key in self._seen:
                    continue
                self._seen.add(key)
                self._news.append(Notification(one["link_reference"], one["event"], one["body"]))

    def draw(self, dice: random.Random) -> Notification | None:
        with self._lock:
            if not self._news:
                return None
            place = dice.randrange(len(self._news))
            self._drawn.add(place)
            return self._news[place]

    def never_drawn(self) -> list[Notification]:
        with self._lock:
            return [news for place, news in enumerate(self._news) if place not in self._drawn]

    def lie(self, dice: random.Random) -> ForgedBody | None:
        """Return a forged notification made of true ones."""
        with self._lock:
            if not self._news:
                return None
            true, other = dice.choice(self._news), dice.choice(self._news)
        made = forge_body(true, other, dice=dice)
        if made.unknown_link is None:
            return made
        with self._lock:
            # each of these waits an hour for its payment request, so they are few and repeated
            if len(self._unknown) >= _MOST_UNKNOWN_LINKS:
                return dice.choice(self._unknown)
            self._unknown.append(made)
        return made


def render_body(news: Notification, *, dice: random.Random) -> bytes:
    """Return one of the many ways to write a true event: either shape, texts or numbers, more fields, any sequence."""
    body = dict(news.body)
    if dice.random() < 0.4:
        body = _in_other_shape(body)
    if dice.random() < 0.3:
        body |= {name: str(body[name]) for name in _AMOUNTS}
    if dice.random() < 0.2:
        body |= {name: _milliseconds(body[name]) for name in _MOMENTS if body.get(name)}
    body["traceId"] = f"{dice.getrandbits(64):016x}"
    return _dump(body, dice=dice)


def forge_body(true: Notification, other: Notification, *, dice: random.Random) -> ForgedBody:
    """Return one of the lies that a stranger with the address and the password could tell."""
    body = dict(true.body) if "paymentStatus" in true.body else _in_other_shape(true.body)
    body |= {"paymentStatus": "PAYMENT_RECEIVED", "paymentStatusId": 3, "receiptLinkRef": secrets.token_urlsafe(8)}
    body["traceId"] = f"{dice.getrandbits(64):016x}"
    unknown = None
    match dice.randrange(7):
        case 0:
            body["totalAmount"] = Decimal(str(body["totalAmount"])) + 1000
        case 1:
            body["currency"] = "USD"
        case 2:
            body["orderNumber"] = "99999999"
        case 3:
            body["environment"] = "PRODUCTION"
        case 4 if other.link != true.link:
            body["paymentLinkRef"] = other.link
        case 5:
            unknown = str(uuid.UUID(int=dice.getrandbits(128)))
            body |= {"paymentLinkRef": unknown, "additionalData": {"reference": f"c2p_{dice.getrandbits(104):026x}"}}
        case _:
            # paid, says this one; whether it is depends on the link, and only the core knows
            pass
    return ForgedBody(_dump(body, dice=dice), unknown)


def _in_other_shape(body: dict[str, Any]) -> dict[str, Any]:
    names = _TWINS if "transactionStatus" in body else {theirs: ours for ours, theirs in _TWINS.items()}
    return {names.get(name, name): value for name, value in body.items()}


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _dump(body: dict[str, Any], *, dice: random.Random) -> bytes:
    names = list(body)
    dice.shuffle(names)
    return json.dumps({name: body[name] for name in names}, default=float).encode()
