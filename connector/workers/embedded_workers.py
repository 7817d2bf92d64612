"""Run drains, pushes and sweeps in threads of the one process of a SQLite deployment.

Each loop waits to be woken, and polls at least once per sweep interval.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import timedelta

from callbacks.drain import BATCH, drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.journeys.syncing.push_order_changes import batches, fill_a_call
from connector.services import Services
from connector.store.health import gauges
from connector.store.leasing import row_leases
from connector.store.outbox import outbox_claim
from connector.store.outbox.outbox_claim import DuePartition
from connector.store.requests import operations, polling
from connector.workers.news_delivery import NewsDelivery
from connector.workers.nightly import examine_all, next_night, run_checks_by_day
from connector.workers.pushing import TotalsReader, push_batch
from connector.workers.sweeps import sweep, sweep_orders
from connector.workers.visible_orders import TICK_SECONDS, VisibleOrdersWatch
from foundation.database.outage import reason_of
from foundation.log import get_logger, start_request

log = get_logger()
# At most four calls of one tenant are under way, so a few orgs that hang leave threads for the others.
_PUSHERS = 32
_COLLECT_SECONDS = 0.25
# In a storm a call costs the same with one order as with hundreds: it waits for more, but never longer than this.
_GATHER_SECONDS = 2.0
_POLL_SECONDS = 0.05
# The first health check imports what all of them need, which must not slow the start of a server.
_FIRST_CHECK_AFTER = timedelta(seconds=10)


def release_leases_of_dead(services: Services) -> None:
    """Release what the process before this one has claimed and begun, to be due at once."""
    # There is only this one process, so every lease that exists belongs to one that has ended.
    now = services.now()
    with services.store.write() as work:
        row_leases.release_all(work, now=now)
        polling.end_sending_leases(work, now=now)
        operations.end_waiting(work, now=now)


class EmbeddedWorkers:
    """The background threads of one process: drain, push, sweep, and four for work that may wait long for a peer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._core_calls = PerTenantExecutor()
        self._stopping = threading.Event()
        self._sweep_now = threading.Event()
        self._compare_now = threading.Event()
        self._examine_at = next_night(services.settings, now=services.now())
        self._examine_now = threading.Event()
        self._check_from = services.now() + _FIRST_CHECK_AFTER
        self._health_now = threading.Event()
        self._news_now = threading.Event()
        self._news = NewsDelivery(wake=self._news_now.set)
        self._watch_now = threading.Event()
        self._watch = VisibleOrdersWatch()
        self._full_batch = False
        self._pushers = ThreadPoolExecutor(max_workers=_PUSHERS, thread_name_prefix="push")
        self._calls: dict[Future[int], str] = {}  # the pushes under way, with their tenants
        self._totals = TotalsReader()
        # The same for reads of totals: at most one per tenant, beside its pushes.
        self._reads: dict[Future[int], str] = {}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, step, wake), name=name, daemon=True)
            for name, step, wake in (
                ("drain", self._drain, services.work.inbox),
                ("push", self.push_once, services.work.outbox),
                ("sweep", self._sweep, self._sweep_now),
                ("news", self._deliver_news, self._news_now),
                ("compare", self._compare, self._compare_now),
                ("watch", self._watch_visible_orders, self._watch_now),
                ("examine", self.examine_once, self._examine_now),
                ("health", self._run_checks_by_day, self._health_now),
            )
        ]

    def start(self) -> None:
        """Release the leases of the previous process, then start the threads."""
        release_leases_of_dead(self._services)
        for thread in self._threads:
            thread.start()

    def begin_to_stop(self) -> None:
        """Let each loop finish its current step and start no other."""
        self._stopping.set()
        wakes = (
            self._sweep_now,
            self._compare_now,
            self._examine_now,
            self._health_now,
            self._news_now,
            self._watch_now,
            self._services.work.inbox,
            self._services.work.outbox,
        )
        for wake in wakes:
            wake.set()

    def stop(self, *, within: float) -> bool:
        """Wait at most ``within`` seconds for steps and calls, then release leases; return whether all have ended."""
        self.begin_to_stop()
        ends_at = time.monotonic() + within
        for thread in filter(threading.Thread.is_alive, self._threads):  # those that were started
            thread.join(max(0.0, ends_at - time.monotonic()))
        _, under_way = wait({*self._calls, *self._reads}, timeout=max(0.0, ends_at - time.monotonic()))
        self._pushers.shutdown(wait=False, cancel_futures=True)
        asked = self._core_calls.stop(within=max(0.0, ends_at - time.monotonic()))
        delivered = self._news.stop(within=max(0.0, ends_at - time.monotonic()))
        watched = self._watch.stop(within=max(0.0, ends_at - time.monotonic()))
        now = self._services.now()
        with self._services.store.write() as work:
            row_leases.release_all(work, now=now)
        return (
            asked and delivered and watched and not under_way and not any(thread.is_alive() for thread in self._threads)
        )

    def _loop(self, name: str, step: Callable[[], bool], wake: threading.Event) -> None:
        """Run steps until the process stops."""
        # In a future, so that whatever a step raises is logged here and never ends the loop.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as runner:
            while not self._stopping.is_set():
                wake.clear()
                start_request()
                done = runner.submit(copy_context().run, step)
                error = done.exception()
                if error is not None:
                    log.error("step_failed", where=name, error=type(error).__name__, reason=reason_of(error))
                if error is not None or not done.result():
                    self._pause(wake)

    def _pause(self, wake: threading.Event) -> None:
        """Wait until the loop is woken, or the sweep interval is over."""
        if not self._stopping.is_set():
            wake.wait(min(self._services.settings.sweep_interval, 1.0))

    def _drain(self) -> bool:
        claimed = drain(self._services, self._core_calls)
        self._full_batch = claimed >= BATCH
        return claimed > 0

    def push_once(self) -> bool:
        """Start pushes of what is due, several at once; return whether any that ended has pushed something."""
        # A tenant with a push under way gets no other, so that an org that hangs holds up nobody else.
        busy = set(self._calls.values())
        for batch in batches(self._gathered()):
            if batch[0] not in busy:
                self._calls[self._pushers.submit(copy_context().run, push_batch, self._services, batch)] = batch[0]
        return self._collect()

    def _collect(self) -> bool:
        """Wait a moment for calls to end; return whether any has done something."""
        done, _ = wait({*self._calls, *self._reads}, timeout=_COLLECT_SECONDS, return_when=FIRST_COMPLETED)
        for ended in done:
            self._calls.pop(ended, None)
            self._reads.pop(ended, None)
        # Zero where an org's API allowance holds its orders back: they stay due, and the loop must pause.
        return sum(ended.result() for ended in done) > 0

    def _gathered(self) -> list[DuePartition]:
        """Return what is due, in a burst of callbacks only once it fills a call or a moment has passed.

        Totals that must be read before a push are read meanwhile, in parallel with the pushes of others.
        """
        ends_at = time.monotonic() + _GATHER_SECONDS
        while True:
            due = self._due()
            storm = self._in_a_storm()
            # Waiting saves API calls: one full Composite call takes the place of many small ones.
            calm = not storm or time.monotonic() >= ends_at or self._stopping.is_set()
            if (calm or fill_a_call(due, unread=True)) and not self._stopping.is_set():
                self._read_totals(due, in_a_storm=storm)
            if calm or fill_a_call(due):
                return due
            self._stopping.wait(_POLL_SECONDS)

    def _read_totals(self, due: list[DuePartition], *, in_a_storm: bool = False) -> None:
        for tenant_id in {one.tenant_id for one in due if one.unread} - set(self._reads.values()):
            reading = self._pushers.submit(
                copy_context().run, self._totals.read, self._services, tenant_id, in_a_storm=in_a_storm
            )
            self._reads[reading] = tenant_id

    def _in_a_storm(self) -> bool:
        """Return whether more entries wait than the drain takes at once, or it has just taken a full batch."""
        if self._full_batch:
            return True
        with self._services.store.read() as work:
            return gauges.due_entries(work, now=self._services.now(), most=BATCH) >= BATCH

    def _due(self) -> list[DuePartition]:
        with self._services.store.read() as work:
            return outbox_claim.due_partitions(work, now=self._services.now())

    def _deliver_news(self) -> bool:
        # In its own thread: no record waits for a bell or an event.
        return self._news.deliver(self._services) > 0

    def _sweep(self) -> bool:
        sweep(self._services)
        return False

    def _compare(self) -> bool:
        # In its own thread: the sweep must not wait for an org that hangs.
        sweep_orders(self._services)
        return False

    def _watch_visible_orders(self) -> bool:
        # No visible page: not even the database is asked.
        if self._services.store.visible_pages.is_any_visible(now=self._services.now()):
            self._watch.begin(self._services)
        return not self._stopping.wait(TICK_SECONDS)

    def _run_checks_by_day(self) -> bool:
        """Run the health checks that are due; in its own thread, because a peer may hang."""
        if self._services.now() >= self._check_from:
            run_checks_by_day(self._services, going=lambda: not self._stopping.is_set())
        return False

    def examine_once(self) -> bool:
        """Run the nightly examination if it is due; in its own thread, because it may take minutes."""
        now = self._services.now()
        if now >= self._examine_at:
            self._examine_at = next_night(self._services.settings, now=now)
            examine_all(self._services, going=lambda: not self._stopping.is_set())
        return False
