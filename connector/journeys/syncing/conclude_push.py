"""Conclude a push by Salesforce's answers: written, retried soon, or blocked until somebody fixes the cause."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector import metrics
from connector.domain.health.push_refusal import PushRefusal
from connector.journeys.news.choose_news import add_news
from connector.journeys.syncing.name_blocked_orders import ORDERS_REFUSED
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.errors.codes import FINISHED, RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from connector.store.health import due_checks
from connector.store.orders import orders
from connector.store.outbox import outbox_conclusions, repushes
from connector.store.outbox.outbox import OutboxEntry, OutboxState
from connector.store.outbox.outbox_conclusions import Conclusion
from connector.store.outbox.probes import ClearedBlock, unblock
from connector.store.store import Store
from foundation.backoff import backoff, jittered
from foundation.log import get_logger

log = get_logger()
NO_RESULT = RecordResult(RecordOutcome.PASSING)
# (first wait, longest wait) in seconds; the wait doubles with each attempt and is jittered.
_WAITS = {
    RecordOutcome.LOCKED: (1, 60),
    RecordOutcome.BUSY: (1, 15),
    RecordOutcome.PASSING: (2, 300),
    RecordOutcome.LIMIT: (60, 60),  # the org as a whole is paused, so longer waits would only add delay
}
# After this many attempts, some minutes, a failure does not pass by itself: it is reported and probed like a refusal.
_MOST_TRIES = 8
_EVENTS = {
    OutboxState.WAITING: "order_not_taken",
    OutboxState.BURIED: "push_buried",
    OutboxState.REFUSED: "order_refused",
    OutboxState.WRITTEN: "order_status_refused",
}
# Not LIMIT: an org's allowance comes back by itself, however often it was used up.
_MAY_STAY = frozenset({RecordOutcome.LOCKED, RecordOutcome.BUSY, RecordOutcome.PASSING})


def conclude_push(
    *,
    entries: Sequence[OutboxEntry],
    changes: Mapping[str, OrderChange],
    result: PushResult,
    store: Store,
    now: datetime,
    rng: random.Random,
) -> None:
    """Store the outcome of the claimed rows of one tenant, and free blocked rows whose cause proved fixed."""
    concluded = [_conclusion(one, changes.get(one.order_id), result, now=now, rng=rng) for one in entries]
    tenant_id = entries[0].tenant_id
    with store.write() as work:
        # Orders are locked first, as everywhere: locking an outbox row before its order could deadlock with a drain.
        orders.touch_many(work, tenant_id, [one.order_id for one in entries])
        outbox_conclusions.conclude(work, concluded, now=now)
        written = [one.entry.order_id for one in concluded if one.state is OutboxState.WRITTEN]
        later = {name: at for name in written if (at := changes[name].needs_person_from(now))}
        repushes.push_later(work, tenant_id, later)
        for one in concluded:
            add_news(work, one, changes.get(one.entry.order_id), result, now=now)
        cleared = _cleared_blocks(concluded)
        freed = unblock(work, tenant_id, cleared, now=now)
        if cleared or any(map(_is_newly_blocked, concluded)):
            due_checks.request_checks(work, tenant_id, (ORDERS_REFUSED,), at=now)
    for one in concluded:
        _log_newly_blocked(one)
    if freed:
        log.info("blocked_orders_freed", tenant=tenant_id, count=freed)


def _conclusion(
    entry: OutboxEntry, change: OrderChange | None, result: PushResult, *, now: datetime, rng: random.Random
) -> Conclusion:
    """Return the outcome of one order by the results of its requests, the primary records, and of its own fields."""
    if change is None:
        return Conclusion(entry, OutboxState.WAITING, "batch_full", now, requests_written=False)
    order = _escalated(result.orders.get(entry.order_id, NO_RESULT), entry)
    requests = [_escalated(result.requests.get(one.reference, NO_RESULT), entry) for one in change.requests]
    unfinished = [one for one in requests if one.outcome not in FINISHED]
    failed = [*unfinished, *([] if order.outcome in FINISHED else [order])]
    waiting = [one for one in failed if one.outcome in _WAITS]
    if waiting:
        wait = max(_wait(one.outcome, entry.attempts, rng) for one in waiting)
        first = waiting[0]
        reason, written = first.code or first.outcome.value, not unfinished
        return Conclusion(
            entry, OutboxState.WAITING, reason, now + wait, requests_written=written, refusal=first.refusal
        )
    if failed:
        # A person must fix the org or the record; until then some rows of each cause are probed every few minutes (ADR 20).
        state, first = _blocked_state(unfinished, order), failed[0]
        return Conclusion(entry, state, first.code, requests_written=not unfinished, refusal=first.refusal)
    if order.status_refused:
        # The refused Status is written later only if the order still shows the value it had (``held``). Where that is
        # unknown nothing is stored, and the next change of the order tries again.
        refusal = order.status_refused if order.status_refused.held is not None else None
        return Conclusion(entry, OutboxState.WRITTEN, order.status_refused.code, refusal=refusal)
    shown_state = change.balance.state.value if order.outcome is RecordOutcome.WRITTEN else None
    return Conclusion(entry, OutboxState.WRITTEN, written_state=shown_state)


def _escalated(result: RecordResult, entry: OutboxEntry) -> RecordResult:
    """Return a passing failure as a slow one where it repeats too often, or blocked the row before."""
    if result.outcome not in _MAY_STAY or result.refusal is None:
        return result
    is_same = entry.blocked_by is not None and entry.reason == result.code
    return replace(result, outcome=RecordOutcome.SLOW) if is_same or entry.attempts >= _MOST_TRIES else result


def _blocked_state(requests: Sequence[RecordResult], order: RecordResult) -> OutboxState:
    """Return the state of a blocked row: what Salesforce refused as it is, or what it may still take unchanged."""
    if any(one.outcome is RecordOutcome.REFUSED for one in requests):
        return OutboxState.BURIED
    return OutboxState.REFUSED if not requests and order.outcome is RecordOutcome.REFUSED else OutboxState.WAITING


def _cleared_blocks(concluded: Sequence[Conclusion]) -> list[ClearedBlock]:
    """Return the causes that no longer block: their rows were written, or refused for a different reason.

    Where most rows of one code were taken, the code counts as fixed whatever the rows' sentences say.
    """
    tried = [one for one in concluded if one.entry.blocked_by and (one.state is OutboxState.WRITTEN or one.is_blocked)]
    taken = [one for one in tried if one.refusal is None or _has_other_reason(one.refusal, one.entry)]
    of_kind, taken_of_kind = Counter(map(_kind, tried)), Counter(map(_kind, taken))
    freeing = {kind for kind, number in taken_of_kind.items() if 2 * number > of_kind[kind]}
    by_cause = Counter((*_kind(one), None if _kind(one) in freeing else one.entry.blocked_by) for one in taken)
    return [ClearedBlock(part, code, cause, number) for (part, code, cause), number in by_cause.items()]


def _kind(one: Conclusion) -> tuple[str, str | None]:
    """Return the part and the code that blocked a row until now."""
    return str(one.entry.blocked_by).partition(".")[0], one.entry.reason


def _has_other_reason(refusal: PushRefusal, entry: OutboxEntry) -> bool:
    """Return whether a row is refused for a different reason than before."""
    # Another sentence alone is no progress: some name the record, the time, or a line of code.
    return (refusal.part.value, refusal.code) != (str(entry.blocked_by).partition(".")[0], entry.reason)


def _wait(outcome: RecordOutcome, attempts: int, rng: random.Random) -> timedelta:
    first, longest = _WAITS[outcome]
    return jittered(backoff(attempts - 1, first=first, longest=longest), rng)


def _is_newly_blocked(one: Conclusion) -> bool:
    """Return whether an order is blocked by something that did not block it before."""
    return one.due_at is None and one.refusal is not None and one.refusal.cause != one.entry.blocked_by


def _log_newly_blocked(one: Conclusion) -> None:
    """Log a newly blocked order, once and not at every probe."""
    if not _is_newly_blocked(one) or one.refusal is None:
        return
    event = _EVENTS[one.state]
    if one.state is OutboxState.WRITTEN:
        metrics.registry.count(metrics.STATUS_REFUSED)
    # Never with Salesforce's own sentence, which may contain personal data.
    fields = ",".join(one.refusal.fields) or None
    log.error(event, tenant=one.entry.tenant_id, order=one.entry.order_id, code=one.refusal.code, fields=fields)
