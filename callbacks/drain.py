"""Knows how due inbox entries reach the journeys and come back with a verdict; refuses to decide one itself.

A broad ``except`` lives here, the second of two: one entry that breaks must not stop the others.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from callbacks.schemas import Unreadable, read_notification
from connector import metrics
from connector.core.bodies import card_free
from connector.domain.notification import Notification, SettingsChanged, speaks_of_money
from connector.domain.tenant import Tenant
from connector.errors import ConnectorError
from connector.journeys.apply_notification import Arrived, apply_notifications, back_off
from connector.journeys.confirm_notification import Confirmation, CoreAnswer, ask_about, confirm_notification
from connector.log import get_logger
from connector.services import Services
from connector.store import inbox, leases
from connector.store.inbox import InboxEntry, Ruling, Verdict

log = get_logger()
BATCH = 50
LEASE = timedelta(minutes=10)
_QUESTIONS = 8
_CRASHES = 5


@dataclass(frozen=True)
class _Read:
    """An entry whose body was understood."""

    entry: InboxEntry
    tenant: Tenant
    notification: Notification

    @property
    def link(self) -> tuple[str, str | None]:
        """Whose link this speaks of: the core is asked once for each."""
        return self.tenant.tenant_id, self.notification.link_reference


def drain(services: Services) -> int:
    """Claim one batch of due entries and bring each to a verdict; return how many were claimed."""
    with services.store.database.write() as connection:
        entries = inbox.claim(
            connection,
            now=services.now(),
            lease=LEASE,
            lease_id=f"{services.owner}.{secrets.token_hex(8)}",
            most=BATCH,
            vault=services.store.vault,
        )
    entries = [_without_card_numbers(services, entry) for entry in entries]
    read = [one for entry in entries if (one := _read(services, entry)) is not None]
    of_money = [one for one in read if one.tenant.core.confirm and speaks_of_money(one.notification.news)]
    at_once = [one for one in read if one not in of_money]
    # News that needs no question must not wait for a slow core.
    _apply(services, [(one, None) for one in at_once])
    _apply(services, _confirmed(services, of_money))
    return len(entries)


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
    """Return what can be applied; everything else is ruled here."""
    tenant = services.store.tenants.by_id(entry.tenant_id)
    read = _understood(services, tenant, entry)
    if isinstance(read, _Read):
        return read
    if read.verdict is not Verdict.APPLIED:
        log.error(
            "callback_not_applied", inbox=entry.name, tenant=entry.tenant_id, reason=read.reason, verdict=read.verdict
        )
    with services.store.database.write() as connection:
        inbox.rule(connection, [(entry, read)], now=services.now())
    _count([read])
    return None


def _understood(services: Services, tenant: Tenant | None, entry: InboxEntry) -> _Read | Ruling:
    if entry.open_claims > _CRASHES:
        return Ruling(Verdict.ANOMALY, "never_finished")
    if tenant is None:
        return Ruling(Verdict.ORPHAN, "unknown_tenant")
    try:
        notification = read_notification(entry.kind, entry.body)
    except Unreadable as fault:
        return Ruling(Verdict.UNREADABLE, fault.reason)
    if isinstance(notification, SettingsChanged):
        return _settings_ruling(services, tenant, entry)
    return _Read(entry, tenant, notification)


def _settings_ruling(services: Services, tenant: Tenant, entry: InboxEntry) -> Ruling:
    """Only a reason to read the core's settings again: nothing in the notification itself is believed."""
    try:
        _, configuration = services.core.get_configuration(tenant.core)
    except ConnectorError as fault:
        due_at = services.now() + back_off(entry.attempts)
        return Ruling(Verdict.AWAITING_CONFIRMATION, str(fault.code), due_at)
    services.store.tenants.set_configuration(tenant, configuration, now=services.now())
    return Ruling(Verdict.APPLIED)


def _confirmed(services: Services, waiting: Sequence[_Read]) -> list[tuple[_Read, Confirmation | None]]:
    """Ask the core between transactions: several links at once, each link one question."""
    links = {one.link: one for one in waiting}
    if not links:
        return []
    with ThreadPoolExecutor(max_workers=min(_QUESTIONS, len(links)), thread_name_prefix="confirm") as pool:
        answers = dict(zip(links, pool.map(lambda one: _ask(services, one), links.values()), strict=True))
    return [(one, confirm_notification(notification=one.notification, answer=answers[one.link])) for one in waiting]


def _ask(services: Services, one: _Read) -> CoreAnswer:
    return ask_about(tenant=one.tenant, notification=one.notification, core=services.core)


def _apply(services: Services, rows: Sequence[tuple[_Read, Confirmation | None]]) -> None:
    """Bring a batch to its verdicts, a transaction per tenant."""
    by_tenant: dict[str, list[tuple[_Read, Confirmation | None]]] = {}
    for one, confirmation in rows:
        by_tenant.setdefault(one.tenant.tenant_id, []).append((one, confirmation))
    for some in by_tenant.values():
        _apply_together(services, some[0][0].tenant, [Arrived(one.entry, one.notification, c) for one, c in some])


def _apply_together(services: Services, tenant: Tenant, arrived: Sequence[Arrived]) -> None:
    """Apply in one transaction; when that fails, each entry is tried alone, and one that breaks is put aside."""
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
        with services.store.database.write() as connection:
            inbox.postpone_failed(connection, arrived[0].entry, due_at=now + back_off(arrived[0].entry.attempts))
        return
    _count(rulings)
    if any(told.verdict is Verdict.APPLIED for told in rulings):
        services.work.outbox_changed()
