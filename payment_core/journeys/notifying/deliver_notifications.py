"""Deliver callback notifications: in order within a lane, again until 200, for three days."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from foundation.backoff import jittered
from foundation.database.lease import Lease
from foundation.database.outage import reason_of
from foundation.log import get_logger
from payment_core import metrics
from payment_core.domain.application import Application
from payment_core.journeys.notifying.silent_applications import SilentApplications
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Answer, Delivery

log = get_logger()
# Threads that mostly wait for receivers; each costs little, and the store is written to once an attempt.
AT_ONCE = 32
# So many of one application's are under way at once: one that hangs leaves the other threads to the others.
AT_ONCE_PER_APPLICATION = 8
# As long as Stripe, too, goes on trying. A person can send what is parked again.
PARKED_AFTER = timedelta(days=3)
# Longer than any attempt. It is renewed while an attempt is under way, so only a process that died or stopped loses it.
LEASE = timedelta(seconds=60)
_RENEWED_BELOW = LEASE / 2
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


@dataclass
class _UnderWay:
    """An attempt that runs. ``begun`` is monotonic."""

    delivery: Delivery
    lease: str
    until: datetime
    begun: float = field(default_factory=time.monotonic)
    future: Future[None] | None = None


class Deliverer:
    """Makes attempts in threads of its own; what hangs holds up its own application only."""

    def __init__(self, threads: ThreadPoolExecutor, *, owner: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._owner = owner
        self._silent = SilentApplications(clock)
        self._under_way: dict[int, _UnderWay] = {}
        self._lock = threading.Lock()

    def run(self, core: Core) -> int:
        """Renew the leases of what is under way, begin what is due and has a free thread; return how many began."""
        self._renew(core)
        begun = self._claim(core)
        for delivery, application, one in begun:
            one.future = self._threads.submit(copy_context().run, self._attempt, core, application, delivery, one)
            one.future.add_done_callback(partial(self._ended, core, delivery.delivery_id))
        return len(begun)

    def finish(self, within: float) -> bool:
        """Wait for what is under way, at most ``within`` seconds; return whether all of it has ended."""
        with self._lock:
            running = [one.future for one in self._under_way.values() if one.future is not None]
        return not wait(running, timeout=within).not_done

    def _claim(self, core: Core) -> list[tuple[Delivery, Application | None, _UnderWay]]:
        """Lease what may begin now."""
        now = core.now()
        with self._lock:
            # A copy: attempts end in their own threads while this one goes on.
            busy = dict(self._under_way)
        with core.transactions.read() as work:
            due = deliveries.applications_with_due(work, now=now)
        silent = {one for one in due if self._silent.is_silent(one)}
        room = {one: self._silent.room(one, AT_ONCE_PER_APPLICATION) for one in due}
        for one in busy.values():
            room[one.delivery.application_id] = room.get(one.delivery.application_id, 0) - 1
        free = AT_ONCE - len(busy)
        if free <= 0 or not any(room.get(one, 0) > 0 for one in due):
            return []
        _rng.shuffle(due)  # where there is not enough for all, everybody gets a turn
        claimed: list[Delivery] = []
        lease = Lease.of(self._owner, now + LEASE)
        with core.transactions.write() as work:
            for application_id in due:
                most = min(room[application_id], free - len(claimed))
                if most > 0:
                    # One that fails at one kind of news alone, such as that of messages, is asked once a second like one that is
                    # away: what was never tried, such as new money, does not wait until all that failed has had its turn.
                    claim = deliveries.Claim(
                        application_id, now=now, until=lease.until, lease=lease.lease_id, most=most,
                        tried_least_first=application_id in silent,
                    )  # fmt: skip
                    claimed += deliveries.claim_due(work, claim, besides=list(busy))
            known = {one.delivery_id: applications.find(work, one.merchant_id, one.application_id) for one in claimed}
        begun = [(one, known[one.delivery_id], _UnderWay(one, lease.lease_id, lease.until)) for one in claimed]
        with self._lock:
            self._under_way |= {delivery.delivery_id: one for delivery, _, one in begun}
        return begun

    def _renew(self, core: Core) -> None:
        """Keep what is under way, so that no other worker takes a lane over while a slow receiver answers."""
        until = core.now() + LEASE
        with self._lock:
            short = [one for one in self._under_way.values() if one.until < until - _RENEWED_BELOW]
        if not short:
            return
        with core.transactions.write() as work:
            for one in short:
                deliveries.renew(work, one.delivery.delivery_id, lease=one.lease, until=until)
        for one in short:
            one.until = until

    def _attempt(self, core: Core, application: Application | None, delivery: Delivery, one: _UnderWay) -> None:
        # A process that was stopped in between may have lost the lane to another: better late than twice.
        if time.monotonic() - one.begun < _RENEWED_BELOW.total_seconds():
            answer = _deliver(core, application, delivery, lease=one.lease)
            return self._silent.note(delivery.application_id, answer) if answer is not None else None
        with core.transactions.write() as work:
            return deliveries.release(work, [delivery.delivery_id], lease=one.lease)

    def _ended(self, core: Core, delivery_id: int, future: Future[None]) -> None:
        with self._lock:
            self._under_way.pop(delivery_id, None)
        if error := future.exception():
            metrics.registry.count(metrics.STEPS_FAILED, "delivery")
            log.error("step_failed", where="delivery", error=type(error).__name__, reason=reason_of(error))
        core.wake.deliveries.set()


def deliver_notifications(core: Core, *, owner: str, threads: ThreadPoolExecutor) -> int:
    """Make one attempt of what is due, at most one of each lane, and wait for them; return how many."""
    deliverer = Deliverer(threads, owner=owner)
    begun = deliverer.run(core)
    deliverer.finish(LEASE.total_seconds())
    return begun


def _deliver(core: Core, application: Application | None, delivery: Delivery, *, lease: str) -> Answer | None:
    """Make one attempt and write it; return its answer, None where nobody was asked."""
    is_asked = application is not None and application.is_enabled and bool(application.url_for(delivery.kind))
    # Abandoned and not kept waiting: enabled again, an application must not get the news of weeks at once.
    if application is None or not is_asked:
        answer, state, due_at = Answer(None, None, "no_receiver", 0), "abandoned", None
    else:
        answer = core.courier.post(application, delivery, at=core.now())
        state, due_at = _after(delivery, answer, now=core.now())
    with core.transactions.write() as work:
        deliveries.conclude(work, delivery, answer, lease=lease, state=state, due_at=due_at, now=core.now())
    metrics.registry.count(metrics.DELIVERIES, delivery.kind.value, state)
    if state == "parked":
        log.error("delivery_parked", merchant=delivery.merchant_id, kind=delivery.kind.value)
    return answer if is_asked else None


def _after(delivery: Delivery, answer: Answer, *, now: datetime) -> tuple[str, datetime | None]:
    # Documented: 200 means received and processed, anything else is sent again.
    if answer.status == 200:
        return "delivered", None
    if now - delivery.queued_at > PARKED_AFTER:
        return "parked", None
    return "pending", now + jittered(_pause(delivery.attempts + 1), _rng)


def _pause(attempts: int) -> timedelta:
    return next((pause for most, pause in _PAUSES if attempts <= most), _LONGEST_PAUSE)
