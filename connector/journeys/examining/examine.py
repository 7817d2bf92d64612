"""Run the checks of a deployment and its tenants in order; one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from connector.core.client import CoreClient
from connector.domain.health.examination import (
    Check,
    CheckSelection,
    ExaminationResult,
    Unchecked,
    select_checks,
    worst_first,
)
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.errors import ServiceError, UpstreamError
from connector.journeys.examining.deployment.examine_callbacks import examine_callbacks
from connector.journeys.examining.deployment.examine_database import examine_database
from connector.journeys.examining.deployment.examine_egress import examine_egress
from connector.journeys.examining.deployment.examine_public_url import CertificateEnds, examine_public_url
from connector.journeys.examining.deployment.examine_queues import examine_queues
from connector.journeys.examining.deployment.examine_settings import examine_settings
from connector.journeys.examining.deployment.examine_setup import examine_setup
from connector.journeys.examining.peers.examine_core import examine_core
from connector.journeys.examining.peers.examine_login import examine_login
from connector.journeys.examining.peers.examine_news import examine_news
from connector.journeys.examining.peers.examine_odd_orders import examine_odd_orders
from connector.journeys.examining.peers.examine_order_payments import examine_order_payments
from connector.journeys.examining.peers.examine_org import examine_org
from connector.journeys.examining.peers.examine_people import examine_people
from connector.journeys.examining.peers.examine_project import examine_project
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.diagnostics import LoginReport, read_login
from connector.salesforce.permissions.org_facts import OrgFacts, read_org_facts
from connector.settings import Settings
from connector.store.store import Store
from foundation.http.session import PeerSession

# A check may call a peer several times; one that hangs must not keep the others from being made.
CHECK_TIMEOUT_SECONDS = 60.0
OnCheck = Callable[[str], None]


@dataclass(frozen=True)
class Examiner:
    """The dependencies of an examination. ``outside`` is the session for addresses that are no peer's API."""

    settings: Settings
    store: Store
    salesforce: SalesforceClient
    core: CoreClient
    outside: PeerSession
    certificate_ends: CertificateEnds
    free_space: Callable[[Path], int]
    now: Callable[[], datetime]


def examine(
    *,
    examiner: Examiner,
    choose: Callable[[], Sequence[Tenant]],
    on_check: OnCheck,
    extra_checks: Callable[[Tenant], Sequence[Check]] = lambda _: (),
    selections: Mapping[str, CheckSelection] | None = None,
    check_timeout: float = CHECK_TIMEOUT_SECONDS,
) -> Iterator[ExaminationResult]:
    """Check the deployment, then each tenant that ``choose`` returns, and the ``extra_checks`` of the caller.

    ``on_check`` is called with the name of each check before it runs. A check is abandoned after ``check_timeout`` seconds.
    ``selections`` limits the checks, by tenant id; the deployment's id is empty.
    """
    shared = _deployment(examiner, selections, on_check, check_timeout)
    yield shared
    if shared.fails("database") or shared.fails("schema"):
        return  # the list of tenants is in the database
    for tenant in choose():
        if selections is None or tenant.tenant_id in selections:
            yield _tenant(examiner, tenant, extra_checks(tenant), selections, on_check, check_timeout)


def _selection_for(selections: Mapping[str, CheckSelection] | None, tenant_id: str) -> CheckSelection | None:
    return None if selections is None else selections.get(tenant_id, CheckSelection())


def _deployment(
    examiner: Examiner, selections: Mapping[str, CheckSelection] | None, on_check: OnCheck, check_timeout: float
) -> ExaminationResult:
    """Check what all tenants share: settings, database, workers, the ways out and in."""
    settings, outside, now = examiner.settings, examiner.outside, examiner.now
    checks = [
        *examine_settings(settings=settings),
        *examine_database(settings=settings, store=examiner.store, free=examiner.free_space),
        *examine_egress(settings=settings, outside=outside, now=now),
        *examine_public_url(settings=settings, outside=outside, certificate_ends=examiner.certificate_ends, now=now),
    ]
    return _run_checks(
        "", "this deployment", select_checks(checks, _selection_for(selections, "")), on_check, check_timeout
    )


