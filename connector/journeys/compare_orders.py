"""Decides whether Salesforce shows what our ledger says: orders whose amounts drifted, and writes that went missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.domain.tenant import Tenant
from connector.journeys.keep_order import keep_order
from connector.journeys.outrun_org import outrun_org
from connector.log import get_logger
from connector.salesforce.client import SalesforceClient
from connector.salesforce.composite import COLLECTION
from connector.salesforce.schemas import OrderInOrg
from connector.store import orders, outbox
from connector.store.outbox import PushState, State
from connector.store.store import Store

log = get_logger()


@dataclass
class Comparison:
    """What was looked at and what was found; ``unexplained`` names orders that Salesforce no longer shows us."""

    looked_at: int = 0
    amounts_moved: list[str] = field(default_factory=list)
    pushed_again: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


def compare_orders(
    *,
    tenant: Tenant,
    order_ids: Sequence[str],
    store: Store,
    salesforce: SalesforceClient,
    now: Callable[[], datetime],
) -> Comparison:
    """Compare orders with the org, one SOQL call for 200 of them, and heal what differs.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    found = Comparison()
    for start in range(0, len(order_ids), COLLECTION):
        some = order_ids[start : start + COLLECTION]
        # What was pushed before the org is asked: what is pushed meanwhile it need not show yet.
        with store.database.read() as connection:
            known = orders.find_many(connection, tenant.tenant_id, some, vault=store.vault)
            pushed = outbox.states(connection, tenant.tenant_id, some)
        in_org = salesforce.orders_in_org(tenant, some, now=now())
        for order_id in some:
            shown = in_org.get(order_id)
            if shown and (order_id not in known or orders.is_news(shown.order, known[order_id])):
                _keep(found, shown, store=store, now=now())
            _compare(found, order_id, shown, pushed.get(order_id), store=store, now=now())
    if found.pushed_again:
        with store.database.write() as connection:
            outbox.push_again(connection, tenant.tenant_id, found.pushed_again, now=now())
    return found


def _keep(found: Comparison, shown: OrderInOrg, *, store: Store, now: datetime) -> None:
    if keep_order(order=shown.order, store=store, now=now):
        found.amounts_moved.append(shown.order.order_id)


def _compare(
    found: Comparison,
    order_id: str,
    shown: OrderInOrg | None,
    pushed: PushState | None,
    *,
    store: Store,
    now: datetime,
) -> None:
    found.looked_at += 1
    if shown is None:
        log.warning("order_not_in_org", order=order_id)
        found.unexplained.append(order_id)
        return
    if pushed and shown.version and shown.version > pushed.version:
        ahead = outrun_org(tenant_id=shown.order.tenant_id, order_id=order_id, held=shown.version, store=store, now=now)
        (found.pushed_again if ahead else found.unexplained).append(order_id)
        return
    settled = pushed is not None and pushed.state == State.WRITTEN
    if settled and pushed and (shown.version is None or shown.version < pushed.pushed_version):
        log.error("write_went_missing", order=order_id, expected=pushed.pushed_version, found=shown.version)
        found.pushed_again.append(order_id)
