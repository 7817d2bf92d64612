"""Follow orders that have live links or money: what changed in Salesforce since the last look, every 45 seconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.reconciling.compare_orders import Comparison, compare_orders, take_readings
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.calls.limits import Allowance
from connector.salesforce.queries.changes import MOST_NAMED, ChangedOrders, read_changed_orders
from connector.store.orders import following
from connector.store.orders.following import ChangePosition
from connector.store.requests import polling
from foundation.log import get_logger

log = get_logger()
FOLLOWED_FOR = timedelta(days=90)
# So that with the push and an open page's next question a change is in Salesforce and on the page within a minute.
EVERY = timedelta(seconds=45)
# A change is stamped when it is made and seen when it is committed.
_OVERLAP = timedelta(minutes=2)
# Where the first look begins: clocks may differ.
_LOOK_BACK = timedelta(hours=1)


def initial_position(look: ChangePosition | None, now: datetime) -> ChangePosition:
    """Return the look to keep where nothing was seen this time: the next one begins where the last one ended."""
    return ChangePosition(now, look.seen_until if look else now - _LOOK_BACK)


def follow_orders(context: Context, look: ChangePosition | None) -> Comparison | None:
    """Look at a tenant's orders in one call; None where there is nothing to look at, or no allowance for it.

    Live ones and the latest paid are read by name, all others that are followed when the org says that they changed.
    """
    now, tenant_id = context.now(), context.tenant.tenant_id
    if look is None:  # a tenant's first: what there is to follow was read when it was asked for
        _keep(context, initial_position(None, now))
        return None
    since = now - FOLLOWED_FOR
    with context.store.read() as work:
        live = polling.orders_with_live(work, tenant_id)
        recent = following.followed(work, tenant_id, since=since, most=COLLECTION)
    if not live and not recent:
        _keep(context, initial_position(None, now))
        return None
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        _keep(context, initial_position(look, now))
        return None
    named = list(dict.fromkeys([*live[:MOST_NAMED], *recent]))[:MOST_NAMED]
    try:
        return _followed(context, look, named, live[MOST_NAMED:], since=since)
    except (UpstreamError, TenantProblem) as error:
        log.warning("orders_not_compared", tenant=tenant_id, code=str(error.code))
        _keep(context, initial_position(look, now))
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
    """Most of what an org changes is none of ours, or not followed any more."""
    others = [order_id for order_id in (*seen.changed, *seen.deleted) if order_id not in named]
    with context.store.read() as work:
        ours = following.followed_among(work, context.tenant.tenant_id, others, since=since)
    take_readings(context, found, ours, seen.changed, asked_at=asked_at)


def _seen_until(before: ChangePosition, seen: ChangedOrders, asked_at: datetime) -> datetime:
    """Return up to when changes were seen, by the org's clock: as much later as time has passed, or as the last one was."""
    passed = before.seen_until + max(asked_at - before.looked_at, timedelta(0))
    if not seen.is_complete:
        return seen.seen_until or before.seen_until
    return max(passed, seen.seen_until) if seen.seen_until else passed


def _keep(context: Context, look: ChangePosition) -> None:
    with context.store.write() as work:
        following.save_position(work, context.tenant.tenant_id, look)
