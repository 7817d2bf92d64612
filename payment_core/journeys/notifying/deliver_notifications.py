"""Deliver callback notifications: in order within a lane, again until 200, for three days."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from secrets import token_hex

from foundation.backoff import jittered
from foundation.log import get_logger
from payment_core.domain.application import Application
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Answer, Delivery

log = get_logger()
AT_ONCE = 32
PARKED_AFTER = timedelta(days=3)
_LEASE = timedelta(seconds=60)
# (attempts so far, pause): a receiver that restarts is back within seconds, one that is away is asked ever more rarely.
_PAUSES = (
    (1, timedelta(seconds=0.3)),
    (2, timedelta(seconds=1)),
    (4, timedelta(seconds=3)),
    (60, timedelta(seconds=6)),
    (120, timedelta(minutes=1)),
)
_LONGEST_PAUSE = timedelta(minutes=10)
_rng = random.Random()  # noqa: S311 jitter needs no secrecy


def deliver_notifications(core: Core, *, owner: str, threads: ThreadPoolExecutor) -> int:
    """Claim what is due, at most one of each lane, and make one attempt of each; return how many."""
    now, lease = core.now(), f"{owner}.{token_hex(8)}"
    with core.transactions.write() as work:
        due = deliveries.claim_due(work, now=now, until=now + _LEASE, lease=lease, most=AT_ONCE)
        known = {one.delivery_id: applications.find(work, one.merchant_id, one.application_id) for one in due}
    list(threads.map(lambda one: _attempt(core, known[one.delivery_id], one, lease=lease), due))
    return len(due)


def _attempt(core: Core, application: Application | None, delivery: Delivery, *, lease: str) -> None:
    if application is None or not application.is_enabled or not application.url_for(delivery.kind):
        answer, state, due_at = Answer(None, None, "no_receiver", 0), "abandoned", None
    else:
        answer = core.courier.post(application, delivery, at=core.now())
        state, due_at = _after(delivery, answer, now=core.now())
    with core.transactions.write() as work:
        deliveries.conclude(work, delivery, answer, lease=lease, state=state, due_at=due_at, now=core.now())
    if state == "parked":
        log.error("delivery_parked", kind=delivery.kind.value, attempts=delivery.attempts + 1)


def _after(delivery: Delivery, answer: Answer, *, now: datetime) -> tuple[str, datetime | None]:
    # Documented: 200 means received and processed, anything else is sent again.
    if answer.status == 200:
        return "delivered", None
    if now - delivery.queued_at > PARKED_AFTER:
        return "parked", None
    return "pending", now + jittered(_pause(delivery.attempts + 1), _rng)


def _pause(attempts: int) -> timedelta:
    return next((pause for most, pause in _PAUSES if attempts <= most), _LONGEST_PAUSE)
