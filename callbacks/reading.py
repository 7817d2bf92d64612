"""Knows what a claimed entry says and to whom, or why it says nothing; refuses to apply it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from callbacks.schemas import Unreadable, read_notification
from connector import metrics
from connector.core.bodies import card_free
from connector.domain.notification import Notification, SettingsChanged
from connector.domain.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.apply_notification import back_off
from connector.journeys.confirm_notification import needs_confirming
from connector.log import get_logger
from connector.services import Services
from connector.store import claims
from connector.store.inbox import KEY_MISSING, InboxEntry, Ruling, Verdict

log = get_logger()
_CRASHES = 5
# Keys come back when a person brings them: nobody gains by looking every minute.
_LONGEST_WITHOUT_KEY = timedelta(minutes=10)


@dataclass(frozen=True)
class Read:
    """An entry whose body was understood."""

    entry: InboxEntry
    tenant: Tenant
    notification: Notification | SettingsChanged

    @property
    def needs_the_core(self) -> bool:
        """Say whether the core must be asked before anything is done."""
        return isinstance(self.notification, SettingsChanged) or needs_confirming(self.tenant, self.notification)


def read_entry(services: Services, entry: InboxEntry) -> Read | Ruling:
    """Return what an entry says; a ruling where that is nothing, or cannot be found out now."""
    try:
        tenant = services.store.tenants.by_id(entry.tenant_id)
    except TenantProblem:
        return _without_key(services, entry)
    if entry.body is None:
        return _without_key(services, entry)
    if entry.open_claims > _CRASHES:
        return Ruling(Verdict.ANOMALY, "never_finished")
    if tenant is None:
        return Ruling(Verdict.ORPHAN, "unknown_tenant")
    entry, body = _without_card_numbers(services, entry, entry.body)
    try:
        return Read(entry, tenant, read_notification(entry.kind, body))
    except Unreadable as fault:
        return Ruling(Verdict.UNREADABLE, fault.reason)


def _without_key(services: Services, entry: InboxEntry) -> Ruling:
    """The key may come back, so this is never buried: it waits, ever longer, and stands in nobody's way."""
    due_at = services.now() + back_off(entry.attempts, longest=_LONGEST_WITHOUT_KEY)
    return Ruling(Verdict.HELD, KEY_MISSING, due_at)


def _without_card_numbers(services: Services, entry: InboxEntry, body: bytes) -> tuple[InboxEntry, bytes]:
    """Nobody but the gateway may keep a card number: the stored body loses it, the digest stays."""
    cleaned = card_free(body)
    if cleaned is None:
        return entry, body
    with services.store.database.write() as connection:
        claims.rewrite(connection, entry, cleaned, vault=services.store.vault)
    log.error("card_number_redacted", inbox=entry.name, tenant=entry.tenant_id, kind=entry.kind)
    metrics.tally.count(metrics.CARDS_REDACTED)
    return replace(entry, body=cleaned), cleaned
