"""Run drains, pushes and sweeps as jobs of a PostgreSQL fleet.

procrastinate wakes workers, schedules, and detects dead ones. Who works on what is decided by lease rows in the database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import Any

import procrastinate
from procrastinate.jobs import Status

from callbacks.drain import drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.errors import ServiceError
from connector.journeys.syncing.push_order_changes import batches
from connector.services import Services
from connector.store.inbox import inbox
from connector.store.leasing import row_leases, turns
from connector.store.outbox import outbox_claim
from connector.workers.news_delivery import NewsDelivery
from connector.workers.nightly import examine_all, moment_of_night, run_checks_by_day
from connector.workers.pushing import TotalsReader, push_batch
from connector.workers.sweeps import sweep, sweep_orders
from connector.workers.visible_orders import TICK_SECONDS, VisibleOrdersWatch
from foundation.database.lease import Lease
from foundation.database.outage import DATABASE_FAULT, reason_of
from foundation.database.postgres.jobs import DRAIN, LINGER_SECONDS, PUSH, living, owner_of, worker_connector
from foundation.database.postgres.stuck_sessions import StuckSessions
from foundation.log import get_logger, start_request
from foundation.serving.memory import trim_memory

log = get_logger()
STOP_WITHIN_SECONDS = 8.0
# Five beats may be missed before a worker counts as dead and its leases are released.
_HEARTBEAT_SECONDS = 2
STALLED_AFTER_SECONDS = 10
_CALLS_AT_ONCE = 4  # to one org
# Over a weekend, for whoever looks for a cause.
_KEEP_FAILED_HOURS = 72
# After this time a sweep counts as stuck, even if its worker is alive, and another worker may begin one.
_LONGEST_TURN = {
    "sweep": timedelta(minutes=1),
    "compare": timedelta(minutes=5),
    "news": timedelta(minutes=5),
    "health": timedelta(minutes=5),
    "examine": timedelta(hours=2),
}
_HEALTH_SECONDS = 5
_NEWS_SECONDS = 3
_AFTER_A_FAILURE_SECONDS = 5.0


class FleetWorker:
    """One worker process, which takes jobs until it is stopped and reconnects after a database restart."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._core_calls = PerTenantExecutor()  # shared by all drains of this process
        self.stopping = threading.Event()
        self._owners: set[str] = set()
        self._totals = TotalsReader()
        self._news = NewsDelivery()
        self._watch = VisibleOrdersWatch()
        self._app = self._build()

    async def run(self) -> None:
        """Work until SIGTERM or Ctrl-C, then end within eight seconds."""
        loop, stop_requested = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(self._services.settings.worker_jobs + 2, "job"))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop_requested.set)
        log.info("working", pid=os.getpid(), threads=self._services.settings.worker_jobs)
        stop_task = asyncio.create_task(stop_requested.wait())
        # No jobs, for those may all be held up. Every worker looks, and the row of a tenant decides which one asks its org.
        stuck = StuckSessions(self._services.settings.database_url)
        threading.Thread(target=self.watch_visible_orders, name="watch", daemon=True).start()
        threading.Thread(target=stuck.watch, args=(self.stopping,), name="stuck", daemon=True).start()
        while not stop_requested.is_set():
            running = asyncio.create_task(self._work())
            await asyncio.wait({running, stop_task}, return_when=asyncio.FIRST_COMPLETED)
            if stop_requested.is_set():
                self.stopping.set()
                running.cancel()
                await asyncio.wait({running}, timeout=STOP_WITHIN_SECONDS)
            else:
                # procrastinate's worker also ends without an exception, when one of its own tasks has failed.
                log.warning("worker_interrupted", error=type(running.exception()).__name__)
                await asyncio.wait({stop_task}, timeout=1)

    def schedule(self) -> dict[str, str | None]:
        """Return the cron expressions of our tasks by name; None for a task that is queued when there is work."""
        periodic = {name: task.cron for (name, _), task in self._app.periodic_registry.periodic_tasks.items()}
        return {name: periodic.get(name) for name in self._app.tasks if "builtin" not in name}

    def give_back(self) -> None:
        """Release everything that this process has claimed and not finished, so that it is due at once."""
        now = self._services.now()
        for owner in self._owners:
            with self._services.store.write() as work:
                row_leases.release_owner(work, owner, now=now)

    def watch_visible_orders(self) -> None:
        """Ask the orgs of visible orders until ``stopping`` is set."""
        pause = TICK_SECONDS
        while not self.stopping.wait(pause):
            done = self._run_step("watch", lambda: self._watch.begin(self._services))
            pause = TICK_SECONDS if done else _AFTER_A_FAILURE_SECONDS

    async def _work(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                concurrency=self._services.settings.worker_jobs,
                install_signal_handlers=False,
                fetch_job_polling_interval=0.5,
                abort_job_polling_interval=60,
                update_heartbeat_interval=_HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_AFTER_SECONDS,
                shutdown_graceful_timeout=STOP_WITHIN_SECONDS,
                delete_jobs="successful",
            )

    def _build(self) -> procrastinate.App:
        """Build the app with its tasks and their schedule."""
        # No task has procrastinate's lock or retry strategy: a job that waits for the lock of a dead worker could wait for ever.
        app = procrastinate.App(connector=worker_connector(self._services.settings.database_url, connections=4))
        app.task(name=DRAIN, pass_context=True)(self._drain)
        app.task(name=PUSH, pass_context=True)(self._push)
        every = max(1, int(self._services.settings.sweep_interval))
        hour, minute = moment_of_night(self._services.settings)
        for name, task, cron in (
            ("look", self._poll, f"* * * * * */{every}"),
            ("sweep", self._sweep, f"* * * * * */{every}"),
            ("news", self._deliver_news, f"* * * * * */{min(every, _NEWS_SECONDS)}"),
            ("compare", self._compare, f"* * * * * */{every}"),
            ("tidy", self._tidy, "* * * * *"),
            ("health", self._run_checks_by_day, f"* * * * * */{max(every, _HEALTH_SECONDS)}"),
            ("examine", self._examine, f"{minute} {hour} * * *"),
        ):
            # The queueing lock keeps a busy fleet from piling up jobs of the same sweep.
            made: Any = app.task(name=name, queueing_lock=name, pass_context=True)(task)
            app.periodic(cron=cron)(made)
        return app

    def _mine(self, context: procrastinate.JobContext) -> Services:
        owner = owner_of(context.job.worker_id)
        self._owners.add(owner)
        start_request()
        return replace(self._services, owner=owner)

    def _drain(self, context: procrastinate.JobContext) -> None:
        """Drain until nothing is due."""
        services = self._mine(context)
        self._run_step(DRAIN, lambda: self._drain_all(services))

    def _drain_all(self, services: Services) -> None:
        found = True
        while found:
            while not self.stopping.is_set() and drain(services, self._core_calls):
                pass
            # Once more a moment later: while this job runs, new entries queue no other job.
            self.stopping.wait(LINGER_SECONDS)
            found = not self.stopping.is_set() and drain(services, self._core_calls) > 0

    def _push(self, context: procrastinate.JobContext, tenant_id: str) -> None:
        """Push until a tenant has nothing due; for what becomes due in a moment a later job is queued."""
        services = self._mine(context)
        self._run_step(PUSH, lambda: self._push_all(services, tenant_id))

    def _push_all(self, services: Services, tenant_id: str) -> None:
        pushed, total = 1, 0
        while pushed and not self.stopping.is_set():
            self._totals.read(services, tenant_id)
            with services.store.read() as work:
                every = outbox_claim.due_partitions(work, now=services.now())
            planned = batches([one for one in every if one.tenant_id == tenant_id])
            with ThreadPoolExecutor(_CALLS_AT_ONCE, "push") as pool:
                begun = [pool.submit(copy_context().run, push_batch, services, batch) for batch in planned]
            pushed = sum(one.result() for one in begun)
            total += pushed
        if total:  # otherwise the org's API allowance holds everything back, and waking would only spin
            services.work.outbox_changed()

    async def _poll(self, context: procrastinate.JobContext, timestamp: int) -> None:
        """Find rows that became due, and jobs and leases of dead workers."""
        del timestamp
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
            # Ended and not retried: a retry fails where the same job is queued again, and its rows are found below.
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
            log.warning("stalled_job_ended", where=job.task_name)
        await asyncio.to_thread(self.look_once)

    def look_once(self) -> None:
        """Release the leases of dead workers, and wake workers for due rows; errors are logged, not raised."""
        self._run_step("look", self._wake)

    def _wake(self) -> None:
        services = self._services
        with services.store.write() as work:
            now = services.now()
            alive = living(work.connection, within_seconds=STALLED_AFTER_SECONDS)
            lost = row_leases.release_dead(work, alive, now=now)
            first = inbox.next_due(work)
        if lost:
            log.warning("leases_taken_back", count=lost)
        if first is not None and first <= now:
            services.work.inbox_changed()
        services.work.outbox_changed()

    async def _sweep(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await self._alone("sweep", self._mine(context), sweep)

    async def _deliver_news(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await self._alone("news", self._mine(context), self._deliver_all)

    def _deliver_all(self, services: Services) -> None:
        while self._news.deliver(services) and not self.stopping.is_set():
            pass

    async def _compare(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await self._alone("compare", self._mine(context), sweep_orders)

    async def _tidy(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await context.app.job_manager.delete_old_jobs(_KEEP_FAILED_HOURS, include_failed=True, include_aborted=True)

    async def _run_checks_by_day(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await self._alone("health", self._mine(context), self._look_after_all)

    def _look_after_all(self, services: Services) -> None:
        run_checks_by_day(services, going=lambda: not self.stopping.is_set())

    async def _examine(self, context: procrastinate.JobContext, timestamp: int) -> None:
        del timestamp
        await self._alone("examine", self._mine(context), self._examine_all)

    def _examine_all(self, services: Services) -> None:
        examine_all(services, going=lambda: not self.stopping.is_set())

    async def _alone(self, name: str, services: Services, step: Callable[[Services], None]) -> None:
        """Run a sweep, unless an earlier one still runs somewhere in the fleet (which would be harmless)."""
        # For a job in a thread procrastinate would wait, after one missed heartbeat and with all else, as long as it takes.
        await asyncio.to_thread(self._run_step, name, lambda: self._in_turn(name, services, step))

    def _in_turn(self, name: str, services: Services, step: Callable[[Services], None]) -> None:
        now = services.now()
        lease = Lease.of(services.owner, now + _LONGEST_TURN[name])
        with services.store.write() as work:
            alive = living(work.connection, within_seconds=STALLED_AFTER_SECONDS)
            if not turns.acquire(work, name, lease=lease.lease_id, until=lease.until, living=alive, now=now):
                return
        try:
            step(services)
        finally:
            with services.store.write() as work:
                turns.release(work, lease.lease_id)
        services.work.outbox_changed()

    def _run_step(self, name: str, step: Callable[[], object]) -> bool:
        """Run a step and log its error instead of raising it; return whether there was none."""
        # A failed step has left its rows to their back-off or their lease: the job itself has nothing to retry.
        try:
            step()
        except (DATABASE_FAULT, ServiceError) as error:
            reason = error.code.value if isinstance(error, ServiceError) else reason_of(error)
            log.error("step_failed", where=name, error=type(error).__name__, reason=reason)
            return False
        return True


def work(services: Services) -> None:
    """Run one worker process until SIGTERM or Ctrl-C."""
    trim_memory()
    asyncio.run(_work_and_leave(services))


async def _work_and_leave(services: Services) -> None:
    worker = FleetWorker(services)
    await worker.run()
    begun = time.monotonic()
    worker._run_step("give_back", worker.give_back)
    log.info("stopped", pid=os.getpid(), ms=round((time.monotonic() - begun) * 1000))
    # A call under way may take longer than we have. Its lease is released, so its outcome would be ignored: do not wait.
    os._exit(0)
