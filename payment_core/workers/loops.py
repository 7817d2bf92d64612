"""The background threads of one process: each runs one step again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from foundation.database.outage import reason_of
from foundation.database.postgres.stuck_sessions import StuckSessions
from foundation.log import get_logger, start_request
from payment_core import metrics
from payment_core.services import Core
from payment_core.store import leases
from payment_core.workers.steps import Step

log = get_logger()
# Of work that another process announced: its events do not reach this one.
_FLEET_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 1.0
_SIGN_EVERY_SECONDS = 5.0


class Loops:
    """Runs steps until it is stopped; ``threads`` for each step that is not alone.

    ``pause_seconds`` is the wait of a step that found nothing; by default short, because no other process wakes it.
    """

    def __init__(
        self, core: Core, steps: Sequence[Step], *, threads: int = 1, pause_seconds: float | None = None
    ) -> None:
        self._core = core
        self._steps = tuple(steps)
        self._stopping = threading.Event()
        fleet = core.settings.is_fleet
        shortest = _FLEET_PAUSE_SECONDS if fleet else _LONGEST_PAUSE_SECONDS
        self._pause_seconds = pause_seconds or min(core.settings.sweep_interval, shortest)
        self._threads = [
            threading.Thread(target=self._loop, args=(step,), name=f"{step.name}-{number}", daemon=True)
            for step in self._steps
            for number in range(1 if step.alone else threads)
        ]
        if fleet:
            stuck = StuckSessions(core.settings.database_url)
            self._threads += [
                threading.Thread(target=self._show_life, name="alive", daemon=True),
                threading.Thread(target=stuck.watch, args=(self._stopping,), name="stuck", daemon=True),
            ]

    def start(self) -> None:
        """Release the leases of a previous process of this name, then start the threads."""
        self._release()
        for thread in self._threads:
            thread.start()

    def begin_to_stop(self) -> None:
        """Let each loop finish its current step and start no other."""
        self._stopping.set()
        for step in self._steps:
            step.wake.set()

    def stop(self, *, within: float) -> bool:
        """Wait at most ``within`` seconds for steps, then release leases; return whether all have ended."""
        self.begin_to_stop()
        ends_at = time.monotonic() + within
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(max(0.0, ends_at - time.monotonic()))
        finished = [step.finish(max(0.0, ends_at - time.monotonic())) for step in self._steps]
        self._release()
        return all(finished) and not any(thread.is_alive() for thread in self._threads)

    def _release(self) -> None:
        with self._core.transactions.write() as work:
            if self._core.settings.is_fleet:
                leases.release_owner(work, self._core.owner)
            else:
                # There is only this one process, so every lease that exists belongs to it, or to one that has ended.
                leases.release_all(work)

    def _loop(self, step: Step) -> None:
        # In a future, so that whatever a step raises is logged here and never ends the loop. Its thread has no context of
        # its own, which holds the id of the log lines.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=step.name) as runner:
            while not self._stopping.is_set():
                step.wake.clear()
                start_request()
                done = runner.submit(copy_context().run, step.run, self._core)
                error = done.exception()
                if error is not None:
                    metrics.registry.count(metrics.STEPS_FAILED, step.name)
                    log.error("step_failed", where=step.name, error=type(error).__name__, reason=reason_of(error))
                # What was done may have made more; what failed would fail again at once.
                if error is not None or not done.result():
                    self._pause(step)

    def _pause(self, step: Step) -> None:
        if not self._stopping.is_set():
            step.wake.wait(self._pause_seconds)

    def _show_life(self) -> None:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="alive") as runner:
            while not self._stopping.is_set():
                error = runner.submit(self._sign).exception()
                if error is not None:
                    log.warning("step_failed", where="alive", error=type(error).__name__)
                self._stopping.wait(_SIGN_EVERY_SECONDS)

    def _sign(self) -> None:
        with self._core.transactions.write() as work:
            leases.sign_of_life(work, self._core.owner, now=self._core.now())
