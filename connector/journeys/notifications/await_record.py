"""Decide how long a notification waits for the core's record to confirm it, and when the core is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.lifecycle import lifecycle
from connector.domain.payments.payment import PaymentRequest
from connector.journeys.notifications.confirm_notification import LAGS
from connector.store.inbox.inbox import InboxEntry
from foundation.backoff import backoff

_MOST_LAGS = 6  # after this many answers that lag behind the core's own notification, they contradict it
# Agents are waiting for it.
_LONGEST_WAIT = timedelta(minutes=1)
_SHORTEST_WAIT = timedelta(seconds=1)
# The longer it takes already, the less a second matters: questions grow with the logarithm of the time.
_OF_ITS_AGE = 4


@dataclass(frozen=True)
class Wait:
    """When the core is asked again, and the number of attempts so far."""

    due_at: datetime
    attempts: int


def held_wait(attempts: int, *, longest: timedelta = _LONGEST_WAIT) -> timedelta:
    """Return how long a held entry waits: 1 s at first, doubling, at most ``longest``."""
    return backoff(attempts - 1, first=1, longest=longest.total_seconds())


def await_record(entry: InboxEntry, _request: PaymentRequest, reason: str, *, now: datetime) -> Wait | None:
    """Return when to ask again; None once the core's record has lacked what its callback says for half a minute."""
    # Attempts during an outage do not count: a core that comes back may lag by a second.
    attempts = 1 if reason in LAGS and entry.reason not in LAGS else entry.attempts
    if reason in LAGS and attempts >= _MOST_LAGS:
        return None
    return Wait(now + held_wait(attempts), attempts)


def await_end(entry: InboxEntry, request: PaymentRequest, reason: str, *, now: datetime) -> Wait | None:
    """Return when to ask again about the end of a link; None some minutes after the link's own deadline."""
    attempts = 1 if reason in LAGS and entry.reason not in LAGS else entry.attempts
    # Until the deadline the core may lag behind its own callback. Afterwards, a link that its record still shows as live
    # can still be paid, so the reported end is contradicted.
    believed_until = request.over_at(lifecycle()) + lifecycle().grace
    if reason in LAGS and attempts >= _MOST_LAGS and now >= believed_until:
        return None
    return Wait(now + end_pause(now - entry.received_at), attempts)


def end_pause(age: timedelta) -> timedelta:
    """Return the pause between questions about an end that was reported ``age`` ago: a quarter of it, 1 s to 1 min."""
    return min(max(age / _OF_ITS_AGE, _SHORTEST_WAIT), _LONGEST_WAIT)


def was_just_asked(entry: InboxEntry, request: PaymentRequest, *, now: datetime) -> bool:
    """Return whether the core's record denied this request's end so recently that it need not be asked again yet."""
    if request.end_reported_at is None or request.proven_at is None:
        return False
    first = entry.attempts <= 1  # a new report may be true although the last one was not
    # Half the pause of a single report, so that with a single report no question is ever skipped.
    pause = _SHORTEST_WAIT if first else end_pause(now - request.end_reported_at) / 2
    return now - request.proven_at < pause
