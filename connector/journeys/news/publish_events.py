"""Publish the platform events that are due for one tenant, each at least once."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.domain.payments.alarms import attention_fact
from connector.domain.payments.news import Bell, EventWord, Medium, is_unknown
from connector.domain.payments.payment import PaymentRequest
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.news.ring_bells import CHECKED_AFTER
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.news.bells_and_events import EVENTS_EXHAUSTED, MOST_EVENTS, PublishResult, publish
from connector.salesforce.queries.record_ids import read_record_ids
from connector.store.health import due_checks
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import NewsEntry, NewsOutcome, NewsState
from connector.store.requests import request_rows
from foundation.backoff import backoff, jittered
from foundation.database.lease import Lease
from foundation.log import get_logger

log = get_logger()
CHECK = "payment_events"
# The allocation is counted by the hour, and others publish too: some minutes later there may be room.
EXHAUSTED_PAUSE = timedelta(minutes=5)
# A flow that never starts is worse than one that starts late, and an admin needs a working day to give what is missing.
_TRIED_FOR = timedelta(days=7)
_FIRST_WAIT, _LONGEST_WAIT = 5, 600


def publish_events(context: Context, *, lease: timedelta, rng: random.Random, owner: str) -> int:
    """Publish the due events of one tenant in one call; return how many were claimed."""
    tenant_id, now = context.tenant.tenant_id, context.now()
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        return 0  # records go first where the org's calls are scarce
    held = Lease.of(owner, now + lease)
    with context.store.write() as work:
        # Committed before the call, so that no second worker publishes them; after a crash the lease ends, and they are
        # published again, which subscribers recognize by Event_Key__c.
        entries = news_rows.claim(work, tenant_id, (Medium.EVENT,), now=now, lease=held, most=MOST_EVENTS)
        found = request_rows.find_by_references(work, tenant_id, {one.news.reference for one in entries})
    if not entries:
        return 0
    requests = {one.reference: one for one in found}
    outdated = [one for one in entries if not _is_true(context, one, requests)]
    outcomes = [NewsOutcome(one, NewsState.OUTDATED) for one in outdated]
    outcomes += _published(context, [one for one in entries if one not in outdated], rng)
    is_full = any(one.reason == EVENTS_EXHAUSTED for one in outcomes)
    with context.store.write() as work:
        news_rows.conclude(work, tenant_id, held, outcomes, now=context.now())
        if is_full:
            news_rows.postpone_events(work, tenant_id, until=context.now() + EXHAUSTED_PAUSE)
        if any(one.reason for one in outcomes):
            due_checks.request_checks(work, tenant_id, (CHECK,), at=context.now() + CHECKED_AFTER)
    if is_full:
        log.warning("events_exhausted", tenant=tenant_id, code=EVENTS_EXHAUSTED, count=len(entries))
    return len(entries)


def _is_true(context: Context, entry: NewsEntry, requests: Mapping[str, PaymentRequest]) -> bool:
    """Return whether an event is wanted, and what it says is still so."""
    if not context.tenant.policy.payment_events:
        return False
    request = requests[entry.news.reference]
    if entry.news.kind == EventWord.NEEDS_PERSON and entry.news.fact.startswith(f"{Bell.ATTENTION}:"):
        return entry.news.fact == f"{Bell.ATTENTION}:{attention_fact(request)}"
    waits = entry.news.kind == EventWord.NEEDS_PERSON and entry.news.fact == Bell.UNKNOWN_LONG
    return not waits or is_unknown(request)


def _published(context: Context, entries: Sequence[NewsEntry], rng: random.Random) -> list[NewsOutcome]:
    """Publish events, and return every outcome; after a call that failed, or was not answered, they are repeated."""
    if not entries:
        return []
    try:
        ids = _record_ids(context, entries)
        events = [_event(one, ids) for one in entries]
        delivered: Iterable[PublishResult] = publish(context.salesforce, context.tenant, events)
    except (UpstreamError, TenantProblem) as error:
        log.warning("events_not_published", tenant=context.tenant.tenant_id, code=str(error.code), count=len(entries))
        delivered = [PublishResult(is_taken=False, code=error.reason_or_code)] * len(entries)
    return [_outcome(one, result, context.now(), rng) for one, result in zip(entries, delivered, strict=True)]


def _record_ids(context: Context, entries: Sequence[NewsEntry]) -> dict[str, str]:
    """Return the requests' record ids: as the push was answered, else as the org is asked."""
    known = {one.news.reference: one.record_id for one in entries if one.record_id}
    missing = {one.news.reference for one in entries} - set(known)
    return known | (read_record_ids(context.salesforce, context.tenant, missing) if missing else {})


def _event(entry: NewsEntry, ids: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Event_Key__c": entry.news.key,
        "Kind__c": entry.news.kind,
        "Order_Id__c": entry.news.order_id,
        "Payment_Request_Id__c": ids.get(entry.news.reference),
        "Reference__c": entry.news.reference,
    }


def _outcome(entry: NewsEntry, result: PublishResult, now: datetime, rng: random.Random) -> NewsOutcome:
    if result.is_taken:
        return NewsOutcome(entry, NewsState.DELIVERED)
    if now - entry.created_at > _TRIED_FOR:
        return NewsOutcome(entry, NewsState.REFUSED, result.code)
    wait = jittered(backoff(entry.attempts - 1, first=_FIRST_WAIT, longest=_LONGEST_WAIT), rng)
    due_at = now + (EXHAUSTED_PAUSE if result.code == EVENTS_EXHAUSTED else wait)
    return NewsOutcome(entry, NewsState.DUE, result.code, due_at=due_at)
