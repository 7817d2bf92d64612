"""Drain, push and sweep in threads of the one process of a SQLite deployment.

Each loop waits to be woken, and looks by itself at least every sweep interval.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from callbacks.drain import BATCH, drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.journeys.syncing.push_order_changes import batches, fill_a_call
from connector.services import Services
from connector.store.health import gauges
from connector.store.leasing import leases
from connector.store.outbox import outbox_claim
from connector.store.outbox.outbox_claim import DuePartition
from connector.store.requests import polling
from connector.workers.nightly import check_health, examine_all, next_night
from connector.workers.pushing import TotalsReader, push_batch
from connector.workers.sweeps import sweep, sweep_orders
from foundation.database.outage import reason_of
from foundation.log import get_logger, start_request

log = get_logger()
# Four calls of one tenant are under way at most; the others' orgs must not wait for one that hangs.
_PUSHERS = 32
_LAND_SECONDS = 0.25
_GATHER_SECONDS = 2.0
_LOOK_SECONDS = 0.05
# What looks need is loaded with the first of them: not while a server starts.
_FIRST_LOOK_AFTER = timedelta(seconds=10)


class EmbeddedWorkers:
    """The background threads of one process: a drain, a pusher, a sweeper, and three for what may wait long for a peer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asking = PerTenantExecutor()
        self._stopping = threading.Event()
        self._sweep_now = threading.Event()
        self._compare_now = threading.Event()
        self._examine_at = next_night(services.settings, now=services.now())
        self._examine_now = threading.Event()
        self._look_from = services.now() + _FIRST_LOOK_AFTER
        self._health_now = threading.Event()
        self._full_batch = False
        self._pushers = ThreadPoolExecutor(max_workers=_PUSHERS, thread_name_prefix="push")
        self._flying: dict[Future[int], str] = {}  # a call that is under way, and its tenant
        self._totals = TotalsReader()
        self._reading: dict[
            Future[int], str
        ] = {}  # the same for a reading of totals: one of a tenant, beside its calls
        self._threads = [
            threading.Thread(target=self._loop, args=(name, step, wake), name=name, daemon=True)
            for name, step, wake in (
                ("drain", self._drain, services.work.inbox),
                ("push", self.push_once, services.work.outbox),
                ("sweep", self._sweep, self._sweep_now),
                ("compare", self._compare, self._compare_now),
                ("examine", self.examine_once, self._examine_now),
                ("health", self._check_health, self._health_now),
            )
        ]

    def start(self) -> None:
        """Clear what the last process left leased, then begin."""
        now = self._services.now()
        with self._services.store.write() as work:
            leases.release_all(work, now=now)
            polling.end_sending_leases(work, now=now)
        for thread in self._threads:
            thread.start()

    def begin_to_stop(self) -> None:
        """Let each loop end its present step and begin no other."""
        self._stopping.set()
        wakes = (
            self._sweep_now,
            self._compare_now,
            self._examine_now,
            self._health_now,
            self._services.work.inbox,
            self._services.work.outbox,
        )
        for wake in wakes:
            wake.set()

    def stop(self, *, within: float) -> bool:
        """Wait at most ``within`` seconds for steps and calls, give back what they hold; return whether all ended."""
        self.begin_to_stop()
        ends_at = time.monotonic() + within
        for thread in filter(threading.Thread.is_alive, self._threads):  # those that were started
            thread.join(max(0.0, ends_at - time.monotonic()))
        _, under_way = wait({*self._flying, *self._reading}, timeout=max(0.0, ends_at - time.monotonic()))
        self._pushers.shutdown(wait=False, cancel_futures=True)
        asked = self._asking.stop(within=max(0.0, ends_at - time.monotonic()))
        now = self._services.now()
        with self._services.store.write() as work:
            leases.release_all(work, now=now)
        return asked and not under_way and not any(thread.is_alive() for thread in self._threads)

    def _loop(self, name: str, step: Callable[[], bool], wake: threading.Event) -> None:
        """Run steps for ever. A step runs in a future: whatever it raises is logged, and the loop lives on."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as runner:
            while not self._stopping.is_set():
                wake.clear()
                start_request()
                done = runner.submit(step)
                error = done.exception()
                if error is not None:
                    log.error("step_failed", where=name, error=type(error).__name__, reason=reason_of(error))
                if error is not None or not done.result():
                    self._pause(wake)

    def _pause(self, wake: threading.Event) -> None:
        """Wait for a call, or until the sweep is due."""
        if self._stopping.is_set() or wake.wait(min(self._services.settings.sweep_interval, 1.0)):
            return

    def _drain(self) -> bool:
        claimed = drain(self._services, self._asking)
        self._full_batch = claimed >= BATCH
        return claimed > 0

    def push_once(self) -> bool:
        """Push whatever is due, several calls at once. A tenant whose org hangs is left to itself, and nobody waits for it."""
        away = set(self._flying.values())
        for batch in batches(self._gathered()):
            if batch[0] not in away:
                self._flying[self._pushers.submit(push_batch, self._services, batch)] = batch[0]
        return self._land()

    def _land(self) -> bool:
        """Wait a moment for calls to come back; say whether any has done something: what an allowance holds back stays due."""
        done, _ = wait({*self._flying, *self._reading}, timeout=_LAND_SECONDS, return_when=FIRST_COMPLETED)
        for ended in done:
            self._flying.pop(ended, None)
            self._reading.pop(ended, None)
        return sum(ended.result() for ended in done) > 0

    def _gathered(self) -> list[DuePartition]:
        """Return what is due. In a storm of callbacks a moment's wait makes one full call of many small ones.

        What must be read first is read meanwhile, and its writes go out while the next ones' totals are read.
        """
        ends_at = time.monotonic() + _GATHER_SECONDS
        while True:
            due = self._due()
            storm = self._in_a_storm()
            calm = not storm or time.monotonic() >= ends_at or self._stopping.is_set()
            if (calm or fill_a_call(due, unread=True)) and not self._stopping.is_set():
                self._read_totals(due, in_a_storm=storm)
            if calm or fill_a_call(due):
                return due
            self._stopping.wait(_LOOK_SECONDS)

    def _read_totals(self, due: list[DuePartition], *, in_a_storm: bool = False) -> None:
        for tenant_id in {one.tenant_id for one in due if one.unread} - set(self._reading.values()):
            reading = self._pushers.submit(self._totals.read, self._services, tenant_id, in_a_storm=in_a_storm)
            self._reading[reading] = tenant_id

    def _in_a_storm(self) -> bool:
        """More waits than the drain takes at once, or it has just taken that many and looks for more."""
        if self._full_batch:
            return True
        with self._services.store.read() as work:
            return gauges.due_entries(work, now=self._services.now(), most=BATCH) >= BATCH

    def _due(self) -> list[DuePartition]:
        with self._services.store.read() as work:
            return outbox_claim.due_partitions(work, now=self._services.now())

    def _sweep(self) -> bool:
        sweep(self._services)
        return False

    def _compare(self) -> bool:
        """An org may hang, and the sweep must not wait for it."""
        sweep_orders(self._services)
        return False

    def _check_health(self) -> bool:
        """Every minute, and at once when something has happened; a peer may hang, so it has a thread of its own."""
        if self._services.now() >= self._look_from:
            check_health(self._services, going=lambda: not self._stopping.is_set())
        return False

    def examine_once(self) -> bool:
        """Once a night; it may take minutes, so it has a thread of its own."""
        now = self._services.now()
        if now >= self._examine_at:
            self._examine_at = next_night(self._services.settings, now=now)
            examine_all(self._services, going=lambda: not self._stopping.is_set())
        return False
