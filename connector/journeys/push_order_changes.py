"""Decides what Salesforce is told of orders that changed, and what each record's answer means for the next try."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.domain.payment import balance_of
from connector.domain.tenant import Tenant
from connector.errors import OrgLimitReached, SalesforceRefused, TenantProblem, UpstreamError
from connector.log import get_logger
from connector.salesforce.client import SalesforceClient
from connector.salesforce.composite import COLLECTION, PushResult, RecordResult
from connector.salesforce.errors import FINISHED, RecordOutcome
from connector.salesforce.limits import Allowance
from connector.salesforce.schemas import OrderChange
from connector.store import orders, outbox, payments
from connector.store.outbox import Conclusion, DuePartition, OutboxEntry, State
from connector.store.store import Store

log = get_logger()
# Five collections fit one Composite call: two of orders, three of their requests.
MOST_ORDERS = 2 * COLLECTION
_MOST_REQUESTS = 3 * COLLECTION
_PAUSE = timedelta(seconds=60)
_NO_RESULT = RecordResult(RecordOutcome.PASSING)
# (first wait, longest wait) in seconds; the wait doubles with each attempt and is jittered.
_WAITS = {
    RecordOutcome.LOCKED: (1, 60),
    RecordOutcome.PASSING: (2, 300),
    RecordOutcome.LIMIT: (60, 60),  # the org's pause spares it; a record that waited longer would come minutes too late
    RecordOutcome.SLOW: (120, 1800),
}


def push_order_changes(
    *,
    tenant: Tenant,
    partitions: Sequence[int],
    store: Store,
    salesforce: SalesforceClient,
    now: Callable[[], datetime],
    lease: timedelta,
    dice: random.Random,
    owner: str,
) -> int:
    """Push one batch of some partitions in one Composite call; return how many orders were claimed."""
    allowance = salesforce.limits.allowance(tenant.tenant_id, now=now())
    if allowance is Allowance.NOTHING:
        return 0
    with store.database.write() as connection:
        entries = outbox.claim(
            connection,
            tenant.tenant_id,
            partitions,
            now=now(),
            lease=lease,
            lease_id=f"{owner}.{secrets.token_hex(8)}",
            most=MOST_ORDERS,
            final_only=allowance is Allowance.FINAL_ONLY,
        )
        changes = _changes(connection, tenant, entries, store, now())
    if not entries:
        return 0
    kept = _within_limits(changes)
    result = _push(tenant, kept, salesforce, now=now)
    concluded = [_conclusion(one, kept.get(one.order_id), result, now=now(), dice=dice) for one in entries]
    with store.database.write() as connection:
        # Orders first, as everywhere: who locks an outbox row before its order can lock out a drain.
        orders.touch_many(connection, tenant.tenant_id, [one.order_id for one in entries])
        outbox.conclude(connection, concluded, now=now())
    return len(entries)


def _changes(
    connection: Connection, tenant: Tenant, entries: Sequence[OutboxEntry], store: Store, now: datetime
) -> dict[str, OrderChange]:
    """Compute absolute values from the database as it is now."""
    every = payments.of_orders(connection, tenant.tenant_id, [one.order_id for one in entries], vault=store.vault)
    known = orders.find_many(connection, tenant.tenant_id, [one.order_id for one in entries], vault=store.vault)
    changes = {}
    for entry in entries:
        kept, requests = known[entry.order_id], every[entry.order_id]
        changes[entry.order_id] = OrderChange(
            order_id=entry.order_id,
            version=entry.version,
            currency=kept.order.currency,
            balance=balance_of(kept.order.total, requests),
            requests=tuple(one for one in requests if one.version > entry.requests_version),
            latest=requests[-1] if requests else None,
            changed_at=now,
        )
    return changes


def _within_limits(changes: dict[str, OrderChange]) -> dict[str, OrderChange]:
    """Keep as many orders as their requests find room for in one Composite call."""
    kept, room = {}, _MOST_REQUESTS
    for order_id, change in changes.items():
        if len(change.requests) <= room:
            kept[order_id] = change
            room -= len(change.requests)
    return kept


def _push(
    tenant: Tenant, changes: dict[str, OrderChange], salesforce: SalesforceClient, *, now: Callable[[], datetime]
) -> PushResult:
    try:
        return salesforce.push(tenant, list(changes.values()))
    except (UpstreamError, TenantProblem) as fault:
        log.warning("push_failed", tenant=tenant.tenant_id, code=str(fault.code), count=len(changes), **_reason(fault))
        outcome = RecordOutcome.PASSING
        if isinstance(fault, OrgLimitReached):
            outcome = RecordOutcome.LIMIT
            salesforce.limits.pause(tenant.tenant_id, until=now() + _PAUSE)
        if isinstance(fault, SalesforceRefused | TenantProblem):
            outcome = RecordOutcome.SLOW  # the org's set-up stands in the way: every record waits for a person
        every = RecordResult(outcome, str(fault.facts.get("reason") or fault.code))
        return PushResult(
            orders=dict.fromkeys(changes, every),
            requests={one.reference: every for change in changes.values() for one in change.requests},
        )


def _conclusion(
    entry: OutboxEntry, change: OrderChange | None, result: PushResult, *, now: datetime, dice: random.Random
) -> Conclusion:
    """Read one order's results: its requests are the primary records, its own fields their copy."""
    if change is None:
        return Conclusion(entry, State.WAITING, "batch_full", now, requests_written=False)
    order = result.orders.get(entry.order_id, _NO_RESULT)
    requests = [result.requests.get(one.reference, _NO_RESULT) for one in change.requests]
    unfinished = [one for one in requests if one.outcome not in FINISHED]
    waiting = [one for one in (*unfinished, order) if one.outcome in _WAITS]
    if waiting:
        wait = max(_wait(one.outcome, entry.attempts, dice) for one in waiting)
        reason = waiting[0].code or waiting[0].outcome.value
        return Conclusion(entry, State.WAITING, reason, now + wait, requests_written=not unfinished)
    if unfinished:
        # The primary record was refused for good: a person must mend the org, then requeue.
        log.error("push_buried", tenant=entry.tenant_id, order=entry.order_id, code=unfinished[0].code)
        return Conclusion(entry, State.BURIED, unfinished[0].code)
    if order.outcome is RecordOutcome.REFUSED:
        log.error("order_refused", tenant=entry.tenant_id, order=entry.order_id, code=order.code)
        return Conclusion(entry, State.REFUSED, order.code)
    return Conclusion(entry, State.WRITTEN)


def _wait(outcome: RecordOutcome, attempts: int, dice: random.Random) -> timedelta:
    first, longest = _WAITS[outcome]
    return timedelta(seconds=min(longest, first * 2 ** min(attempts - 1, 12)) * dice.uniform(0.5, 1.0))


def _reason(fault: UpstreamError | TenantProblem) -> dict[str, str]:
    reason = fault.facts.get("reason")
    return {"reason": str(reason)} if reason else {}


def batches(due: Sequence[DuePartition]) -> list[tuple[str, tuple[int, ...]]]:
    """Plan the next calls: few due orders of a tenant share one call, many go partition by partition, side by side."""
    by_tenant: dict[str, list[DuePartition]] = {}
    for one in due:
        by_tenant.setdefault(one.tenant_id, []).append(one)
    planned: list[tuple[str, tuple[int, ...]]] = []
    for tenant_id, some in by_tenant.items():
        if sum(one.due for one in some) <= MOST_ORDERS:
            planned.append((tenant_id, tuple(one.partition for one in some)))
        else:
            planned += [(tenant_id, (one.partition,)) for one in some]
    return planned
