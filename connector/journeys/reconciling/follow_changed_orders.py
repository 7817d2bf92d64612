"""Follow orders with live links or money: read what changed in Salesforce since the last time, every 45 seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.reconciling.compare_orders import Comparison, compare_orders, take_readings
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.queries.changed_orders import MOST_NAMED, ChangedOrders, read_changed_orders
from connector.store.orders import followed_orders
from connector.store.orders.followed_orders import ChangePosition
from connector.store.requests import polling
from foundation.log import get_logger

log = get_logger()
# Refunds come for weeks after a payment; later ones are found by a reconciliation.
FOLLOWED_FOR = timedelta(days=90)
# With the push and an open page's next poll, a change reaches Salesforce and the page within a minute (ADR 17).
EVERY = timedelta(seconds=45)
# Salesforce stamps a change when it is made and shows it when it is committed, so each reading overlaps the one before.
_OVERLAP = timedelta(minutes=2)
# How far back the first reading begins, in case our clock is ahead of the org's.
_LOOK_BACK = timedelta(hours=1)


def initial_position(position: ChangePosition | None, now: datetime) -> ChangePosition:
    """Return the position to store where nothing was read this time: the next reading begins where the last one ended."""
    return ChangePosition(now, position.seen_until if position else now - _LOOK_BACK)


def follow_changed_orders(context: Context, position: ChangePosition | None) -> Comparison | None:
    """Read a tenant's followed orders in one call; None where there are none, or API calls are scarce.

    Live and recently paid orders are read by id, all other followed ones only if the org lists them as changed.
    """
    now, tenant_id = context.now(), context.tenant.tenant_id
    if position is None:  # the first time: every order to follow was read when its request was sent
        _keep(context, initial_position(None, now))
        return None
    since = now - FOLLOWED_FOR
    with context.store.read() as work:
        live = polling.orders_with_live(work, tenant_id)
        recent = followed_orders.followed(work, tenant_id, since=since, most=COLLECTION)
    if not live and not recent:
        _keep(context, initial_position(None, now))
        return None
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        _keep(context, initial_position(position, now))
        return None
    # Live ones first: somebody is on the phone about these.
    named = list(dict.fromkeys([*live[:MOST_NAMED], *recent]))[:MOST_NAMED]
    try:
        return _followed(context, position, named, live[MOST_NAMED:], since=since)
    except (UpstreamError, TenantProblem) as error:
        log.warning("orders_not_compared", tenant=tenant_id, code=str(error.code))
        _keep(context, initial_position(position, now))
        return None


def _followed(
    context: Context, before: ChangePosition, named: Sequence[str], further: Sequence[str], *, since: datetime
) -> Comparison:
    asked_at = context.now()
    found = Comparison()
    seen = read_changed_orders(
        context.salesforce, context.tenant, since=before.seen_until - _OVERLAP, order_ids=named, now=asked_at
    )
    take_readings(context, found, named, seen.named, asked_at=asked_at)
    _take_changes(context, found, seen, set(named), asked_at=asked_at, since=since)
    compare_orders(context, order_ids=further, found=found)
    _keep(context, ChangePosition(asked_at, _seen_until(before, seen, asked_at)))
    return found


def _take_changes(
    context: Context, found: Comparison, seen: ChangedOrders, named: set[str], *, asked_at: datetime, since: datetime
) -> None:
    """Compare the changed and deleted orders that we follow; most changes in an org concern none of those."""
    others = [order_id for order_id in (*seen.changed, *seen.deleted) if order_id not in named]
    with context.store.read() as work:
        ours = followed_orders.followed_among(work, context.tenant.tenant_id, others, since=since)
    take_readings(context, found, ours, seen.changed, asked_at=asked_at)


def _seen_until(before: ChangePosition, seen: ChangedOrders, asked_at: datetime) -> datetime:
    """Return up to when changes were read, by the org's clock: advanced by the time that passed, or to the last change."""
    passed = before.seen_until + max(asked_at - before.looked_at, timedelta(0))
    if not seen.is_complete:
        return seen.seen_until or before.seen_until  # a full page: the rest is read next time, from where it ended
    return max(passed, seen.seen_until) if seen.seen_until else passed


def _keep(context: Context, position: ChangePosition) -> None:
    with context.store.write() as work:
        followed_orders.save_position(work, context.tenant.tenant_id, position)
