"""Couriers in memory, and deliveries to give to them."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from datetime import datetime
from typing import Any

from payment_core.domain.application import Application
from payment_core.domain.enums import NotificationKind
from payment_core.services import Core
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Answer, Delivery, NewDelivery
from tests.payment_core.conftest import APPLICATION

TAKEN = Answer(200, "", None, 1)


class ScriptedCourier:
    """Writes down what is delivered and by how many at once; waits where a test lets it hang."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.overlaps: list[str] = []
        self.hangs: set[str] = set()
        self.released = threading.Event()
        self.entered = threading.Semaphore(0)
        self.answers: list[Answer] = []
        # What an application never takes, by event.
        self.fails: set[str] = set()
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def post(self, application: Application, delivery: Delivery, *, at: datetime) -> Answer:
        with self._lock:
            if delivery.lane in self._running:
                self.overlaps.append(delivery.lane)
            self._running.add(delivery.lane)
            self.sent[delivery.lane].append(delivery.event)
        self.entered.release()
        if application.application_id in self.hangs:
            self.released.wait(60)
        else:
            time.sleep(random.uniform(0, 0.003))
        with self._lock:
            self._running.discard(delivery.lane)
            if delivery.event in self.fails:
                return Answer(500, "", None, 1)
            return self.answers.pop(0) if self.answers else TAKEN

    def wait_for(self, number: int) -> None:
        """Wait until so many posts have begun."""
        for _ in range(number):
            assert self.entered.acquire(timeout=60)


def queue(core: Core, lane: str, *events: str, application: Application = APPLICATION) -> None:
    """Insert deliveries of one lane."""
    with core.transactions.write() as work:
        for event in events:
            new: dict[str, Any] = {"reference": None, "kind": NotificationKind.SETTINGS, "event": event, "body": b"{}"}
            deliveries.add(
                work,
                NewDelivery(application.merchant_id, application.application_id, f"{lane}", **new),
                now=core.now(),
            )
