"""Knows how due inbox entries reach the journeys and come back with a verdict; refuses to decide one itself.

A broad ``except`` lives here, the second of two: one entry that breaks must not stop the others.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from callbacks.schemas import Unreadable, read_notification
from connector import metrics
from connector.core.bodies import card_free
from connector.domain.notification import Notification, SettingsChanged
from connector.domain.tenant import Tenant
from connector.errors import ConnectorError
from connector.journeys.apply_notification import Arrived, apply_notifications, back_off
from connector.journeys.confirm_notification import (
    CoreAnswer,
    NotYet,
    ask_about,
    confirm_notification,
    needs_confirming,
)
from connector.log import get_logger
from connector.services import Services
from connector.store import inbox, leases
from connector.store.inbox import InboxEntry, Ruling, Verdict

log = get_logger()
BATCH = 50
LEASE = timedelta(minutes=10)
# How long a drain waits for payment cores before it goes on to other tenants' news, and how long one is asked anew.
_PATIENCE_SECONDS = 0.25
_ASK_FOR_SECONDS = 10.0
_QUESTIONS = 8
_CRASHES = 5


@dataclass(frozen=True)
class _Read:
    """An entry whose body was understood."""

    entry: InboxEntry
    tenant: Tenant
    notification: Notification | SettingsChanged


def drain(services: Services, *, patience: float = _PATIENCE_SECONDS) -> int:
    """Claim one batch of due entries and bring each to a verdict; return how many were claimed.

    What still waits for a slow core after ``patience`` seconds gets its verdict by itself; until then no more news of its
    tenant is claimed, and that of all others is.
    """
    entries = _claimed(services)
    at_once: dict[str, list[_Read]] = {}
    waiting: dict[str, list[_Read]] = {}
    for one in [one for entry in entries if (one := _read(services, entry)) is not None]:
        needs_the_core = isinstance(one.notification, SettingsChanged) or needs_confirming(one.tenant, one.notification)
        (waiting if needs_the_core else at_once).setdefault(one.tenant.tenant_id, []).append(one)
    # News that needs no question must not wait for a slow core.
    for some in at_once.values():
        _apply_together(services, some[0].tenant, [Arrived(entry, told, None) for entry, told in _news(some)])
    steps = {name: partial(_ask_and_apply, services, some[0].tenant, some) for name, some in waiting.items()}
    services.asking.ask(steps, patience=patience)
    if not entries:
        services.asking.pause(
            patience
        )  # all that is due may be of those tenants: looking again at once would find nothing
    return len(entries)


def _claimed(services: Services) -> list[InboxEntry]:
    with services.store.database.write() as connection:
        return inbox.claim(
            connection,
            now=services.now(),
            lease=LEASE,
            lease_id=f"{services.owner}.{secrets.token_hex(8)}",
            most=BATCH,
            vault=services.store.vault,
            without=services.asking.away(),
        )


def _without_card_numbers(services: Services, entry: InboxEntry) -> InboxEntry:
    """Nobody but the gateway may keep a card number: the stored body loses it, the digest stays."""
    cleaned = card_free(entry.body)
    if cleaned is None:
        return entry
    with services.store.database.write() as connection:
        inbox.rewrite(connection, entry, cleaned, vault=services.store.vault)
    log.error("card_number_redacted", inbox=entry.name, tenant=entry.tenant_id, kind=entry.kind)
    metrics.tally.count(metrics.CARDS_REDACTED)
    return replace(entry, body=cleaned)


def _count(rulings: Sequence[Ruling]) -> None:
    for told in rulings:
        metrics.tally.count(metrics.RULED, told.verdict.value)
        metrics.tally.count(metrics.ANOMALIES, times=told.verdict is Verdict.ANOMALY)


def _read(services: Services, entry: InboxEntry) -> _Read | None:
    """Return what is to be applied; everything else is ruled here."""
    try:
        read = _understood(services, entry)
    except Exception as fault:
        # One entry that breaks must not keep the rest of its batch.
        log.error("entry_failed", inbox=entry.name, tenant=entry.tenant_id, error=type(fault).__name__)
        _put_aside(services, entry)
        return None
    if not isinstance(read, Ruling):
        return read
    log.error(
        "callback_not_applied", inbox=entry.name, tenant=entry.tenant_id, reason=read.reason, verdict=read.verdict
    )
    _rule(services, [entry], read)
    return None


def _put_aside(services: Services, entry: InboxEntry) -> None:
    with services.store.database.write() as connection:
        inbox.postpone_failed(connection, entry, due_at=services.now() + back_off(entry.attempts))


def _rule(services: Services, entries: Sequence[InboxEntry], ruling: Ruling) -> None:
    with services.store.database.write() as connection:
        inbox.rule(connection, [(entry, ruling) for entry in entries], now=services.now())
    _count([ruling for _ in entries])


def _understood(services: Services, entry: InboxEntry) -> _Read | Ruling:
    tenant = services.store.tenants.by_id(entry.tenant_id)
    if entry.open_claims > _CRASHES:
        return Ruling(Verdict.ANOMALY, "never_finished")
    if tenant is None:
        return Ruling(Verdict.ORPHAN, "unknown_tenant")
    entry = _without_card_numbers(services, entry)
    try:
        notification = read_notification(entry.kind, entry.body)
    except Unreadable as fault:
        return Ruling(Verdict.UNREADABLE, fault.reason)
    return _Read(entry, tenant, notification)


def _ask_and_apply(services: Services, tenant: Tenant, waiting: Sequence[_Read]) -> None:
    """Bring news of one tenant that needs its core's word to verdicts; it runs on a thread of the tenant's own."""
    try:
        settings = [one.entry for one in waiting if isinstance(one.notification, SettingsChanged)]
        if settings:
            _rule(services, settings, _settings_ruling(services, tenant, settings[0]))
        _apply_together(services, tenant, _confirmed(services, waiting))
    except Exception as fault:
        log.error("step_failed", where="confirm", tenant=tenant.tenant_id, error=type(fault).__name__)
    services.work.inbox_changed()  # what came for this tenant meanwhile was claimed by nobody


def _settings_ruling(services: Services, tenant: Tenant, entry: InboxEntry) -> Ruling:
    """Only a reason to read the core's settings again: nothing in the notification itself is believed."""
    try:
        _, configuration = services.core.get_configuration(tenant.core)
    except ConnectorError as fault:
        due_at = services.now() + back_off(entry.attempts)
        return Ruling(Verdict.AWAITING_CONFIRMATION, str(fault.code), due_at)
    services.store.tenants.set_configuration(tenant, configuration, now=services.now())
    return Ruling(Verdict.APPLIED)


