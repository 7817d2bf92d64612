"""Decides what Salesforce is told of orders that changed, and what each record's answer means for the next try."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector import metrics
from connector.domain.payment import balance_of
from connector.domain.tenant import Tenant
from connector.errors import OrgLimitReached, SalesforceRefused, TenantProblem, UpstreamError
from connector.log import get_logger
from connector.salesforce.client import SalesforceClient
from connector.salesforce.composite import COLLECTION, PushResult, RecordResult
from connector.salesforce.errors import FINISHED, RecordOutcome
from connector.salesforce.limits import Allowance
from connector.salesforce.records import OrderChange
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
    _write_without_status(tenant, kept, result, salesforce, now=now)
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
        balance = balance_of(kept.order, requests)
        changes[entry.order_id] = OrderChange(
            order_id=entry.order_id,
            version=entry.version,
            currency=kept.order.currency,
            balance=balance,
            requests=tuple(one for one in requests if one.version > entry.requests_version),
            latest=requests[-1] if requests else None,
            changed_at=now,
            original_id=kept.order.original_id,
            tells_status=entry.told_state != balance.state.value,
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
        if isinstance(fault, OrgLimitReached):
            salesforce.limits.pause(tenant.tenant_id, until=now() + _PAUSE)
        every = RecordResult(_outcome_of(fault), str(fault.facts.get("reason") or fault.code))
        return PushResult(
            orders=dict.fromkeys(changes, every),
            requests={one.reference: every for change in changes.values() for one in change.requests},
        )


def _outcome_of(fault: UpstreamError | TenantProblem) -> RecordOutcome:
    if isinstance(fault, OrgLimitReached):
        return RecordOutcome.LIMIT
    if isinstance(fault, UpstreamError) and fault.operation == "login":
        return RecordOutcome.PASSING  # logins have a back-off of their own, so a mended one is soon noticed
    # Otherwise the org's set-up stands in the way: every record waits for a person.
    return RecordOutcome.SLOW if isinstance(fault, SalesforceRefused | TenantProblem) else RecordOutcome.PASSING


def _write_without_status(
    tenant: Tenant,
    changes: dict[str, OrderChange],
    result: PushResult,
    salesforce: SalesforceClient,
    *,
    now: Callable[[], datetime],
) -> None:
    """Write orders that refused once more without their Status: the admin's own rules must not cost the payment fields."""
    states = tenant.mapping.write_status.values
    refused = {
        order_id: replace(change, requests=(), tells_status=False)
        for order_id, change in changes.items()
        if change.tells_status and change.balance.state.value in states
        if result.orders.get(order_id, _NO_RESULT).outcome is RecordOutcome.REFUSED
    }
    if not refused:
        return
    again = _push(tenant, refused, salesforce, now=now).orders
    for order_id, change in refused.items():
        first, second = result.orders[order_id], again.get(order_id, _NO_RESULT)
        if second.outcome is not RecordOutcome.WRITTEN:
            result.orders[order_id] = second
            continue
        status = states[change.balance.state.value]
        log.error(
            "order_status_refused", tenant=tenant.tenant_id, order=order_id, code=first.code,
            state=change.balance.state.value, expected=status,
        )  # fmt: skip
        metrics.tally.count(metrics.STATUS_REFUSED)
        result.orders[order_id] = replace(second, status_refused=first.code or first.outcome.value)


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
    if order.status_refused:
        return Conclusion(entry, State.WRITTEN, f"status_refused {order.status_refused}")
    told = change.balance.state.value if order.outcome is RecordOutcome.WRITTEN else None
    return Conclusion(entry, State.WRITTEN, told_state=told)


def _wait(outcome: RecordOutcome, attempts: int, dice: random.Random) -> timedelta:
    first, longest = _WAITS[outcome]
    return timedelta(seconds=min(longest, first * 2 ** min(attempts - 1, 12)) * dice.uniform(0.5, 1.0))


def _reason(fault: UpstreamError | TenantProblem) -> dict[str, str]:
    reason = fault.facts.get("reason")
    return {"reason": str(reason)} if reason else {}


def batches(due: Sequence[DuePartition]) -> list[tuple[str, tuple[int, ...]]]:
    """Plan the next calls: as many side by side as will be full, so that few due orders of a tenant share one."""
    planned: list[tuple[str, tuple[int, ...]]] = []
    for tenant_id, some in _by_tenant(due).items():
        calls = max(1, min(len(some), sum(one.due for one in some) // MOST_ORDERS))
        shares: list[list[DuePartition]] = [[] for _ in range(calls)]
        for one in sorted(some, key=lambda one: one.due, reverse=True):
            min(shares, key=lambda share: sum(other.due for other in share)).append(one)
        planned += [(tenant_id, tuple(sorted(one.partition for one in share))) for share in shares]
    return planned


def fill_a_call(due: Sequence[DuePartition]) -> bool:
    """Say whether some tenant has as much due as one call can carry."""
    return any(sum(one.due for one in some) >= MOST_ORDERS for some in _by_tenant(due).values())


def _by_tenant(due: Sequence[DuePartition]) -> dict[str, list[DuePartition]]:
    sorted_out: dict[str, list[DuePartition]] = {}
    for one in due:
        sorted_out.setdefault(one.tenant_id, []).append(one)
    return sorted_out
