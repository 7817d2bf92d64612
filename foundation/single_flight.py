"""Let one of several threads do the same work, while the others wait for its outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")


class SingleFlight:
    """Runs work at most once at a time for each key; whoever comes meanwhile receives the same result or error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[Any]] = {}

    def run(self, key: Hashable, work: Callable[[], Outcome]) -> Outcome:
        """Return the result of ``work``, or that of a call with the same key that is under way.

        Raises:
            Whatever the work that ran raised. Waiting callers share it: after a time limit each would only wait as long again.
        """
        with self._lock:
            running = self._running.get(key)
            outcome = self._running[key] = running or Future()
        if running is not None:
            shared: Outcome = running.result()
            return shared
        try:
            result = work()
        except BaseException as error:
            outcome.set_exception(error)
            raise
        else:
            outcome.set_result(result)
            return result
        finally:
            with self._lock:
                del self._running[key]
