"""Reconcile core, database and Salesforce for one tenant, and heal what can be healed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.reconciling.compare_orders import compare_orders
from connector.journeys.reconciling.find_odd_orders import find_odd_orders
from connector.journeys.reconciling.reconcile_payment import Discrepancy, Freshness, reconcile_payment
from connector.journeys.syncing.restore_requests import restore_requests
from connector.salesforce.client import MOST_READ
from connector.salesforce.queries.changed_orders import read_deleted_orders
from connector.store.inbox import inbox_admin
from connector.store.outbox import probes
from connector.store.requests import request_rows
from connector.store.store import Store

_NEVER_LEFT = (Link.CREATED, Link.SENDING)


@dataclass
class Report:
    """What a reconciliation compared, healed, and could not explain. ``unexplained`` should be empty every day.

    ``pushed_again``: blocked orders that are tried once more, with an outcome not known yet. ``why``: an explanation by
    name for what the other lists name.
    """

    tenant: str
    requests: int = 0
    orders: int = 0
    healed: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    pushed_again: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)


def reconcile_tenant(
    context: Context,
    *,
    begun: datetime,
    on_step: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Compare requests that are live or were created since ``begun`` with the core, and their orders with Salesforce.

    ``on_step`` is called with the numbers of compared requests and of all.
    """
    report = Report(context.tenant.tenant_id)
    with context.store.read() as work:
        requests = request_rows.live_or_created_since(work, context.tenant.tenant_id, begun=begun)
        denied = inbox_admin.denied_ends(work, context.tenant.tenant_id, since=begun)
    for done, request in enumerate(requests, start=1):
        # What has not been sent yet has no record; a sweep turns a send that was interrupted into `unknown` first.
        if request.states.link not in _NEVER_LEFT:
            _with_core(context, report, request)
        on_step(done, len(requests))
    _name_denied(report, context.tenant, denied, store=context.store)
    order_ids = sorted({request.order_id for request in requests})
    try:
        _with_salesforce(context, report, order_ids)
        # After the orders: a record is made anew only for an order that the org still shows.
        report.healed += restore_requests(context, requests=requests)
        _name_odd(context, report)
    # The comparison with the core is done by then and must be reported, whatever the org says.
    except (UpstreamError, TenantProblem) as error:
        report.unreachable.append(f"salesforce: {error.code}")
    return report


def _with_core(
    context: Context,
    report: Report,
    request: PaymentRequest,
) -> None:
    report.requests += 1
    if request.states.link is Link.REJECTED and request.link_reference is None and not request.is_given_up:
        return  # the core refused it at once, so it has no link to compare
    reconciled = reconcile_payment(context, request=request)
    if reconciled.finding is Discrepancy.UNEXPLAINED:
        report.unexplained.append(request.reference)
        report.why[request.reference] = reconciled.description or ""
    elif reconciled.freshness is Freshness.CORE_UNREACHABLE:
        report.unreachable.append(request.reference)
    elif reconciled.finding is Discrepancy.HEALED:
        report.healed.append(request.reference)


def _name_denied(report: Report, tenant: Tenant, denied: Collection[str], *, store: Store) -> None:
    """Name live requests whose reported end the core's record has denied for good."""
    for reference in sorted(denied):
        with store.read() as work:
            request = request_rows.find(work, tenant.tenant_id, reference)
        if request is not None and request.live and reference not in report.unexplained:
            report.unexplained.append(reference)
            report.why[reference] = "its end was reported, and the payment core's record denies it"


def _with_salesforce(
    context: Context,
    report: Report,
    order_ids: list[str],
) -> None:
    found = compare_orders(context, order_ids=order_ids)
    report.orders = found.looked_at
    report.healed += [*found.amounts_moved, *found.pushed_again]
    report.unexplained += found.unexplained
    with context.store.write() as work:
        # Once a night everything that was refused is tried, whatever the probes think of it.
        report.pushed_again = probes.push_blocked(work, context.tenant.tenant_id, now=context.now())


def _name_odd(
    context: Context,
    report: Report,
) -> None:
    """Name every order that needs a person, whenever its requests were created."""
    odd = find_odd_orders(tenant_id=context.tenant.tenant_id, store=context.store, now=context.now())
    for start in range(0, len(odd.missing), MOST_READ):
        some = odd.missing[start : start + MOST_READ]
        # A deleted order is in the recycle bin; one that is only hidden looks the same to an ordinary query.
        deleted = read_deleted_orders(context.salesforce, context.tenant, [one.order_id for one in some])
        for one in some:
            is_deleted = one.order_id in deleted
            what = "was deleted in Salesforce" if is_deleted else "is not shown to us: hidden, or deleted for good"
            _name(report, one.order_id, f"order {one.number} {what}")
    for other in odd.other_money:
        _name(report, other.order.order_id, other.description)


def _name(report: Report, name: str, why: str) -> None:
    if name not in report.unexplained:
        report.unexplained.append(name)
    report.why[name] = f"{report.why[name]}; {why}" if report.why.get(name) else why
