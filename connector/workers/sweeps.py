"""The periodic sweeps: work that becomes due by time, and not by a request or a callback."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta

from connector.core.lifecycle import lifecycle
from connector.domain.payments.evidence import Evidence, apply_evidence
from connector.domain.payments.operation import OperationCall
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, StatusUpdate
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.amending.move_money import settle_call
from connector.journeys.reconciling.compare_orders import compare_orders
from connector.journeys.reconciling.follow_changed_orders import (
    EVERY,
    FOLLOWED_FOR,
    follow_changed_orders,
    initial_position,
)
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.journeys.recording.change_request import ChangedRequest, change_request
from connector.journeys.syncing.probe_blocked_orders import probe_blocked_orders
from connector.salesforce.calls.api_allowance import Allowance
from connector.salesforce.client import MOST_READ
from connector.services import Services
from connector.store.orders import followed_orders, visible_orders
from connector.store.orders.followed_orders import ChangePosition
from connector.store.requests import operations, polling, request_rows
from foundation.log import get_logger

log = get_logger()
# Calls to cores in one sweep, and how many of them in parallel: some 1,400 a minute at a usual pace.
_QUESTIONS, _AT_ONCE = 120, 6
_ASK_AGAIN_AFTER = timedelta(seconds=10)
# Requests that were skipped because their core is silent come before those that it was asked about in vain.
_SKIPPED_FOR = timedelta(seconds=5)


def sweep(services: Services) -> None:
    """Probe blocked orders, mark sends as unknown whose lease ended, ask the cores about quiet requests, delete old rows."""
    _blocked_orders(services)  # first: it calls nobody, and an order that was fixed must not wait for a core that hangs
    _unknown_sends(services)
    _open_calls(services)
    _quiet_requests(services)
    services.store.launches.forget_tokens(now=services.now())
    with services.store.write() as work:
        visible_orders.forget(work, now=services.now())


def sweep_orders(services: Services) -> None:
    """Read the changed orders of every tenant that is due, with one call per org."""
    with services.store.read() as work:
        due = followed_orders.due_tenants(work, now=services.now(), every=EVERY)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="follow") as pool:
        asked = {
            tenant_id: pool.submit(copy_context().run, _follow, tenant_id, position, services)
            for tenant_id, position in due.items()
        }
    for tenant_id, followed in asked.items():
        if error := followed.exception():
            log.error("orders_not_followed", tenant=tenant_id, error=type(error).__name__)
            _postpone(services, tenant_id, due[tenant_id])


def compare_followed(services: Services, *, going: Callable[[], bool] = lambda: True) -> None:
    """Compare every order with money on it with its org; runs once a night."""
    # The sweep by SystemModstamp misses changes that do not move it, such as those of a formula's inputs.
    for tenant in services.store.tenants.every():
        with services.store.read() as work:
            since = services.now() - FOLLOWED_FOR
            order_ids = followed_orders.followed(work, tenant.tenant_id, since=since)
        for start in range(0, len(order_ids), MOST_READ):
            if not going() or not _may_ask(services, tenant.tenant_id):
                break
            try:
                compare_orders(services.for_tenant(tenant), order_ids=order_ids[start : start + MOST_READ])
            except (UpstreamError, TenantProblem) as error:
                log.warning("orders_not_compared", tenant=tenant.tenant_id, code=str(error.code))
                break
    services.work.outbox_changed()


def _follow(tenant_id: str, position: ChangePosition | None, services: Services) -> None:
    tenant = _tenant(services, tenant_id)
    if tenant is None:
        _postpone(services, tenant_id, position)
        return
    found = follow_changed_orders(services.for_tenant(tenant), position)
    if found and (found.amounts_moved or found.pushed_again):
        services.work.outbox_changed()


def _postpone(services: Services, tenant_id: str, position: ChangePosition | None) -> None:
    """Count a failed read as a turn, so that the tenant does not come first again at once."""
    with services.store.write() as work:
        followed_orders.save_position(work, tenant_id, initial_position(position, services.now()))


def _may_ask(services: Services, tenant_id: str) -> bool:
    return services.salesforce.limits.allowance(tenant_id, now=services.now()) is Allowance.ALL


def _blocked_orders(services: Services) -> None:
    if probe_blocked_orders(store=services.store, limits=services.salesforce.limits, now=services.now):
        services.work.outbox_changed()


def _unknown_sends(services: Services) -> None:
    now = services.now()
    with services.store.read() as work:
        expired = polling.expired_sends(work, now=now)

    def as_unknown(present: PaymentRequest) -> ChangedRequest | None:
        if present.states.link is not Link.SENDING:
            return None
        evidence = Evidence(news=StatusUpdate(link=Link.UNKNOWN), occurred_at=now)
        after = replace(apply_evidence(present, evidence, lifecycle=lifecycle()), sending_until=None)
        return after, [RequestEvent(EventKind.UNKNOWN, occurred_at=now, recorded_at=now)]

    for request in expired:
        if change_request(services.store, request, as_unknown, now=now).states.link is Link.UNKNOWN:
            log.warning("send_outcome_unknown", tenant=request.tenant_id, reference=request.reference)


def _open_calls(services: Services) -> None:
    """Settle captures and reversals without an answer, by the core's record."""
    now, store = services.now(), services.store
    with store.read() as work:
        calls = operations.overdue_calls(work, now=now, most=_QUESTIONS)
    # Tenants whose core did not answer: their other calls wait too, so that other tenants get their turn.
    silent: set[str] = set()
    for call in calls:
        pause = _SKIPPED_FOR if call.tenant_id in silent else _ASK_AGAIN_AFTER
        if call.tenant_id in silent or not _settle(services, call):
            silent.add(call.tenant_id)
            with store.write() as work:
                operations.ask_again_at(work, call, services.now() + pause)


