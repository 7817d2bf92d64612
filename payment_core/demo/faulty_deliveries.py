"""Faults in the delivery of notifications, as a tester orders them: lost, doubled, out of order, late."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.couriers.courier import Courier
from payment_core.domain.application import Application
from payment_core.store.deliveries.deliveries import Answer, Delivery
from payment_core.store.schema.tables import deliveries

_REORDER_WITHIN = timedelta(seconds=1.5)
DROPPED, DUPLICATE = "dropped by order", "duplicate"


@dataclass(frozen=True)
class DeliveryFaults:
    """Chances are 0 to 1, delays in milliseconds."""

    drop_callbacks: float = 0
    duplicate_callbacks: float = 0
    reorder_callbacks: bool = False
    delay_ms: tuple[int, int] = (0, 0)
    seed: int | None = None

    @classmethod
    def of(cls, ordered: Mapping[str, Any]) -> DeliveryFaults:
        """Return the faults that the front has checked."""
        values = {**ordered, "delay_ms": tuple(ordered.get("delay_ms", (0, 0)))}
        return cls(**values)


class FaultyCourier(Courier):
    """A courier that loses, doubles and delays by order."""

    faults: DeliveryFaults = DeliveryFaults()
    _rng = random.Random()  # noqa: S311 a seed makes a rehearsal repeatable, nothing secret depends on it

    def order(self, faults: DeliveryFaults) -> None:
        """Replace the faults."""
        self.faults = faults
        self._rng = random.Random(faults.seed)  # noqa: S311 as above

    def post(self, application: Application, delivery: Delivery, *, at: datetime) -> Answer:
        """Make one attempt, or pretend that it was made."""
        if self._strikes(self.faults.drop_callbacks):
            # The core believes it: news that is lost for ever, which its receiver must find out by asking.
            return Answer(200, None, DROPPED, 0)
        if self._strikes(self.faults.duplicate_callbacks):
            pause = self._rng.uniform(0, _REORDER_WITHIN.total_seconds())
            # In a thread of its own: the copy may arrive before or after the next news of the lane.
            again = threading.Timer(pause, super().post, (application, delivery), {"at": at})
            again.daemon = True
            again.start()
        return super().post(application, delivery, at=at)

    @property
    def disturbs(self) -> bool:
        """Whether deliveries are to be delayed, or taken out of order."""
        return self.faults.reorder_callbacks or any(self.faults.delay_ms)

    def loosen(self, work: UnitOfWork, *, now: datetime) -> None:
        """Free what was not tried yet from its lane's order, and delay it, where that was ordered."""
        faults = self.faults
        if not self.disturbs:
            return
        for delivery_id in _untouched(work.connection):
            pause = timedelta(milliseconds=self._rng.uniform(*faults.delay_ms))
            values: dict[str, Any] = {"lane": deliveries.c.lane}
            if faults.reorder_callbacks:
                pause += self._rng.uniform(0, 1) * _REORDER_WITHIN
                values = {"lane": f"loose:{token_hex(8)}"}
            mine = deliveries.c.delivery_id == delivery_id
            work.connection.execute(update(deliveries).where(mine).values(due_at=now + pause, replays=1, **values))

    def _strikes(self, chance: float) -> bool:
        return chance > 0 and self._rng.random() < chance


def _untouched(connection: Connection) -> list[int]:
    fresh = (deliveries.c.attempts == 0, deliveries.c.replays == 0, deliveries.c.lease.is_(None))
    query = select(deliveries.c.delivery_id).where(deliveries.c.due_at.is_not(None), *fresh)
    return list(connection.execute(query.limit(500)).scalars())
