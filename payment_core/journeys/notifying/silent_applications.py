"""Which applications do not answer: they are asked by one delivery at a time until one is answered again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from foundation.log import get_logger
from payment_core.store.deliveries.deliveries import Answer

log = get_logger()
# So many attempts in a row, of whichever lanes, end without an answer before an application counts as away.
SILENT_AFTER = 10
# Each lane has pauses of its own; without this, ten thousand links would ask one that is away thousands of times a second.
ASKED_EVERY_SECONDS = 1.0
_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500


@dataclass
class _Silence:
    """How many attempts in a row failed, and when (by the clock) the next one may begin."""

    failures: int = 0
    asked_at: float = 0.0


class SilentApplications:
    """Counts answers by application, in this process; ``clock`` gives seconds that never run back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silences: dict[str, _Silence] = {}
        self._lock = threading.Lock()

    def is_silent(self, application_id: str) -> bool:
        """Return whether an application counts as away."""
        silence = self._silences.get(application_id)
        return silence is not None and silence.failures >= SILENT_AFTER

    def room(self, application_id: str, most: int) -> int:
        """Return how many attempts may be under way: ``most``, and for one that is away one each second."""
        silence = self._silences.get(application_id)
        if silence is None or silence.failures < SILENT_AFTER:
            return most
        return 1 if self._clock() >= silence.asked_at else 0

    def note(self, application_id: str, answer: Answer) -> None:
        """Take what an attempt ended with; a refusal is an answer, too: it is about one notification."""
        status = answer.status
        answers = status is not None and status < _SERVER_ERRORS and status != _TOO_MANY_REQUESTS
        with self._lock:
            if answers:
                self._silences.pop(application_id, None)
                return
            silence = self._silences.setdefault(application_id, _Silence())
            silence.failures += 1
            silence.asked_at = self._clock() + ASKED_EVERY_SECONDS
            fell_silent = silence.failures == SILENT_AFTER
        if fell_silent:
            log.warning("application_silent", where=application_id, status=status, error=answer.error)