def _settle(services: Services, call: OperationCall) -> bool:
    """Settle an open call by the core's record; return whether its outcome is known now."""
    tenant = _tenant(services, call.tenant_id)
    if tenant is None:
        return False
    with services.store.read() as work:
        request = request_rows.get(work, call.tenant_id, call.reference)
    return not settle_call(services.for_tenant(tenant), request=request, call=call).unfinished


def _tenant(services: Services, tenant_id: str) -> Tenant | None:
    """Return a tenant; None where its secrets cannot be decrypted, which must not stop the sweep for others."""
    try:
        return services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        log.error("tenant_not_opened", tenant=tenant_id)
        return None


def _quiet_requests(services: Services) -> None:
    with services.store.read() as work:
        quiet = polling.due_requests(work, now=services.now(), most=_QUESTIONS)
    # Tenants whose core did not answer, with the requests that were skipped for that, so that others get their turn.
    silent: dict[str, list[str]] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ask") as pool:
        begun = [
            pool.submit(copy_context().run, _ask, tenant_id, reference, silent, services)
            for tenant_id, reference in quiet
        ]
    for asked, (tenant_id, reference) in zip(begun, quiet, strict=True):
        if error := asked.exception():
            log.error("request_not_asked", tenant=tenant_id, reference=reference, error=type(error).__name__)
            silent.setdefault(tenant_id, []).append(reference)
    for tenant_id, skipped in silent.items():
        with services.store.write() as work:
            polling.postpone(work, tenant_id, skipped, now=services.now())


def _ask(tenant_id: str, reference: str, silent: dict[str, list[str]], services: Services) -> None:
    tenant = _tenant(services, tenant_id) if tenant_id not in silent else None
    if tenant is None:
        silent.setdefault(tenant_id, []).append(reference)
        return
    with services.store.read() as work:
        request = request_rows.get(work, tenant_id, reference)
    asked = reconcile_payment(services.for_tenant(tenant), request=request)
    if asked.silent:
        silent.setdefault(tenant_id, [])
