"""Bodies of notifications: the forms in which a true event may arrive, and forgeries of them."""

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
_OTHER_NAMES = {
    "transactionStatus": "paymentStatus",
    "transactionStatusId": "paymentStatusId",
    "timestamp": "paymentGatewayResponseTimestamp",
}
_AMOUNTS = ("totalAmount", "taxAmount", "subTotalAmount")
_TIMESTAMPS = ("timestamp", "paymentGatewayResponseTimestamp")
_MAX_UNKNOWN_LINKS = 40


@dataclass(frozen=True)
class NotificationBody:
    """One real event of a link as the core wrote it, with exact numbers."""

    link: str
    word: str
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ForgedBody:
    """A well-formed forgery; `unknown_link` where the link does not exist anywhere."""

    body: bytes = field(repr=False)
    unknown_link: str | None = None


class NotificationPool:
    """All true notifications known so far; grows while the load draws from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notifications: list[NotificationBody] = []
        self._drawn: set[int] = set()
        self._seen: set[tuple[str, str, bool]] = set()
        self._unknown: list[ForgedBody] = []

    def __len__(self) -> int:
        return len(self._notifications)

    def add(self, deliveries: list[dict[str, Any]], *, repeat_lost: bool) -> None:
        """Add the notifications in the core's list of deliveries of one link.

        Without `repeat_lost` a link of which a delivery was lost is left out whole.
        """
        # Any notification of it would make the connector ask the core, and hide that the lost one never came.
        if not repeat_lost and any(one["state"] == "dropped" for one in deliveries):
            return
        with self._lock:
            for one in deliveries:
                # News of money comes in both documented shapes: the second is no repetition of the first.
                key = (one["link_reference"], one["event"], "paymentStatus" in one["body"])
                if key in self._seen:
                    continue
                self._seen.add(key)
                self._notifications.append(NotificationBody(one["link_reference"], one["event"], one["body"]))

    def draw(self, rng: random.Random) -> NotificationBody | None:
        """Return any true notification, None where none is known yet."""
        with self._lock:
            if not self._notifications:
                return None
            index = rng.randrange(len(self._notifications))
            self._drawn.add(index)
            return self._notifications[index]

    def never_drawn(self) -> list[NotificationBody]:
        """Return the true notifications that `draw` has not returned."""
        with self._lock:
            return [one for index, one in enumerate(self._notifications) if index not in self._drawn]

    def forge(self, rng: random.Random) -> ForgedBody | None:
        """Return a notification forged from true ones."""
        with self._lock:
            if not self._notifications:
                return None
            true, other = rng.choice(self._notifications), rng.choice(self._notifications)
        forged = forge_body(true, other, rng=rng)
        if forged.unknown_link is None:
            return forged
        with self._lock:
            # Each of these waits an hour for its payment request, so they are few and repeated.
            if len(self._unknown) >= _MAX_UNKNOWN_LINKS:
                return rng.choice(self._unknown)
            self._unknown.append(forged)
        return forged


def render_body(notification: NotificationBody, *, rng: random.Random) -> bytes:
    """Return one of the documented ways to write a true event: either shape, texts or numbers, any order of fields."""
    body = dict(notification.body)
    if rng.random() < 0.4:
        body = _in_other_shape(body)
    if rng.random() < 0.3:
        body |= {name: str(body[name]) for name in _AMOUNTS}
    if rng.random() < 0.2:
        body |= {name: _milliseconds(body[name]) for name in _TIMESTAMPS if body.get(name)}
    body["traceId"] = f"{rng.getrandbits(64):016x}"
    return _dump(body, rng=rng)


def forge_body(true: NotificationBody, other: NotificationBody, *, rng: random.Random) -> ForgedBody:
    """Return a forged body as an attacker with the address and the password could post it."""
    body = dict(true.body) if "paymentStatus" in true.body else _in_other_shape(true.body)
    body |= {"paymentStatus": "PAYMENT_RECEIVED", "paymentStatusId": 3, "receiptLinkRef": secrets.token_urlsafe(8)}
    body["traceId"] = f"{rng.getrandbits(64):016x}"
    unknown = None
    match rng.randrange(7):
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
            unknown = str(uuid.UUID(int=rng.getrandbits(128)))
            body |= {"paymentLinkRef": unknown, "additionalData": {"reference": f"c2p_{rng.getrandbits(104):026x}"}}
        case _:
            # It says paid; whether that is true depends on the link's record at the core.
            pass
    return ForgedBody(_dump(body, rng=rng), unknown)


def _in_other_shape(body: dict[str, Any]) -> dict[str, Any]:
    names = _OTHER_NAMES if "transactionStatus" in body else {other: name for name, other in _OTHER_NAMES.items()}
    return {names.get(name, name): value for name, value in body.items()}


def _milliseconds(timestamp: str) -> int:
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)


def _dump(body: dict[str, Any], *, rng: random.Random) -> bytes:
    names = list(body)
    rng.shuffle(names)
    return json.dumps({name: body[name] for name in names}, default=float).encode()
