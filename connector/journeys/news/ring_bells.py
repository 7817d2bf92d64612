"""Ring the bells that are due for one tenant, each at most once: for the requesting agent, or for the supervisors."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.payments.alarms import attention_fact, attention_word
from connector.domain.payments.news import Bell, Medium, is_unknown
from connector.domain.payments.payment import PaymentRequest
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.languages.catalogues import catalogue
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.news.bell_setups import BellSetups
from connector.salesforce.news.bells_and_events import MOST_BELLS, BellSetup, Ring, ring
from connector.store.health import due_checks
from connector.store.orders import orders
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import BELLS, NewsEntry, NewsOutcome, NewsState
from connector.store.requests import request_rows
from foundation.backoff import backoff, jittered
from foundation.database.lease import Lease
from foundation.log import get_logger
from foundation.money import digits_of, to_text

log = get_logger()
CHECK = "notifications"
# Examining an org costs calls: however many bells fail, it is examined once in this time.
CHECKED_AFTER = timedelta(minutes=5)
# A bell that could not be tried for so long is no news any more.
_TRIED_FOR = timedelta(days=1)
_FIRST_WAIT, _LONGEST_WAIT = 5, 600
# A proxy's error (bad gateway, gateway timeout) says nothing about what Salesforce has done.
_GATEWAY = (502, 504)


@dataclass(frozen=True)
class Bells:
    """The claimed bells of one call: those that ring, and the outcomes of those that do not."""

    ringing: list[tuple[NewsEntry, Ring]]
    silent: list[NewsOutcome]


def ring_bells(context: Context, setups: BellSetups, *, lease: timedelta, rng: random.Random, owner: str) -> int:
    """Ring the due bells of one tenant in one call; return how many were claimed."""
    tenant_id, now = context.tenant.tenant_id, context.now()
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        return 0  # records go first where the org's calls are scarce
    held = Lease.of(owner, now + lease)
    with context.store.write() as work:
        entries = news_rows.claim(work, tenant_id, BELLS, now=now, lease=held, most=MOST_BELLS)
        found = request_rows.find_by_references(work, tenant_id, {one.news.reference for one in entries})
    if not entries:
        return 0
    outcomes = _rung(context, setups, entries, {one.reference: one for one in found}, rng)
    with context.store.write() as work:
        # The page says that supervisors have been notified: open pages ask again.
        orders.touch_many(work, tenant_id, [one.entry.news.order_id for one in outcomes if _is_seen(one)])
        news_rows.conclude(work, tenant_id, held, outcomes, now=context.now())
        if any(one.state in (NewsState.REFUSED, NewsState.NOBODY) for one in outcomes):
            due_checks.request_checks(work, tenant_id, (CHECK,), at=context.now() + CHECKED_AFTER)
    return len(entries)


def _is_seen(outcome: NewsOutcome) -> bool:
    return outcome.state is NewsState.DELIVERED and outcome.entry.news.medium is Medium.SUPERVISORS


def _rung(
    context: Context,
    setups: BellSetups,
    entries: Sequence[NewsEntry],
    requests: Mapping[str, PaymentRequest],
    rng: random.Random,
) -> list[NewsOutcome]:
    """Ring what is still true and has somebody to ring for; return every outcome."""
    # Salesforce takes a bell for a group that was emptied a minute ago, and the page would say that supervisors know.
    anew = any(one.news.medium is Medium.SUPERVISORS for one in entries)
    try:
        setup = setups.read(context.salesforce, context.tenant, now=context.now(), anew=anew)
    except (UpstreamError, TenantProblem) as error:
        return [_later(one, error, context.now(), rng) for one in entries]
    bells = _sorted_out(context, setup, entries, requests)
    if not bells.ringing or setup.type_id is None:
        return bells.silent
    try:
        delivered = ring(context.salesforce, context.tenant, setup.type_id, [one for _, one in bells.ringing])
    except (UpstreamError, TenantProblem) as error:
        log.warning("bells_not_rung", tenant=context.tenant.tenant_id, code=str(error.code), count=len(bells.ringing))
        return [*bells.silent, *(_failed(one, error, context.now(), rng) for one, _ in bells.ringing)]
    states = {True: NewsState.DELIVERED, False: NewsState.REFUSED}
    rung = [
        NewsOutcome(entry, states[one.is_taken] if one.is_taken or one.code else NewsState.UNANSWERED, one.code)
        for (entry, _), one in zip(bells.ringing, delivered, strict=True)
    ]
    return [*bells.silent, *rung]


def _sorted_out(
    context: Context, setup: BellSetup, entries: Sequence[NewsEntry], requests: Mapping[str, PaymentRequest]
) -> Bells:
    bells = Bells([], [])
    for entry in entries:
        request = requests[entry.news.reference]
        recipient = _recipient(entry, setup)
        if not _is_true(entry, request):
            bells.silent.append(NewsOutcome(entry, NewsState.OUTDATED))
        elif not context.tenant.policy.notifications:
            bells.silent.append(NewsOutcome(entry, NewsState.OUTDATED, "switched_off"))
        elif recipient is None or setup.type_id is None:
            missing = "no_type" if setup.type_id is None else "no_group" if setup.group_id is None else "no_members"
            bells.silent.append(NewsOutcome(entry, NewsState.NOBODY, missing))
        else:
            bells.ringing.append((entry, _ring(entry, request, recipient, context.tenant.language)))
    return bells


def _is_true(entry: NewsEntry, request: PaymentRequest) -> bool:
    """Return whether a bell still says what is so: money that went back meanwhile is not announced."""
    kind = Bell(entry.news.kind)
    if kind is Bell.UNKNOWN_LONG:
        return is_unknown(request)
    if kind in (Bell.PAID_AFTER_CLOSE, Bell.OTHER_CURRENCY):
        return request.paid + request.held > 0
    if kind is Bell.ATTENTION:
        return entry.news.fact == attention_fact(request)
    if kind in (Bell.PAID, Bell.HELD):
        return (request.paid if kind is Bell.PAID else request.held) > 0
    return True


def _recipient(entry: NewsEntry, setup: BellSetup) -> str | None:
    if entry.news.medium is Medium.AGENT:
        return entry.news.recipient
    return setup.group_id if setup.has_members else None


def _ring(entry: NewsEntry, request: PaymentRequest, recipient: str, language: str) -> Ring:
    """Return the bell with its text in the org's language, which holds neither a phone number nor a card."""

    def money(amount: object) -> str:
        return f"{to_text(amount, request.currency, digits_of(request.amount))} {request.currency}"  # type: ignore[arg-type]

    values = {
        "order": request.order_number,
        "reference": request.reference,
        "amount": money(request.amount),
        "paid": money(request.paid),
        "held": money(request.held),
        "paid_or_held": money(request.paid or request.held),
    }
    title, body = (text.format(**values) for text in catalogue(language, "bells")[_text_of(entry, request)])
    return Ring(recipient, title, body, entry.record_id or request.order_id)


