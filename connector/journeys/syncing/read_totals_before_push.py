"""Read the totals of due orders again before they are reported to Salesforce as paid.

This happens before a batch is claimed, in a call of its own: the writes of a Composite call are fixed before the queries
in it are answered (ADR 17).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from connector.domain.tenants.tenant import Tenant
from connector.errors import OrgLimitReached, SalesforceRefused, TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.recording.record_missing import record_missing
from connector.journeys.recording.save_order import save_orders
from connector.salesforce.calls.api_allowance import LIMIT_PAUSE, Allowance
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.client import MOST_READ
from connector.store.orders import orders, stale_totals
from connector.store.orders.stale_totals import StaleTotal
from foundation.backoff import backoff, jittered
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
_FIRST_WAIT, _LONGEST_WAIT = 2, 300  # seconds; as long as a write that failed for the same reason would wait


def read_totals_before_push(
    context: Context,
    *,
    rng: random.Random,
    in_a_stream: bool = False,
) -> int:
    """Read the totals that a tenant's due orders wait for, in one call; return how many orders may be claimed now.

    ``in_a_stream``: others were read a moment ago, so orders that may be paid next are read along if the call has room.
    Where Salesforce cannot be reached the orders are postponed, as after a failed write.
    """
    with context.store.read() as work:
        due = stale_totals.with_stale_totals(work, context.tenant.tenant_id, now=context.now(), most=MOST_READ)
        soon = _soon(work, context.tenant, due, in_a_stream=in_a_stream, now=context.now()) if due else []
    if not due or context.salesforce.limits.allowance(context.tenant.tenant_id, now=context.now()) is Allowance.NOTHING:
        return 0
    order_ids = list(dict.fromkeys([*(one.order_id for one in due), *soon]))
    asked_at = context.now()
    try:
        in_org = context.salesforce.orders_in_org(context.tenant, order_ids, now=asked_at)
    except (UpstreamError, TenantProblem) as error:
        return _not_read(context, due, error, rng=rng)
    save_orders(read=[one.order for one in in_org.values()], store=context.store, now=context.now())
    missing = [order_id for order_id in order_ids if order_id not in in_org]
    record_missing(tenant_id=context.tenant.tenant_id, order_ids=missing, store=context.store, at=asked_at)
    return len(due)


def _soon(
    work: UnitOfWork, tenant: Tenant, due: Sequence[StaleTotal], *, in_a_stream: bool, now: datetime
) -> list[str]:
    """Return further orders to read in the same call, where payments arrive so fast that they will be due in a moment."""
    in_a_storm, room = len(due) >= COLLECTION, MOST_READ - len(due)
    if room <= 0 or not (in_a_storm or in_a_stream):
        return []
    soon = stale_totals.soon_to_be_paid(work, tenant.tenant_id, now=now, most=room + 1)
    # With more live orders than fit, the chosen ones would hardly be those that are paid next.
    return soon[:room] if in_a_storm or len(soon) <= room else []


def _not_read(
    context: Context,
    due: Sequence[StaleTotal],
    error: UpstreamError | TenantProblem,
    *,
    rng: random.Random,
) -> int:
    reason = error.reason_or_code
    log.warning("totals_not_read", tenant=context.tenant.tenant_id, code=str(error.code), reason=reason, count=len(due))
    if isinstance(error, SalesforceRefused) and error.operation != "login":
        # Salesforce answers but shows no totals, for example because a mapped field was deleted. The orders go on without
        # their own fields: the payment request records are the primary ones.
        with context.store.write() as work:
            named = [one.order_id for one in due]
            orders.mark_unread(work, context.tenant.tenant_id, named, because=reason, at=context.now())
        return len(due)
    if isinstance(error, OrgLimitReached):
        context.salesforce.limits.pause(context.tenant.tenant_id, until=context.now() + LIMIT_PAUSE)
    waits = [
        (one.order_id, context.now() + jittered(backoff(one.attempts, first=_FIRST_WAIT, longest=_LONGEST_WAIT), rng))
        for one in due
    ]
    with context.store.write() as work:
        stale_totals.postpone(work, context.tenant.tenant_id, waits, reason=reason, now=context.now())
    return 0