def _tenant(
    examiner: Examiner,
    tenant: Tenant,
    extra_checks: Sequence[Check],
    selections: Mapping[str, CheckSelection] | None,
    on_check: OnCheck,
    check_timeout: float,
) -> ExaminationResult:
    """Check one tenant: its configuration, its org, its core, and its queues."""
    salesforce, core, store, now = examiner.salesforce, examiner.core, examiner.store, examiner.now

    @cache
    def login_report() -> LoginReport:
        return read_login(salesforce, tenant)

    @cache
    def org_facts() -> OrgFacts:
        return read_org_facts(salesforce, tenant, own_id=login_report().user_id)

    checks = [
        *examine_setup(tenant=tenant, store=store, now=now),
        *examine_login(tenant=tenant, read_login=login_report, outside=examiner.outside, now=now),
        *examine_org(tenant=tenant, read_login=login_report, salesforce=salesforce, store=store, now=now),
        *examine_news(tenant=tenant, read_login=login_report, salesforce=salesforce, store=store, now=now),
        *examine_order_payments(tenant=tenant, salesforce=salesforce, store=store, now=now),
        *examine_project(tenant=tenant, facts=org_facts, salesforce=salesforce, store=store),
        *examine_people(tenant=tenant, read_login=login_report, facts=org_facts, salesforce=salesforce, store=store),
        *examine_core(tenant=tenant, core=core, outside=examiner.outside, settings=examiner.settings, now=now),
        *examine_callbacks(tenant=tenant, store=store, now=now),
        *examine_queues(tenant=tenant, store=store, now=now),
        *examine_odd_orders(tenant=tenant, store=store, now=now),
        *extra_checks,
    ]
    chosen = select_checks(checks, _selection_for(selections, tenant.tenant_id))
    return _run_checks(tenant.tenant_id, tenant.name, chosen, on_check, check_timeout)


def _run_checks(
    tenant_id: str, name: str, checks: Sequence[Check], on_check: OnCheck, check_timeout: float
) -> ExaminationResult:
    found: list[Finding] = []
    unseen: dict[str, Unchecked] = {}
    seen: list[str] = []
    for check in checks:
        on_check(f"{name}: {check.name.replace('_', ' ')}")
        stopped = _unmet_need(check, found, unseen) or _run_check(check, found, check_timeout)
        if stopped is None:
            seen.append(check.name)
        else:
            unseen[check.name] = Unchecked(check.name, stopped)
    every_minute = frozenset(check.name for check in checks if check.every_minute)
    return ExaminationResult(tenant_id, name, worst_first(found), tuple(unseen.values()), tuple(seen), every_minute)


def _unmet_need(check: Check, found: Sequence[Finding], unseen: dict[str, Unchecked]) -> str | None:
    """Return why a check cannot run, because the one that it needs has failed; None where it can."""
    needed = check.needs
    if needed in unseen or any(one.check == needed and one.level is Level.WRONG for one in found):
        return f"it needs “{str(needed).replace('_', ' ')}”, which did not go well."
    return None


def _run_check(check: Check, found: list[Finding], timeout: float) -> str | None:
    """Run one check and add its findings; return why it could not be completed, None where it was."""
    # In a thread of its own, so that one that hangs can be abandoned, and whatever it raises becomes an answer.
    runner = ThreadPoolExecutor(1, f"check-{check.name}")
    future = runner.submit(check.run)
    runner.shutdown(wait=False)
    try:
        error = future.exception(timeout=timeout)
    except TimeoutError:
        return f"it was given up after {timeout:.0f} seconds without an answer."
    if error is None:
        found.extend(future.result())
        return None
    return why(error)


def why(error: BaseException) -> str:
    """Describe why a check failed, never with a peer's own text."""
    if isinstance(error, UpstreamError):
        code = (
            f" ({error.reason})"
            if error.reason
            else f" (status {error.upstream_status})"
            if error.upstream_status
            else ""
        )
        return f"{error.message}{code}"
    if isinstance(error, ServiceError):
        return error.message
    return f"it failed with {type(error).__name__}; report this, it is a fault of the connector."