def _text_of(entry: NewsEntry, request: PaymentRequest) -> str:
    """Return the name of a bell's text."""
    if entry.news.kind == Bell.PAID_AFTER_CLOSE and request.paid == 0:
        return "held_after_close"
    return f"attention_{attention_word(request)}" if entry.news.kind == Bell.ATTENTION else entry.news.kind


def _failed(entry: NewsEntry, error: UpstreamError | TenantProblem, now: datetime, rng: random.Random) -> NewsOutcome:
    """Return the outcome of a bell whose call failed as a whole: without an answer it may have rung."""
    status = getattr(error, "upstream_status", None)
    was_answered = isinstance(error, SalesforceRefused | TenantProblem) or status not in (None, *_GATEWAY)
    if was_answered or getattr(error, "operation", "") == "login":
        return _later(entry, error, now, rng)
    return NewsOutcome(entry, NewsState.UNANSWERED)


def _later(entry: NewsEntry, error: UpstreamError | TenantProblem, now: datetime, rng: random.Random) -> NewsOutcome:
    """Return that a bell which did not ring is tried again, or given up after a day."""
    if now - entry.created_at > _TRIED_FOR:
        return NewsOutcome(entry, NewsState.REFUSED, error.reason_or_code)
    wait = jittered(backoff(entry.attempts - 1, first=_FIRST_WAIT, longest=_LONGEST_WAIT), rng)
    return NewsOutcome(entry, NewsState.DUE, error.reason_or_code, due_at=now + wait)
