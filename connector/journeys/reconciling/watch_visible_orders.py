"""Watch the orders on visible pages: one question to an org every ten seconds finds those that it shows otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.metadata.labels import in_labels
from connector.salesforce.orders.order_queries import read_order
from connector.salesforce.queries.visible_orders import VisibleRows, read_visible_orders
from connector.store.orders import orders, visible_orders
from foundation.log import get_logger

log = get_logger()
# Hosts of a fleet have clocks of their own: a page that read an order a moment before the org was asked reads it once more.
_CLOCKS_DIFFER = timedelta(seconds=1)


def watch_visible_orders(context: Context) -> list[str]:
    """Ask a tenant's org for the orders on visible pages, if it is due; return the ids of those that changed.

    Their pages read them again, each with its agent's own token. No visible page: no question.
    """
    now, tenant_id = context.now(), context.tenant.tenant_id
    with context.store.write() as work:
        known = visible_orders.digests(work, tenant_id, now=now)
        if not known or not visible_orders.claim(work, tenant_id, now=now):
            return []
    # Where the org's API calls run short, sends and pushes need them more than pages that only look.
    if context.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        _failed(context, "limit")
        return []
    try:
        seen = read_visible_orders(context.salesforce, context.tenant, list(known))
    except (UpstreamError, TenantProblem) as error:
        _failed(context, str(error.code))
        return []
    changed = _changed(context, known, seen, asked_at=now)
    if changed:
        log.info("orders_changed_in_org", tenant=tenant_id, count=len(changed))
    return changed


def _changed(
    context: Context, known: Mapping[str, bytes | None], seen: VisibleRows, *, asked_at: datetime
) -> list[str]:
    tenant, store = context.tenant, context.store
    digests = {order_id: tenant.digest_of_text(seen.content_of(order_id)) for order_id in known}
    news = {one: digest for one, digest in digests.items() if digest != known[one]}
    new = [order_id for order_id in news if known[order_id] is None]
    differing = _differing(context, new, seen, asked_at=asked_at) if new else set()
    changed = [one for one in news if known[one] is not None or one in differing]
    since = asked_at + (_CLOCKS_DIFFER if store.database.is_fleet else timedelta(0))
    with store.write() as work:
        visible_orders.save(work, tenant.tenant_id, news, changed=changed, at=since)
        visible_orders.succeed(work, tenant.tenant_id, read_at=asked_at)
    return changed


def _differing(context: Context, order_ids: Sequence[str], seen: VisibleRows, *, asked_at: datetime) -> set[str]:
    """Return those orders that the org shows otherwise than we stored them, of orders that it was not asked about before."""
    tenant = context.tenant
    with context.store.read() as work:
        stored = orders.find_many(work, tenant.tenant_id, order_ids)
    return {one for one in order_ids if one in stored and _differs(context, tenant, stored[one], seen, one, asked_at)}


def _differs(
    context: Context, tenant: Tenant, stored: orders.StoredOrder, seen: VisibleRows, order_id: str, at: datetime
) -> bool:
    row = seen.rows.get(order_id)
    # Hidden from our user, or deleted: the agent's own reading shows which.
    if row is None:
        return stored.unread_because is None
    order = in_labels(read_order(row, tenant=tenant, read_at=at), tenant, context.salesforce.describe)
    return orders.is_news(order, stored)


def _failed(context: Context, code: str) -> None:
    log.warning("orders_not_watched", tenant=context.tenant.tenant_id, code=code)
    with context.store.write() as work:
        visible_orders.fail(work, context.tenant.tenant_id, now=context.now())
