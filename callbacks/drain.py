"""The drain: due inbox entries are parsed, confirmed, applied and given their verdict.

One of the two places with a broad ``except``: an entry that breaks must not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from callbacks.confirmation import confirmed, news_of, read_settings
from callbacks.parsing import ParsedEntry, by_tenant, read_entry, with_requests
from callbacks.per_tenant_executor import PerTenantExecutor
from connector import metrics
from connector.domain.payments.notification import SettingsChanged
from connector.domain.tenants.tenant import Tenant
from connector.journeys.incidents.report_callbacks_received import report_callbacks_received
from connector.journeys.notifications.apply_notification import ReceivedNotification, apply_notifications
from connector.journeys.notifications.await_record import back_off
from connector.services import Services
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import Disposition, InboxEntry, Verdict
from connector.store.lease import Lease
from connector.store.leasing import leases
from foundation.log import get_logger

log = get_logger()
BATCH = 50
LEASE = timedelta(minutes=10)
# How long a drain waits for payment cores before it goes on to other tenants' news.
_PATIENCE_SECONDS = 0.25
_Found = TypeVar("_Found")


def drain(services: Services, asking: PerTenantExecutor, *, patience: float = _PATIENCE_SECONDS) -> int:
    """Claim one batch of due entries and bring each to a verdict; return how many were claimed.

    What still waits for a slow core after ``patience`` seconds gets its verdict by itself; until then no more news of its
    tenant is claimed, and that of all others is.
    """
    entries = _claimed(services, without=asking.away())
    report_callbacks_received(entries=entries, store=services.store)
    understood = [one for entry in entries if (one := _read(services, entry)) is not None]
    read = [one for some in by_tenant(understood) for one in _with_requests(services, some)]
    # News that needs no question must not wait for a slow core.
    asks = [one.needs_the_core for one in read]
    for some in by_tenant(one for one, needs in zip(read, asks, strict=True) if not needs):
        _apply(services, some[0].tenant, news_of(some))
    waiting = by_tenant(one for one, needs in zip(read, asks, strict=True) if needs)
    steps = {some[0].tenant.tenant_id: partial(_ask_and_apply, services, some[0].tenant, some) for some in waiting}
    # What comes for a tenant meanwhile is claimed by nobody: look again as soon as its core has answered.
    asking.ask(steps, patience=patience, then=services.work.inbox_changed)
    if not entries:
        # All that is due may be of tenants whose core is being asked: looking again at once would find nothing.
        asking.pause(patience)
    return len(entries)


def _claimed(services: Services, *, without: Sequence[str]) -> list[InboxEntry]:
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
    """Return what is to be applied; everything else is ruled here."""
    read = _unless_it_breaks(
        partial(read_entry, services, entry),
        partial(_put_aside, services, [entry]),
        "entry_failed",
        tenant=entry.tenant_id,
        inbox=entry.name,
    )
    if not isinstance(read, Disposition):
        return read
    log.error(
        "callback_not_applied", inbox=entry.name, tenant=entry.tenant_id, reason=read.reason, verdict=read.verdict
    )
    _rule(services, [entry], read)
    return None


def _with_requests(services: Services, some: Sequence[ParsedEntry]) -> Sequence[ParsedEntry]:
    """Return what entries of one tenant say and whose requests they name; what breaks waits."""
    tenant = some[0].tenant
    found = _unless_it_breaks(
        partial(with_requests, services, tenant, some),
        partial(_put_aside, services, [one.entry for one in some]),
        "requests_not_found",
        tenant=tenant.tenant_id,
        count=len(some),
    )
    return found or []


def _ask_and_apply(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> None:
    """Bring news of one tenant that needs its core's word to verdicts; what breaks gives all that still waits back."""
    _unless_it_breaks(
        partial(_apply_confirmed, services, tenant, waiting),
        partial(_put_aside, services, [one.entry for one in waiting]),
        "confirm_failed",
        tenant=tenant.tenant_id,
        count=len(waiting),
    )


def _apply_confirmed(services: Services, tenant: Tenant, waiting: Sequence[ParsedEntry]) -> None:
    """Money comes first: whatever becomes of the settings, it must not wait for them."""
    _apply(services, tenant, confirmed(services, tenant, waiting))
    settings = [one.entry for one in waiting if isinstance(one.notification, SettingsChanged)]
    if settings:
        _rule(services, settings, read_settings(services, tenant, settings))


def _apply(services: Services, tenant: Tenant, arrived: Sequence[ReceivedNotification]) -> None:
    """Apply in one transaction; when that fails, each entry is tried alone, and one that breaks is put aside."""
    if not arrived:
        return

    def otherwise() -> None:
        if len(arrived) == 1:
            _put_aside(services, [arrived[0].entry])
            return
        for one in arrived:
            _apply(services, tenant, [one])

    together = partial(_apply_together, services, tenant, arrived)
    _unless_it_breaks(together, otherwise, "apply_failed", tenant=tenant.tenant_id, count=len(arrived))


def _apply_together(services: Services, tenant: Tenant, arrived: Sequence[ReceivedNotification]) -> None:
    now = services.now()
    with services.store.write() as work:
        held = leases.still_held(work, [one.entry for one in arrived])
        arrived = [one for one in arrived if one.entry.digest in held]
        dispositions = apply_notifications(work, tenant, arrived, now=now)
        inbox_claim.record_dispositions(
            work, [(one.entry, told) for one, told in zip(arrived, dispositions, strict=True)], now=now
        )
    _count(dispositions)
    if any(told.verdict is Verdict.APPLIED for told in dispositions):
        services.work.outbox_changed()


def _rule(services: Services, entries: Sequence[InboxEntry], disposition: Disposition) -> None:
    with services.store.write() as work:
        inbox_claim.record_dispositions(work, [(entry, disposition) for entry in entries], now=services.now())
    _count([disposition for _ in entries])


def _count(dispositions: Sequence[Disposition]) -> None:
    for told in dispositions:
        metrics.registry.count(metrics.RULED, told.verdict.value)
        metrics.registry.count(metrics.ANOMALIES, times=told.verdict is Verdict.ANOMALY)


def _put_aside(services: Services, entries: Sequence[InboxEntry]) -> None:
    """Give back what has got no verdict yet, to be tried again a little later."""
    with services.store.write() as work:
        for entry in entries:
            inbox_claim.postpone_failed(work, entry, due_at=services.now() + back_off(entry.attempts))


def _unless_it_breaks(
    step: Callable[[], _Found], otherwise: Callable[[], None], event: str, **facts: str | int
) -> _Found | None:
    """Take a step; when it breaks, say so and do something else instead."""
    try:
        return step()
    except Exception as error:
        log.error(event, error=type(error).__name__, **facts)
    otherwise()
    return None
