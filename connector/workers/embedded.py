"""Knows when the one process of a SQLite deployment drains, pushes and sweeps; refuses to know how.

Each loop waits to be woken, and looks by itself at least every sweep interval.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from callbacks.drain import drain
from connector.journeys.push_order_changes import batches
from connector.log import get_logger, start_request
from connector.services import Services
from connector.store import leases, outbox, watched
from connector.workers.pushing import push_batch
from connector.workers.sweeps import sweep, sweep_orders

log = get_logger()
_PUSHERS = 4
_GATHER_SECONDS = 1.0
_COMPARE_EVERY = timedelta(minutes=1)


class EmbeddedWorkers:
    """The background threads of one process: a drain, a pusher, a sweeper."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = threading.Event()
        self._sweep_now = threading.Event()
        self._compare_at = services.now()
        self._draining = False
        self._pushers = ThreadPoolExecutor(max_workers=_PUSHERS, thread_name_prefix="push")
        self._threads = [
            threading.Thread(target=self._loop, args=(name, step, wake), name=name, daemon=True)
            for name, step, wake in (
                ("drain", self._drain, services.work.inbox),
                ("push", self._push, services.work.outbox),
                ("sweep", self._sweep, self._sweep_now),
            )
        ]

    def start(self) -> None:
        """Clear what the last process left leased, then begin."""
        now = self._services.now()
        with self._services.store.database.write() as connection:
            leases.clear(connection, now=now)
            watched.end_sending_leases(connection, now=now)
        for thread in self._threads:
            thread.start()

    def begin_to_stop(self) -> None:
        """Let each loop end its present step and begin no other."""
        self._stopping.set()
        self._sweep_now.set()
        self._services.work.inbox_changed()
        self._services.work.outbox_changed()

    def stop(self, *, within: float) -> bool:
        """Wait at most ``within`` seconds for the present steps, give back what they hold; return whether all ended."""
        self.begin_to_stop()
        ends_at = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        self._pushers.shutdown(wait=False, cancel_futures=True)
        now = self._services.now()
        with self._services.store.database.write() as connection:
            leases.clear(connection, now=now)
        return not any(thread.is_alive() for thread in self._threads)

    def _loop(self, name: str, step: Callable[[], bool], wake: threading.Event) -> None:
        """Run steps for ever. A step runs in a future: whatever it raises is logged, and the loop lives on."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as runner:
            while not self._stopping.is_set():
                wake.clear()
                start_request()
                done = runner.submit(step)
                fault = done.exception()
                if fault is not None:
                    log.error(
                        "step_failed", where=name, error=type(fault).__name__, reason=str(getattr(fault, "code", ""))
                    )
                if fault is not None or not done.result():
                    self._pause(wake)

    def _pause(self, wake: threading.Event) -> None:
        """Wait for a call, or until the sweep is due."""
        if self._stopping.is_set() or wake.wait(min(self._services.settings.sweep_interval, 1.0)):
            return

    def _drain(self) -> bool:
        self._draining = True
        self._draining = drain(self._services) > 0
        return self._draining

    def _push(self) -> bool:
        """Push whatever is due, several calls at once."""
        self._let_the_drain_catch_up()
        services = self._services
        with services.store.database.read() as connection:
            due = outbox.due_partitions(connection, now=services.now())
        return any(list(self._pushers.map(lambda batch: push_batch(services, batch), batches(due))))

    def _let_the_drain_catch_up(self) -> None:
        """In a storm of callbacks, a moment's wait makes a few full calls of many small ones; it is a second at most."""
        ends_at = time.monotonic() + _GATHER_SECONDS
        while self._draining and time.monotonic() < ends_at and not self._stopping.is_set():
            self._stopping.wait(0.02)

    def _sweep(self) -> bool:
        sweep(self._services)
        if self._services.now() >= self._compare_at:
            self._compare_at = self._services.now() + _COMPARE_EVERY
            sweep_orders(self._services)
        return False
