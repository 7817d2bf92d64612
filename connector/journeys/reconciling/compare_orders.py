"""Compare orders with Salesforce: amounts that drifted, and writes that went missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.journeys.context import Context
from connector.journeys.recording.bump_version import bump_version
from connector.journeys.recording.record_missing import record_missing
from connector.journeys.recording.save_order import save_orders
from connector.salesforce.client import MOST_READ
from connector.salesforce.orders.order_queries import OrderInOrg
from connector.store.outbox import outbox, repushes
from connector.store.outbox.outbox import OutboxState, PushState
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()
# The org need not show yet what was pushed just before it was read; the margin also covers a fleet's differing clocks.
_JUST_PUSHED = timedelta(seconds=10)


@dataclass
class Comparison:
    """How many orders were compared, and the ids of those that differ; ``unexplained``: not shown, or with a foreign version."""

    looked_at: int = 0
    amounts_moved: list[str] = field(default_factory=list)
    pushed_again: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


def compare_orders(
    context: Context,
    *,
    order_ids: Sequence[str],
    found: Comparison | None = None,
) -> Comparison:
    """Compare orders with the org, one call per thousand, and heal what differs; results are added to ``found``.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be read.
    """
    found = found or Comparison()
    for start in range(0, len(order_ids), MOST_READ):
        some, asked_at = order_ids[start : start + MOST_READ], context.now()
        in_org = context.salesforce.orders_in_org(context.tenant, some, now=asked_at)
        take_readings(context, found, some, in_org, asked_at=asked_at)
    return found


def take_readings(
    context: Context,
    found: Comparison,
    order_ids: Sequence[str],
    in_org: Mapping[str, OrderInOrg],
    *,
    asked_at: datetime,
) -> None:
    """Save what the org showed at ``asked_at``, heal what differs, and record which orders are missing."""
    shown = {order_id: in_org[order_id] for order_id in order_ids if order_id in in_org}
    found.amounts_moved += save_orders(
        read=[one.order for one in shown.values()], store=context.store, now=context.now()
    )
    missing = [order_id for order_id in order_ids if order_id not in shown]
    record_missing(tenant_id=context.tenant.tenant_id, order_ids=missing, store=context.store, at=asked_at)
    found.unexplained += missing
    # Missing ones included: they were asked for.
    found.looked_at += len(order_ids)
    with context.store.read() as work:
        pushed = outbox.states(work, context.tenant.tenant_id, list(shown))
    again = []
    for order_id, one in shown.items():
        if _differs(found, one, pushed.get(order_id), asked_at, store=context.store, now=context.now()):
            again.append(order_id)
    if again:
        # The push itself is the worker's: here an outage of the org in the middle would leave half of it done.
        found.pushed_again += again
        with context.store.write() as work:
            repushes.push_again(work, context.tenant.tenant_id, again, now=context.now())


def _differs(
    found: Comparison, shown: OrderInOrg, pushed: PushState | None, asked_at: datetime, *, store: Store, now: datetime
) -> bool:
    """Return whether the org lost a write; where its version is above ours, ours is raised at once."""
    order_id = shown.order.order_id
    if pushed is None:
        return False
    if shown.version and shown.version > pushed.version:
        # Salesforce would refuse all our writes as older, which happens after a database was restored from a back-up.
        ahead = bump_version(
            tenant_id=shown.order.tenant_id, order_id=order_id, held=shown.version, store=store, now=now
        )
        (found.pushed_again if ahead else found.unexplained).append(order_id)
        return False
    # Only a push that succeeded some time ago can be missing; whatever is still due is written anyway.
    settled = pushed.state == OutboxState.WRITTEN and (
        pushed.pushed_at is None or pushed.pushed_at < asked_at - _JUST_PUSHED
    )
    if not settled or (shown.version is not None and shown.version >= pushed.pushed_version):
        return False
    log.error("write_went_missing", order=order_id, expected=pushed.pushed_version, found=shown.version)
    return True
