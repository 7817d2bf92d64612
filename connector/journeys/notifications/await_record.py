"""How long news waits for the core's record to show the same, and when the core is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.statuses import lifecycle
from connector.domain.payments.payment import PaymentRequest
from connector.journeys.notifications.confirm_notification import LAGS
from connector.store.inbox.inbox import InboxEntry

_MOST_LAGS = 6  # so many answers of the core that lag behind its own notification; then it is a contradiction
_LONGEST_WAIT = timedelta(minutes=1)
_SHORTEST_WAIT = timedelta(seconds=1)
_OF_ITS_AGE = 4


@dataclass(frozen=True)
class Wait:
    """When the core is asked again, and which attempt that was."""

    due_at: datetime
    attempts: int


def back_off(attempts: int, *, longest: timedelta = _LONGEST_WAIT) -> timedelta:
    """Return how long a held entry waits: 1 s at first, doubling, at most a minute unless said otherwise."""
    return min(longest, timedelta(seconds=2 ** max(0, min(attempts, 20) - 1)))


def await_record(entry: InboxEntry, _request: PaymentRequest, reason: str, *, now: datetime) -> Wait | None:
    """Return when to ask again; None once the core's record has contradicted its own news for half a minute."""
    # What an outage took is no lag: a core that comes back may be a second behind.
    attempts = 1 if reason in LAGS and entry.reason not in LAGS else entry.attempts
    if reason in LAGS and attempts >= _MOST_LAGS:
        return None
    return Wait(now + back_off(attempts), attempts)


def await_end(entry: InboxEntry, request: PaymentRequest, reason: str, *, now: datetime) -> Wait | None:
    """Return when to ask again about the end of a link; None some minutes after the link's own deadline.

    Until then the core may lag behind its own news, and afterwards a link that it still holds as live can still be paid.
    """
    attempts = 1 if reason in LAGS and entry.reason not in LAGS else entry.attempts
    believed_until = request.over_at(lifecycle()) + lifecycle().grace
    if reason in LAGS and attempts >= _MOST_LAGS and now >= believed_until:
        return None
    return Wait(now + end_pause(now - entry.received_at), attempts)


def end_pause(age: timedelta) -> timedelta:
    """Return how long a core is left alone that does not show an end reported so long ago: a second at first, then longer."""
    return min(max(age / _OF_ITS_AGE, _SHORTEST_WAIT), _LONGEST_WAIT)


def was_just_asked(entry: InboxEntry, request: PaymentRequest, *, now: datetime) -> bool:
    """Say whether the core's record denied this request's end so short a while ago that it need not be asked again yet."""
    if request.end_reported_at is None or request.proven_at is None:
        return False
    first = entry.attempts <= 1  # what has only now been reported may be true although the last report was not
    # Half of what one report alone waits: with one alone, every question is asked.
    pause = _SHORTEST_WAIT if first else end_pause(now - request.end_reported_at) / 2
    return now - request.proven_at < pause
