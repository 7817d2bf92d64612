"""Build the services of one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app

from connector import metrics
from connector.core.client import CoreClient
from connector.domain.tenants.tenant import Tenant
from connector.journeys.context import Context
from connector.salesforce.auth.token_provider import TokenProvider
from connector.salesforce.calls.api_allowance import ApiLimits
from connector.salesforce.calls.plain_loopback import allow_plain_loopback
from connector.salesforce.client import SalesforceClient
from connector.settings import Settings
from connector.store.encryption.vault import TenantVault
from connector.store.inbox import inbox
from connector.store.inbox.inbox import EncryptedArrival, Recorded
from connector.store.outbox import outbox
from connector.store.peer_watch import PeerWatch
from connector.store.schema.tables import write_checks
from connector.store.store import Store, open_store
from connector.store.tenants.call_rates import CallRate
from foundation.body_slots import BodySlots
from foundation.clock import utc_now
from foundation.database.database import Database
from foundation.database.group_commit import GroupCommit
from foundation.database.outage import DATABASE_FAULT
from foundation.database.write_check import WriteCheck
from foundation.http.egress import Egress
from foundation.http.session import PeerSession
from foundation.log import get_logger

if TYPE_CHECKING:
    from foundation.database.postgres.jobs import Jobs

log = get_logger()


class Work:
    """Wakes the drain and the push of this process."""

    # A lost wake-up costs seconds and never a callback: sweeps find due rows by themselves.
    def __init__(self) -> None:
        self.inbox = threading.Event()
        self.outbox = threading.Event()

    def inbox_changed(self) -> None:
        """Report that an inbox entry may be due."""
        self.inbox.set()

    def outbox_changed(self) -> None:
        """Report that an outbox entry may be due."""
        self.outbox.set()


class FleetWork(Work):
    """Wakes a worker of the fleet by a job; errors are logged, so that the calling request never fails for it."""

    def __init__(self, store: Store, jobs: Jobs, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._store = store
        self._jobs = jobs
        self._now = now

    def inbox_changed(self) -> None:
        """Report that an inbox entry may be due."""
        self._jobs.wake_drain()

    def outbox_changed(self) -> None:
        """Report that an outbox entry may be due, now or in a moment."""
        now = self._now()
        try:
            with self._store.read() as work:
                due = outbox.due_tenants(work, now=now, soon=2 * outbox.MERGE_FOR)
        except DATABASE_FAULT as error:
            log.warning("not_woken", where="push", error=type(error).__name__)
            return
        for tenant_id, first in due.items():
            self._jobs.wake_push(tenant_id, at=None if first <= now else first)


@dataclass(frozen=True)
class Services:
    """The services that endpoints, commands and workers use."""

    settings: Settings
    store: Store
    arrivals: GroupCommit[EncryptedArrival, Recorded]
    write_check: WriteCheck
    # The limit of callbacks without a proof, by callback key.
    unproven_rate: CallRate
    salesforce: SalesforceClient
    core: CoreClient
    work: Work
    now: Callable[[], datetime]
    body_slots: BodySlots
    # The name under which this process leases rows; in a fleet each worker has its own.
    owner: str = "embedded"

    @property
    def core_call_limit(self) -> timedelta:
        """The time limit of one call to the core."""
        return timedelta(seconds=self.settings.core_timeout)

    def for_tenant(self, tenant: Tenant) -> Context:
        """Return the context of journeys for one tenant."""
        return Context(tenant, self.store, self.core, self.salesforce, self.now, self.core_call_limit)


def build_services(
    settings: Settings, *, now: Callable[[], datetime] = utc_now, aside: Executor | None = None
) -> Services:
    """Build the parts of one process; nothing is started and no socket is opened.

    ``aside`` runs work that must not delay an answer; by default a thread of its own.
    """
    database = Database(settings.database_url, connections=settings.database_connections)
    store = open_store(database, TenantVault(settings.encryption_keys), now=now, aside=aside)
    watch = PeerWatch(tenants=store.tenants, findings=store.findings)
    egress = Egress.opened(settings.proxy, settings.ca_file)
    to_salesforce = PeerSession(
        peer="salesforce",
        total_timeout=settings.salesforce_timeout,
        # Salesforce limits how many long calls of an org may be under way.
        no_more=True,
        egress=egress,
        observe=metrics.count_call,
    )
    if settings.is_demo:
        allow_plain_loopback(to_salesforce)
    return Services(
        settings=settings,
        store=store,
        arrivals=GroupCommit(write=store.database.write, store=inbox.record_sealed),
        write_check=WriteCheck(database, write_checks, now=now),
        # Fifty at a time from the count that a fleet shares: a query for each would be what the limit is to prevent.
        unproven_rate=CallRate(store.call_rates.take, at_once=50),
        salesforce=SalesforceClient(
            session=to_salesforce,
            tokens=TokenProvider(session=to_salesforce, store=store.tokens, now=now),
            allow_loopback=settings.is_demo,
            limits=ApiLimits(),
            now=now,
            on_end=watch.salesforce,
        ),
        core=_core(settings, egress, watch, now),
        work=_work(settings, store, now),
        now=now,
        # Half of the threads: senders that dawdle over their bodies never hold up those that do not.
        body_slots=BodySlots(settings.threads // 2),
    )


def _core(settings: Settings, egress: Egress, watch: PeerWatch, now: Callable[[], datetime]) -> CoreClient:
    return CoreClient(
        reads=PeerSession(
            peer="core",
            total_timeout=settings.core_timeout,
            connections=8,
            egress=egress,
            observe=metrics.count_call,
        ),
        writes=PeerSession(
            peer="core",
            total_timeout=settings.core_timeout,
            repeat_reads=False,
            egress=egress,
            observe=metrics.count_call,
        ),
        allow_loopback=settings.is_demo,
        own_hosts=settings.core_hosts,
        on_end=watch.core,
        on_clock=watch.core_clock,
        now=now,
    )


def _work(settings: Settings, store: Store, now: Callable[[], datetime]) -> Work:
    if not settings.is_fleet:
        return Work()
    from foundation.database.postgres.jobs import Jobs  # noqa: PLC0415 15 MiB, only installed for a fleet

    return FleetWork(store, Jobs(settings.database_url), now)


def current_services() -> Services:
    """Return the services of the current Flask app."""
    services: Services = current_app.extensions["chat2pay"]
    return services
