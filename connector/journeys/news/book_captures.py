"""Record captures in Salesforce Order Management, each once: found by its key it is never written again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from connector.domain.payments.news import Booking, Medium
from connector.domain.payments.payment import PaymentRequest
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.errors.codes import FINISHED
from connector.salesforce.news.order_payments import (
    PAYMENT,
    PaymentPlace,
    create_payment,
    payment_record,
    read_place,
    summarize,
    what_is_missing,
)
from connector.store.health import due_checks
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import NewsEntry, NewsOutcome, NewsState
from connector.store.requests import request_rows
from foundation.backoff import backoff, jittered
from foundation.database.lease import Lease
from foundation.log import get_logger

log = get_logger()
CHECK = "order_payments"
# The check asks the org again: at once it would only find what this call has just found.
CHECKED_AFTER = timedelta(minutes=5)
BY_HAND, NO_SUMMARY = "refund_by_hand", "no_order_summary"
# One payment takes four calls. Bells and events of all tenants wait for a round, and the next round follows at once.
_MOST = 1
# Salesforce ends a call after ten minutes: whatever became of one without an answer is visible by then.
_LEASE = _UNANSWERED_PAUSE = timedelta(minutes=11)
# An admin has so long to give what is missing.
_TRIED_FOR = timedelta(days=7)
_FIRST_WAIT, _LONGEST_WAIT = 5, 3600


class _HeldError(Exception):
    """A payment cannot be recorded now, for a reason in one word."""


def book_captures(context: Context, *, rng: random.Random, owner: str) -> int:
    """Record the due captures of one tenant; return how many rows were claimed."""
    tenant_id, now = context.tenant.tenant_id, context.now()
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        return 0  # records go first where the org's calls are scarce
    held = Lease.of(owner, now + _LEASE)
    with context.store.write() as work:
        entries = news_rows.claim(work, tenant_id, (Medium.PAYMENT,), now=now, lease=held, most=_MOST)
        references = {one.news.reference for one in entries}
        found = {one.reference: one for one in request_rows.find_by_references(work, tenant_id, references)}
        captures = news_rows.captures_of(work, tenant_id, references) if entries else {}
    if not entries:
        return 0
    outcomes = [_outcome(context, one, found, captures.get(one.news.reference, []), rng) for one in entries]
    with context.store.write() as work:
        news_rows.conclude(work, tenant_id, held, outcomes, now=context.now())
        if any(one.reason for one in outcomes):
            due_checks.request_checks(work, tenant_id, (CHECK,), at=context.now() + CHECKED_AFTER)
    return len(entries)


def _outcome(
    context: Context,
    entry: NewsEntry,
    requests: Mapping[str, PaymentRequest],
    captures: list[Decimal],
    rng: random.Random,
) -> NewsOutcome:
    if not context.tenant.policy.order_payments:
        return NewsOutcome(entry, NewsState.OUTDATED)
    if entry.news.kind == Booking.REVERSED:
        # No documented way links a Refund that Salesforce did not make to an order payment summary.
        return NewsOutcome(entry, NewsState.NOBODY, BY_HAND)
    try:
        _record(context, entry, requests[entry.news.reference], captures)
    except _HeldError as reason:
        return _later(entry, str(reason), context.now(), rng)
    except (UpstreamError, TenantProblem) as error:
        log.warning("payment_not_recorded", tenant=context.tenant.tenant_id, code=str(error.code))
        later = _later(entry, error.reason_or_code, context.now(), rng)
        return later if _was_answered(error) else _after_an_open_call(later, context.now())
    return NewsOutcome(entry, NewsState.DELIVERED)


def _record(context: Context, entry: NewsEntry, request: PaymentRequest, captures: list[Decimal]) -> None:
    """Create what the org lacks: the Payment, then its order payment summary."""
    place = read_place(context.salesforce, context.tenant, entry.news.order_id, request.reference)
    if place.summary_id is None:
        raise _HeldError(NO_SUMMARY)
    known = place.payments.get(entry.news.key)
    if known and known.is_summarized:
        return
    amount = _amount(Decimal(entry.news.fact), captures, place)
    if known is None and amount <= 0:
        return  # a later Payment holds this money already
    payment_id = known.payment_id if known else _created(context, entry, request, place, amount)
    if not summarize(context.salesforce, context.tenant, place.summary_id, payment_id):
        raise _HeldError("no_order_payment_summary")


def _amount(total: Decimal, captures: list[Decimal], place: PaymentPlace) -> Decimal:
    """Return what a capture took beyond all captures before it, less what a later Payment in the org holds of it."""
    # A database restored from a backup may lack payments that the org has: key and amount say what they hold.
    in_org = {_total_in(key): one.amount for key, one in place.payments.items()}
    before = max([one for one in [*captures, *in_org] if one < total], default=Decimal(0))
    until = min([one - amount for one, amount in in_org.items() if one > total], default=total)
    return min(until, total) - before


def _created(context: Context, entry: NewsEntry, request: PaymentRequest, place: PaymentPlace, amount: Decimal) -> str:
    """Insert the Payment of one capture; return its id."""
    described = context.salesforce.describe(context.tenant, PAYMENT)
    if described and not described.field("CurrencyIsoCode") and request.currency != context.tenant.default_currency:
        raise _HeldError("other_currency")
    record = payment_record(entry.news.key, amount, request.currency, place.account_id, request.reference)
    missing = what_is_missing(described, record)
    if missing or described is None:
        raise _HeldError(missing)
    result = create_payment(context.salesforce, context.tenant, described, record)
    if result.outcome not in FINISHED or result.record_id is None:
        raise _HeldError(result.code or result.outcome.value)
    return result.record_id


def _total_in(key: str) -> Decimal:
    """Return how much was taken in all, as the key of a Payment says; 0 where somebody else wrote the key."""
    try:
        return Decimal(key.rpartition(f":{Booking.CAPTURED}:")[2])
    except InvalidOperation:
        return Decimal(0)


def _was_answered(error: UpstreamError | TenantProblem) -> bool:
    # A proxy in front of Salesforce that answers with an error says nothing about what Salesforce is still doing.
    return isinstance(error, TenantProblem) or (error.upstream_status or 500) < 500


def _after_an_open_call(later: NewsOutcome, now: datetime) -> NewsOutcome:
    if later.due_at is None:
        return later
    return NewsOutcome(later.entry, later.state, later.reason, due_at=max(later.due_at, now + _UNANSWERED_PAUSE))


def _later(entry: NewsEntry, reason: str, now: datetime, rng: random.Random) -> NewsOutcome:
    """Return that a payment is tried again, or is given up after a week: doctor then names it."""
    if now - entry.created_at > _TRIED_FOR:
        return NewsOutcome(entry, NewsState.NOBODY if reason == NO_SUMMARY else NewsState.REFUSED, reason[:80])
    wait = jittered(backoff(entry.attempts - 1, first=_FIRST_WAIT, longest=_LONGEST_WAIT), rng)
    return NewsOutcome(entry, NewsState.DUE, reason[:80], due_at=now + wait)
