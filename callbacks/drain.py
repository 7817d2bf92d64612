"""The drain: parse due inbox entries, confirm and apply their notifications, and record their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from callbacks.confirmation import confirmed, news_of
from callbacks.core_settings import read_core_settings
from callbacks.parsing import ParsedEntry, by_tenant, read_entry, with_requests
from callbacks.per_tenant_executor import PerTenantExecutor
from connector import metrics
from connector.domain.payments.notification import SettingsChanged
from connector.domain.tenants.tenant import Tenant
from connector.journeys.incidents.report_callbacks_received import report_callbacks_received
from connector.journeys.notifications.apply_notification import ReceivedNotification, apply_notifications
from connector.journeys.notifications.await_record import held_wait
from connector.services import Services
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import Disposition, InboxEntry, Verdict
from connector.store.leasing import row_leases
from foundation.database.lease import Lease
from foundation.log import get_logger

log = get_logger()
# Entries of one batch share one commit, and one failure: small enough that the writer is free again within milliseconds.
BATCH = 50
# Far longer than a batch with all its questions: a lease that ends under way would have the work done twice.
LEASE = timedelta(minutes=10)
# How long a drain waits for payment cores before it continues with other tenants.
_PATIENCE_SECONDS = 0.25
_Found = TypeVar("_Found")


def drain(services: Services, executor: PerTenantExecutor, *, patience: float = _PATIENCE_SECONDS) -> int:
    """Claim one batch of due entries and bring each to a verdict; return how many were claimed.

    Entries that still wait for a slow core after ``patience`` seconds are finished in the background; until then no further
    entries of that tenant are claimed.
    """
    entries = _claim(services, without=executor.away())
    report_callbacks_received(entries=entries, store=services.store)
    understood = [one for entry in entries if (one := _read(services, entry)) is not None]
    read = [one for some in by_tenant(understood) for one in _with_requests(services, some)]
    # Notifications that need no confirmation must not wait for a slow core.
    asks = [one.needs_the_core for one in read]
    for some in by_tenant(one for one, needs in zip(read, asks, strict=True) if not needs):
        _apply(services, some[0].tenant, news_of(some))
    waiting = by_tenant(one for one, needs in zip(read, asks, strict=True) if needs)
    steps = {some[0].tenant.tenant_id: partial(_ask_and_apply, services, some[0].tenant, some) for some in waiting}
    # Entries that arrive for a tenant meanwhile are not claimed, so look again as soon as its core has answered.
    executor.ask(steps, patience=patience, then=services.work.inbox_changed)
    if not entries:
        # Everything due may belong to tenants whose core is being asked: claiming again at once would find nothing.
        executor.pause(patience)
    return len(entries)


def _claim(services: Services, *, without: Sequence[str]) -> list[InboxEntry]:
    now = services.now()
    with services.store.write() as work:
        return inbox_claim.claim(
            work,
            now=now,
            lease=Lease.of(services.owner, now + LEASE),
            most=BATCH,
            without=without,
        )


def _read(services: Services, entry: InboxEntry) -> ParsedEntry | None:
    """Return the parsed entry; where nothing is to be applied, record its disposition and return None."""
    read = _guarded(
        partial(read_entry, services, entry),
        partial(_postpone, services, [entry]),
        "entry_failed",
        tenant=entry.tenant_id,
        inbox=entry.name,
    )
    if not isinstance(read, Disposition):
        return read
    log.error(
        "callback_not_applied", inbox=entry.name, tenant=entry.tenant_id, reason=read.reason, verdict=read.verdict
    )
    _record_disposition(services, [entry], read)
    return None


def _with_requests(services: Services, some: Sequence[ParsedEntry]) -> Sequence[ParsedEntry]:
    """Return entries of one tenant with the requests that they name; on an error they are postponed."""
    tenant = some[0].tenant
    found = _guarded(
        partial(with_requests, services, tenant, some),
        partial(_postpone, services, [one.entry for one in some]),
        "requests_not_found",
        tenant=tenant.tenant_id,
        count=len(some),
    )
    return found or []


def _ask_and_apply(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> None:
    """Bring entries of one tenant that need its core to their verdicts; on an error those still open are postponed."""
    _guarded(
        partial(_apply_confirmed, services, tenant, waiting),
        partial(_postpone, services, [one.entry for one in waiting]),
        "confirm_failed",
        tenant=tenant.tenant_id,
        count=len(waiting),
    )


def _apply_confirmed(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> None:
    """Apply confirmed notifications, then read changed settings, for which money must not wait."""
    _apply(services, tenant, confirmed(services, tenant, waiting))
    settings = [one.entry for one in waiting if isinstance(one.notification, SettingsChanged)]
    if settings:
        _record_disposition(services, settings, read_core_settings(services, tenant, settings))


def _apply(services: Services, tenant: Tenant, arrived: Sequence[ReceivedNotification]) -> None:
    """Apply notifications in one transaction; if that fails, each is tried alone, and a failing one is postponed."""
    if not arrived:
        return

    def otherwise() -> None:
        if len(arrived) == 1:
            _postpone(services, [arrived[0].entry])
            return
        for one in arrived:
            _apply(services, tenant, [one])

    together = partial(_apply_together, services, tenant, arrived)
    _guarded(together, otherwise, "apply_failed", tenant=tenant.tenant_id, count=len(arrived))


def _apply_together(services: Services, tenant: Tenant, arrived: Sequence[ReceivedNotification]) -> None:
    now = services.now()
    with services.store.write() as work:
        # A stalled worker may come back after its lease has passed on; another worker applies its entries then.
        held = row_leases.still_held(work, [one.entry for one in arrived])
        arrived = [one for one in arrived if one.entry.digest in held]
        dispositions = apply_notifications(work, tenant, arrived, now=now)
        inbox_claim.record_dispositions(
            work, [(one.entry, disposition) for one, disposition in zip(arrived, dispositions, strict=True)], now=now
        )
    _count(dispositions)
    if any(disposition.verdict is Verdict.APPLIED for disposition in dispositions):
        services.work.outbox_changed()


def _record_disposition(services: Services, entries: Sequence[InboxEntry], disposition: Disposition) -> None:
    with services.store.write() as work:
        inbox_claim.record_dispositions(work, [(entry, disposition) for entry in entries], now=services.now())
    _count([disposition for _ in entries])


def _count(dispositions: Sequence[Disposition]) -> None:
    for disposition in dispositions:
        metrics.registry.count(metrics.RULED, disposition.verdict.value)
        metrics.registry.count(metrics.ANOMALIES, times=disposition.verdict is Verdict.ANOMALY)


def _postpone(services: Services, entries: Sequence[InboxEntry]) -> None:
    """Release entries without a verdict, to be tried again a little later."""
    with services.store.write() as work:
        for entry in entries:
            inbox_claim.postpone_failed(work, entry, due_at=services.now() + held_wait(entry.attempts))


def _guarded(
    step: Callable[[], _Found], otherwise: Callable[[], None], event: str, **facts: str | int
) -> _Found | None:
    """Run a step; if it fails, log that and run ``otherwise``."""
    try:
        return step()
    except Exception as error:  # one of the two broad ones: an entry that fails must not stop the others
        log.error(event, error=type(error).__name__, **facts)
    otherwise()
    return None
