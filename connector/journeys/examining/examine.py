"""Examine a deployment and its tenants: the order of the checks; one that fails does not stop the others."""

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
from connector.journeys.examining.peers.examine_orders import examine_orders
from connector.journeys.examining.peers.examine_org import examine_org
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.diagnostics import LoginReport, read_login
from connector.settings import Settings
from connector.store.store import Store
from foundation.http.session import PeerSession

LONGEST_LOOK_SECONDS = 60.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Examiner:
    """What an examination looks with. ``outside`` is the session for addresses that belong to nobody's API."""

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
    by: Examiner,
    choose: Callable[[], Sequence[Tenant]],
    tell: Tell,
    more: Callable[[Tenant], Sequence[Check]] = lambda _: (),
    wishes: Mapping[str, CheckSelection] | None = None,
    longest_look: float = LONGEST_LOOK_SECONDS,
) -> Iterator[ExaminationResult]:
    """Look at the deployment, then at the tenants that ``choose`` names, each with ``more`` looks; no look stops the others.

    ``tell`` hears what is being looked at. A look that takes longer than ``longest_look`` seconds is given up. With
    ``wishes`` only what those name is looked at, by tenant; the deployment's tenant is empty.
    """
    shared = _deployment(by, wishes, tell, longest_look)
    yield shared
    if shared.fails("database") or shared.fails("schema"):
        return  # who the tenants are stands in the database
    for tenant in choose():
        if wishes is None or tenant.tenant_id in wishes:
            yield _tenant(by, tenant, more(tenant), wishes, tell, longest_look)


def _command(wishes: Mapping[str, CheckSelection] | None, tenant_id: str) -> CheckSelection | None:
    return None if wishes is None else wishes.get(tenant_id, CheckSelection())


def _deployment(
    by: Examiner, wishes: Mapping[str, CheckSelection] | None, tell: Tell, longest_look: float
) -> ExaminationResult:
    """Look at what all tenants share: settings, database, workers, and the way in from outside."""
    looks = [
        *examine_settings(settings=by.settings),
        *examine_database(settings=by.settings, store=by.store, free=by.free_space),
        *examine_egress(settings=by.settings, outside=by.outside, now=by.now),
        *examine_public_url(settings=by.settings, outside=by.outside, certificate_ends=by.certificate_ends, now=by.now),
    ]
    return _through("", "this deployment", select_checks(looks, _command(wishes, "")), tell, longest_look)


def _tenant(
    by: Examiner,
    tenant: Tenant,
    more: Sequence[Check],
    wishes: Mapping[str, CheckSelection] | None,
    tell: Tell,
    longest_look: float,
) -> ExaminationResult:
    """Look at one tenant: its row, its org, its core, and what waits for it in the ledger."""

    @cache
    def login_report() -> LoginReport:
        return read_login(by.salesforce, tenant)

    looks = [
        *examine_setup(tenant=tenant, store=by.store, now=by.now),
        *examine_login(tenant=tenant, read_login=login_report, outside=by.outside, now=by.now),
        *examine_org(tenant=tenant, read_login=login_report, salesforce=by.salesforce, store=by.store, now=by.now),
        *examine_core(tenant=tenant, core=by.core, outside=by.outside, now=by.now),
        *examine_callbacks(tenant=tenant, store=by.store, now=by.now),
        *examine_queues(tenant=tenant, store=by.store, now=by.now),
        *examine_orders(tenant=tenant, store=by.store, now=by.now),
        *more,
    ]
    chosen = select_checks(looks, _command(wishes, tenant.tenant_id))
    return _through(tenant.tenant_id, tenant.name, chosen, tell, longest_look)


def _through(tenant_id: str, name: str, looks: Sequence[Check], tell: Tell, longest_look: float) -> ExaminationResult:
    found: list[Finding] = []
    unseen: dict[str, Unchecked] = {}
    seen: list[str] = []
    for look in looks:
        tell(f"{name}: {look.name.replace('_', ' ')}")
        stopped = _in_the_way(look, found, unseen) or _looked(look, found, longest_look)
        if stopped is None:
            seen.append(look.name)
        else:
            unseen[look.name] = Unchecked(look.name, stopped)
    every_minute = frozenset(look.name for look in looks if look.every_minute)
    return ExaminationResult(tenant_id, name, worst_first(found), tuple(unseen.values()), tuple(seen), every_minute)


def _in_the_way(look: Check, found: Sequence[Finding], unseen: dict[str, Unchecked]) -> str | None:
    """Say why a look is of no use: what it needs has failed."""
    needed = look.needs
    if needed in unseen or any(one.check == needed and one.level is Level.WRONG for one in found):
        return f"it needs “{str(needed).replace('_', ' ')}”, which did not go well."
    return None


def _looked(look: Check, found: list[Finding], longest: float) -> str | None:
    """Take one look; return why it could not be taken, if so. It runs aside, so whatever it raises is an answer too."""
    runner = ThreadPoolExecutor(1, f"look-{look.name}")
    future = runner.submit(look.at)
    runner.shutdown(wait=False)
    try:
        error = future.exception(timeout=longest)
    except TimeoutError:
        return f"it was given up after {longest:.0f} seconds without an answer."
    if error is None:
        found.extend(future.result())
        return None
    return why(error)


def why(error: BaseException) -> str:
    """Say in words why a look failed; never with a peer's own text."""
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
