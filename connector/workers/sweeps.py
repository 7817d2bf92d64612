"""What is checked because time has passed, not because somebody called."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from connector.core.statuses import lifecycle
from connector.domain.payments.moves import Evidence, apply_evidence
from connector.domain.payments.operation import OperationCall
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, StatusUpdate
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.amending.move_money import settle_call
from connector.journeys.reconciling.compare_orders import compare_orders
from connector.journeys.reconciling.follow_orders import EVERY, FOLLOWED_FOR, follow_orders, initial_position
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.journeys.recording.amend_request import Amendment, amend_request
from connector.journeys.syncing.probe_blocked_orders import probe_blocked_orders
from connector.salesforce.calls.limits import Allowance
from connector.salesforce.client import MOST_READ
from connector.services import Services
from connector.store.orders import following
from connector.store.orders.following import ChangePosition
from connector.store.requests import operations, payments, polling
from foundation.log import get_logger

log = get_logger()
# So many questions in one sweep, so many of them at a time: some 1,400 a minute at a usual pace.
_QUESTIONS, _AT_ONCE = 120, 6
_ASK_AGAIN_AFTER = timedelta(seconds=10)
# What a silent core was not even asked about comes before what it was asked in vain.
_SKIPPED_FOR = timedelta(seconds=5)


def sweep(services: Services) -> None:
    """Try blocked orders again, turn sends that outlived their lease into unknown ones, ask the core about quiet requests,
    forget agent tokens.
    """
    _blocked_orders(services)  # first: it asks nobody, and what was mended shall not wait for a core that hangs
    _unknown_sends(services)
    _open_calls(services)
    _quiet_requests(services)
    services.store.launches.forget_tokens(now=services.now())


def sweep_orders(services: Services) -> None:
    """Look at the orders of every tenant whose turn it is, one call per org; an org that hangs keeps few others waiting."""
    with services.store.read() as work:
        due = following.due_tenants(work, now=services.now(), every=EVERY)
    if not due:
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="follow") as pool:
        asked = {tenant_id: pool.submit(_follow, tenant_id, look, services) for tenant_id, look in due.items()}
    for tenant_id, followed in asked.items():
        if error := followed.exception():
            log.error("orders_not_followed", tenant=tenant_id, error=type(error).__name__)
            _put_off(services, tenant_id, due[tenant_id])


def compare_followed(services: Services, *, going: Callable[[], bool] = lambda: True) -> None:
    """Once a night: hold every order with money on it against its org, since no modification stamp tells of all changes."""
    for tenant in services.store.tenants.every():
        with services.store.read() as work:
            since = services.now() - FOLLOWED_FOR
            order_ids = following.followed(work, tenant.tenant_id, since=since)
        for start in range(0, len(order_ids), MOST_READ):
            if not going() or not _may_ask(services, tenant.tenant_id):
                break
            try:
                compare_orders(services.for_tenant(tenant), order_ids=order_ids[start : start + MOST_READ])
            except (UpstreamError, TenantProblem) as error:
                log.warning("orders_not_compared", tenant=tenant.tenant_id, code=str(error.code))
                break
    services.work.outbox_changed()


def _follow(tenant_id: str, look: ChangePosition | None, services: Services) -> None:
    tenant = _tenant(services, tenant_id)
    if tenant is None:
        _put_off(services, tenant_id, look)
        return
    found = follow_orders(services.for_tenant(tenant), look)
    if found and (found.amounts_moved or found.pushed_again):
        services.work.outbox_changed()


def _put_off(services: Services, tenant_id: str, look: ChangePosition | None) -> None:
    """Whoever cannot be looked at has had its turn."""
    with services.store.write() as work:
        following.save_position(work, tenant_id, initial_position(look, services.now()))


def _may_ask(services: Services, tenant_id: str) -> bool:
    return services.salesforce.limits.allowance(tenant_id, now=services.now()) is Allowance.ALL


def _blocked_orders(services: Services) -> None:
    if probe_blocked_orders(store=services.store, limits=services.salesforce.limits, now=services.now):
        services.work.outbox_changed()


def _unknown_sends(services: Services) -> None:
    now = services.now()
    with services.store.read() as work:
        over = polling.expired_sends(work, now=now)

    def unknown(present: PaymentRequest) -> Amendment | None:
        if present.states.link is not Link.SENDING:
            return None
        proof = Evidence(news=StatusUpdate(link=Link.UNKNOWN), occurred_at=now)
        after = replace(apply_evidence(present, proof, lifecycle=lifecycle()), sending_until=None)
        return after, [RequestEvent(EventKind.UNKNOWN, occurred_at=now, recorded_at=now)]

    for request in over:
        if amend_request(services.store, request, unknown, now=now).states.link is Link.UNKNOWN:
            log.warning("send_outcome_unknown", tenant=request.tenant_id, reference=request.reference)


def _open_calls(services: Services) -> None:
    """Captures and reversals without an answer: the core's record tells, whether or not anybody presses again."""
    now, store = services.now(), services.store
    with store.read() as work:
        calls = operations.overdue_calls(work, now=now, most=_QUESTIONS)
    silent: set[str] = set()  # as below; all that was chosen and has not ended waits, so the others have their turn
    for call in calls:
        pause = _SKIPPED_FOR if call.tenant_id in silent else _ASK_AGAIN_AFTER
        if call.tenant_id in silent or not _ended(services, call):
            silent.add(call.tenant_id)
            with store.write() as work:
                operations.ask_again_at(work, call, services.now() + pause)


def _ended(services: Services, call: OperationCall) -> bool:
    """Say whether an open call was found out about."""
    store = services.store
    tenant = _tenant(services, call.tenant_id)
    with store.read() as work:
        request = payments.find(work, call.tenant_id, call.reference)
    if tenant is None or request is None:
        return False
    return not settle_call(services.for_tenant(tenant), request=request, call=call).unfinished


def _tenant(services: Services, tenant_id: str) -> Tenant | None:
    """Return a tenant whom its core may be asked for; one whose secrets cannot be opened must not stop the sweep."""
    try:
        return services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        log.error("tenant_not_opened", tenant=tenant_id)
        return None


def _quiet_requests(services: Services) -> None:
    with services.store.read() as work:
        quiet = polling.due_requests(work, now=services.now(), most=_QUESTIONS)
    # Tenants whose core did not answer, and what they were not asked about: it waits, and others have their turn.
    silent: dict[str, list[str]] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ask") as pool:
        begun = [pool.submit(_ask, tenant_id, reference, silent, services) for tenant_id, reference in quiet]
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
        request = payments.find(work, tenant_id, reference)
    if request is None:
        return
    asked = reconcile_payment(services.for_tenant(tenant), request=request)
    if asked.silent:
        silent.setdefault(tenant_id, [])
