"""Events and their deliveries: signed, sent late, twice or in any order, as a test wants."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import random
import threading
from collections import deque
from dataclasses import dataclass, field

import requests

from sandbox.stripe.account import Account, Object

API_VERSION = "2026-10-28.endive"
_ANSWER_WITHIN_SECONDS = 10
# [A] Stripe tries for three days with growing pauses; this stand-in tries again when it is asked to deliver.
_MOST_TRIES = 12


@dataclass
class EventDelivery:
    """One event on its way to one endpoint."""

    event: Object
    url: str
    secret: str = field(repr=False)
    tries: int = 0


class Deliveries:
    """The events of an account that are on their way."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.waiting: deque[EventDelivery] = deque()
        self.sent = 0
        self.answers: list[int] = []
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._session.trust_env = False  # everything is on this machine

    def publish(self, kind: str, item: Object) -> Object:
        """Write an event about an object as it is now, for every endpoint that asks for its kind."""
        # An event is a snapshot: https://docs.stripe.com/api/events/object#event_object-data-object
        event = self.account.add(
            "evt", "event", type=kind, api_version=API_VERSION, data={"object": copy.deepcopy(item)},
            pending_webhooks=0, request={"id": None, "idempotency_key": None},
        )  # fmt: skip
        for endpoint in self.account.each("webhook_endpoint"):
            if kind in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]:
                with self._lock:
                    self.waiting.append(EventDelivery(event, endpoint["url"], endpoint["secret"]))
        return event

    def close(self) -> None:
        """End the connections."""
        self._session.close()

    def deliver(
        self, *, order: random.Random | None = None, lose: float = 0.0, repeat: float = 0.0, late: float = 0.0
    ) -> int:
        """Send what waits, in the order of events or in any; some are lost, repeated or left for later. Return how many arrived.

        What is not answered with 2xx is tried again later: https://docs.stripe.com/webhooks#behaviors
        """
        with self._lock:
            batch, self.waiting = list(self.waiting), deque()
        if order is not None:
            order.shuffle(batch)
        arrived = 0
        for one in batch:
            if order is not None and order.random() < lose:
                continue
            if order is not None and order.random() < late:
                with self._lock:
                    self.waiting.append(one)
                continue
            times = 2 if order is not None and order.random() < repeat else 1
            answered = [self._send(one) for _ in range(times)]
            if all(answered):
                arrived += 1
            elif one.tries < _MOST_TRIES:
                with self._lock:
                    self.waiting.append(one)
        return arrived

    def _send(self, one: EventDelivery) -> bool:
        one.tries += 1
        raw = json.dumps(one.event).encode()
        header = signature(raw, one.secret, self.account.seconds)
        try:
            answer = self._session.post(
                one.url, data=raw, timeout=_ANSWER_WITHIN_SECONDS, allow_redirects=False,
                headers={"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header},
            )  # fmt: skip
        except requests.RequestException:
            return False
        self.sent += 1
        self.answers.append(answer.status_code)
        return 200 <= answer.status_code < 300


def signature(raw: bytes, secret: str, seconds: int) -> str:
    """Return a ``Stripe-Signature`` header: https://docs.stripe.com/webhooks#verify-manually"""
    signed = hmac.new(secret.encode(), str(seconds).encode() + b"." + raw, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={signed}"
