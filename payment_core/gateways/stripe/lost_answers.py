"""Find out what became of a request whose answer was lost, where repeating its key shows nothing any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from payment_core.domain.attempt import Attempt
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.gateways.stripe.amounts import amount_of
from payment_core.gateways.stripe.bodies import asked_of
from payment_core.gateways.stripe.calls import StripeCalls

# A key is kept for 24 hours at least (https://docs.stripe.com/api/idempotent_requests). A card is charged minutes after its
# owner asked for it, or never: a process that was away for longer finds out what happened, and charges nothing.
_CHARGED_WITHIN = timedelta(minutes=10)
# The last request may still be under way when a charge begins to be looked for: only later is one that is not there nowhere.
_LISTED_AFTER = timedelta(minutes=15)
_CLOCKS_DIFFER = timedelta(minutes=10)


def is_young(attempt: Attempt, now: datetime) -> bool:
    """Return whether the request of an attempt may be repeated with its key."""
    return now - attempt.created_at <= _CHARGED_WITHIN


def is_surely_listed(attempt: Attempt, now: datetime) -> bool:
    """Return whether a list would show what the request of an attempt made."""
    return now - attempt.created_at > _LISTED_AFTER


def find_listed(calls: StripeCalls, path: str, attempt: Attempt, query: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the object that an attempt's request made; None where it made none.

    Lists cannot be filtered by what we named an object, so all of that time are read: newest first, since the attempt began.
    """
    since = {"created[gte]": str(int((attempt.created_at - _CLOCKS_DIFFER).timestamp()))}
    for item in calls.each(path, {**query, **since}):
        if (item.get("metadata") or {}).get("attempt") == attempt.attempt_id:
            return item
    return None


def never_made(attempt: Attempt, merchant: Merchant) -> Payment:
    """Return the payment of a request that made nothing: it is dead, of the amount that was asked for."""
    asked = asked_of(attempt.body)
    amount = amount_of(asked.units, asked.currency, digits=merchant.digits_of(asked.currency))
    return Payment(
        state=PaymentState.DEAD, currency=asked.currency, amount=amount, link_reference=attempt.link_reference
    )
