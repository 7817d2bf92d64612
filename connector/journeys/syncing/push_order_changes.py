"""Push a batch of changed orders and their requests to Salesforce in one Composite call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.health.push_refusal import RefusedPart, make_refusal
from connector.domain.payments.balance import OrderBalance, balance_of
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.reporting import long_unknown_at
from connector.domain.tenants.tenant import Tenant
from connector.errors import OrgBusy, OrgLimitReached, SalesforceRefused, TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.news.choose_news import choose_news, news_if_refused
from connector.journeys.syncing.conclude_push import conclude_push
from connector.journeys.syncing.confirm_newer import confirm_newer
from connector.journeys.syncing.correct_written_records import correct_written_records
from connector.journeys.syncing.respect_moved_status import respect_moved_status
from connector.journeys.syncing.write_requests_without_refused_fields import write_requests_without_refused_fields
from connector.journeys.syncing.write_without_status import write_without_status
from connector.salesforce.calls.api_allowance import LIMIT_PAUSE, Allowance
from connector.salesforce.calls.composite import COLLECTION, PushResult
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import NOT_IN_ORG, OrderChange
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from connector.store.outbox import outbox_claim
from connector.store.outbox.outbox import OutboxEntry
from connector.store.outbox.outbox_claim import DuePartition
from connector.store.requests import request_rows
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.money import ZERO

log = get_logger()
# Five collections fit one Composite call: two of orders, three of their requests.
MOST_ORDERS = 2 * COLLECTION
_MOST_REQUESTS = 3 * COLLECTION


def push_order_changes(
    context: Context,
    *,
    partitions: Sequence[int],
    lease: timedelta,
    rng: random.Random,
    owner: str,
) -> int:
    """Push one batch of the given partitions; return how many orders were claimed."""
    allowance = context.salesforce.limits.allowance(context.tenant.tenant_id, now=context.now())
    # The org's daily API calls are its other systems', too: payments in the connector wait, nothing is lost.
    if allowance is Allowance.NOTHING:
        return 0
    now = context.now()
    with context.store.write() as work:
        # One transaction for the claim and the values, so that what is written belongs to the version that is claimed.
        entries = outbox_claim.claim(
            work,
            context.tenant.tenant_id,
            partitions,
            now=now,
            lease=Lease.of(owner, now + lease),
            most=MOST_ORDERS,
            final_only=allowance is Allowance.FINAL_ONLY,
        )
        changes = _changes(work, context.tenant, entries, context.now())
    if not entries:
        return 0
    # From here to `conclude_push` no transaction is open: only the lease keeps other workers from these orders.
    fitting = _within_limits(changes)
    sent = respect_moved_status(
        tenant=context.tenant,
        entries=entries,
        changes=fitting,
        salesforce=context.salesforce,
        vault=context.store.vault,
    )
    result = _push(context, sent)
    write_requests_without_refused_fields(
        tenant=context.tenant, changes=sent, result=result, salesforce=context.salesforce
    )
    write_without_status(
        tenant=context.tenant,
        changes=sent,
        result=result,
        salesforce=context.salesforce,
        push=lambda some: _push(context, some),
    )
    confirm_newer(tenant=context.tenant, changes=fitting, result=result, salesforce=context.salesforce)
    correct_written_records(tenant=context.tenant, changes=sent, result=result, salesforce=context.salesforce)
    conclude_push(entries=entries, changes=fitting, result=result, store=context.store, now=context.now(), rng=rng)
    return len(entries)


def _changes(work: UnitOfWork, tenant: Tenant, entries: Sequence[OutboxEntry], now: datetime) -> dict[str, OrderChange]:
    """Return what to write for each claimed order: absolute values, computed from the database as it is now."""
    every = request_rows.find_by_orders(work, tenant.tenant_id, [one.order_id for one in entries])
    known = orders.find_many(work, tenant.tenant_id, [one.order_id for one in entries])
    changes = {}
    for entry in entries:
        stored, requests = known[entry.order_id], every[entry.order_id]
        balance = balance_of(stored.order, requests)
        changed = tuple(one for one in requests if one.version > entry.requests_version)
        changes[entry.order_id] = OrderChange(
            order_id=entry.order_id,
            version=entry.version,
            currency=stored.order.currency,
            balance=balance,
            requests=_due_requests(requests, entry),
            latest=requests[-1] if requests else None,
            changed_at=now,
            original_id=stored.order.original_id,
            # Written when the state changes, not with each push: in between people may set the order's Status as they like.
            writes_status=entry.written_state != balance.state.value,
            withheld=_withheld(stored, balance),
            news=choose_news(tenant.policy, stored.order, requests, changed, version=entry.version, now=now),
            news_if_refused=news_if_refused(tenant.policy, requests[-1] if requests else None, version=entry.version),
            every=tuple(requests),
            unwritten=frozenset(one.reference for one in requests if _is_unwritten(one, entry)),
            order_refused=(entry.blocked_by or "").startswith(f"{RefusedPart.ORDER}."),
        )
    return changes


def _due_requests(requests: Sequence[PaymentRequest], entry: OutboxEntry) -> tuple[PaymentRequest, ...]:
    """Return the requests that changed since they were last written.

    Of several that took money all are written again: whether an order is overpaid is a matter of each. One of unknown outcome
    is, too: after a while it needs a person, by time alone.
    """
    changed = {one.reference for one in requests if one.version > entry.requests_version or long_unknown_at(one)}
    with_money = {one.reference for one in requests if one.captured > ZERO}
    if changed & with_money:
        changed |= with_money
    return tuple(one for one in requests if one.reference in changed)


def _is_unwritten(request: PaymentRequest, entry: OutboxEntry) -> bool:
    """Return whether a request was created after the org last took one of its order's: no record of it exists yet.

    Where this errs, with the clocks of a fleet or a record that a person deleted, the org's answer says so.
    """
    return entry.pushed_at is None or request.created_at > entry.pushed_at


def _withheld(stored: StoredOrder, balance: OrderBalance) -> str | None:
    """Return why an order's own fields are not written, None where they are.

    An order that the org does not show takes none. One whose total could not be read must not be shown as paid by it.
    """
    counts = stored.unread_because == NOT_IN_ORG or balance.paid > 0
    return stored.unread_because if counts else None


def _within_limits(changes: dict[str, OrderChange]) -> dict[str, OrderChange]:
    """Return as many of the orders as fit into one Composite call with their requests."""
    fitting, room = {}, _MOST_REQUESTS
    for order_id, change in changes.items():
        if len(change.requests) <= room:
            fitting[order_id] = change
            room -= len(change.requests)
    return fitting


def _push(
    context: Context,
    changes: dict[str, OrderChange],
) -> PushResult:
    try:
        facts = context.salesforce.request_facts.of(context.tenant, list(changes.values()))
        return context.salesforce.push(context.tenant, list(changes.values()), facts)
    except (UpstreamError, TenantProblem) as error:
        log.warning(
            "push_failed", tenant=context.tenant.tenant_id, code=str(error.code), count=len(changes), **error.log_reason
        )
        if isinstance(error, OrgLimitReached):
            context.salesforce.limits.pause(context.tenant.tenant_id, until=context.now() + LIMIT_PAUSE)
        every = _shared_result(error)
        return PushResult(
            orders=dict.fromkeys(changes, every),
            requests={one.reference: every for change in changes.values() for one in change.requests},
        )


def _shared_result(error: UpstreamError | TenantProblem) -> RecordResult:
    """Return what a call that failed as a whole means for each of its records."""
    outcome, code = _outcome_of(error), error.reason_or_code
    return RecordResult(outcome, code, make_refusal(RefusedPart.CALL, code) if outcome is RecordOutcome.SLOW else None)


def _outcome_of(error: UpstreamError | TenantProblem) -> RecordOutcome:
    if isinstance(error, OrgLimitReached):
        return RecordOutcome.LIMIT
    if isinstance(error, OrgBusy):
        return RecordOutcome.BUSY
    if isinstance(error, UpstreamError) and error.operation == "login":
        return RecordOutcome.PASSING  # logins have a back-off of their own, so that a fix is noticed soon
    # A refusal of the whole call is caused by the org's setup, so every record waits for a person.
    return RecordOutcome.SLOW if isinstance(error, SalesforceRefused | TenantProblem) else RecordOutcome.PASSING


def batches(due: Sequence[DuePartition]) -> list[tuple[str, tuple[int, ...]]]:
    """Plan the next calls: as many side by side as will be full, so that few due orders of a tenant share one (ADR 5)."""
    planned: list[tuple[str, tuple[int, ...]]] = []
    for tenant_id, some in _by_tenant([one for one in due if one.claimable]).items():
        calls = max(1, min(len(some), sum(one.claimable for one in some) // MOST_ORDERS))
        shares: list[list[DuePartition]] = [[] for _ in range(calls)]
        for one in sorted(some, key=lambda one: one.claimable, reverse=True):
            min(shares, key=lambda share: sum(other.claimable for other in share)).append(one)
        planned += [(tenant_id, tuple(sorted(one.partition for one in share))) for share in shares]
    return planned


def fill_a_call(due: Sequence[DuePartition], *, unread: bool = False) -> bool:
    """Return whether some tenant has a full call of due orders; with ``unread``, counting those that must be read first."""
    return any(
        sum(one.claimable + (one.unread if unread else 0) for one in some) >= MOST_ORDERS
        for some in _by_tenant(due).values()
    )


def _by_tenant(due: Sequence[DuePartition]) -> dict[str, list[DuePartition]]:
    sorted_out: dict[str, list[DuePartition]] = {}
    for one in due:
        sorted_out.setdefault(one.tenant_id, []).append(one)
    return sorted_out