def _confirmed(services: Services, waiting: Sequence[_Read]) -> list[Arrived]:
    """Ask the core between transactions: several links at once, each link one question."""
    news = _news(waiting)
    links = {told.link_reference: told for _, told in news}
    if not links:
        return []
    ask = partial(_ask, services, waiting[0].tenant, until=time.monotonic() + _ASK_FOR_SECONDS)
    with ThreadPoolExecutor(max_workers=min(_QUESTIONS, len(links)), thread_name_prefix="confirm") as pool:
        answers = dict(zip(links, pool.map(ask, links.values()), strict=True))
    return [
        Arrived(entry, told, confirm_notification(notification=told, answer=answers[told.link_reference]))
        for entry, told in news
    ]


def _news(read: Sequence[_Read]) -> list[tuple[InboxEntry, Notification]]:
    return [(one.entry, one.notification) for one in read if isinstance(one.notification, Notification)]


def _ask(services: Services, tenant: Tenant, notification: Notification, *, until: float) -> CoreAnswer:
    """Ask about a link. A core that has kept us waiting for so long is left alone until the next time."""
    if time.monotonic() > until:
        return NotYet("core_unreachable")
    try:
        return ask_about(tenant=tenant, notification=notification, core=services.core)
    except Exception as fault:
        log.error("question_failed", tenant=tenant.tenant_id, error=type(fault).__name__)
        return NotYet("question_failed")


def _apply_together(services: Services, tenant: Tenant, arrived: Sequence[Arrived]) -> None:
    """Apply in one transaction; when that fails, each entry is tried alone, and one that breaks is put aside."""
    if not arrived:
        return
    now = services.now()
    try:
        with services.store.database.write() as connection:
            held = leases.still_held(connection, [one.entry for one in arrived])
            arrived = [one for one in arrived if one.entry.digest in held]
            rulings = apply_notifications(connection, tenant, arrived, vault=services.store.vault, now=now)
            inbox.rule(connection, [(one.entry, told) for one, told in zip(arrived, rulings, strict=True)], now=now)
    except Exception as fault:
        log.error("apply_failed", tenant=tenant.tenant_id, error=type(fault).__name__, count=len(arrived))
        if len(arrived) > 1:
            for one in arrived:
                _apply_together(services, tenant, [one])
            return
        _put_aside(services, arrived[0].entry)
        return
    _count(rulings)
    if any(told.verdict is Verdict.APPLIED for told in rulings):
        services.work.outbox_changed()
