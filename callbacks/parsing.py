"""Parse claimed inbox entries, and find the payment requests that they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from callbacks.names import names_in, says_stop, tokens_in
from callbacks.read_notification import read_notification
from connector import metrics
from connector.core.redact_bodies import redact_cards, without_person
from connector.domain.payments.notification import Notification, OptOutMessage, SettingsChanged
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.notifications.await_record import held_wait
from connector.journeys.notifications.confirm_notification import needs_confirming
from connector.journeys.notifications.find_requests import Named, find_attempted, find_requests
from connector.services import Services
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import KEY_MISSING, Disposition, InboxEntry, Verdict
from foundation.log import get_logger

log = get_logger()
NOT_SETTINGS = "names_a_payment"
# A process may be stopped in the middle of a batch by an upgrade; five times in one entry it is the entry.
_CRASHES = 5
_MOST_REQUESTS = 10
# A missing key returns only when a person brings it, so trying every minute gains nothing.
_LONGEST_WITHOUT_KEY = timedelta(minutes=10)


@dataclass(frozen=True)
class ParsedEntry:
    """An entry, its notification, and the payment requests that it names, the most likely one first."""

    entry: InboxEntry
    tenant: Tenant
    notification: Notification | SettingsChanged
    requests: tuple[PaymentRequest, ...] = ()

    @property
    def needs_the_core(self) -> bool:
        """Return whether the core must be asked before anything is done."""
        if isinstance(self.notification, SettingsChanged):
            return True
        if self.notification.opt_out_message is not None:
            return False
        if not self.entry.proven:  # only about requests of ours, since an unproven body can name anything
            return bool(self.requests)
        return needs_confirming(self.tenant, self.notification, self.requests)


def read_entry(services: Services, entry: InboxEntry) -> ParsedEntry | Disposition:
    """Return the parsed entry, or a disposition where it cannot be read, now or ever."""
    try:
        tenant = services.store.tenants.by_id(entry.tenant_id)
    except TenantProblem:
        return _without_key(services, entry)
    if entry.body is None:
        return _without_key(services, entry)
    if entry.open_claims > _CRASHES:
        return Disposition(Verdict.ANOMALY, "never_finished")
    if tenant is None:
        return Disposition(Verdict.ORPHAN, "unknown_tenant")
    entry, body = _without_card_numbers(services, entry, entry.body)
    return ParsedEntry(entry, tenant, understood(entry.kind, body))


def by_tenant(read: Iterable[ParsedEntry]) -> list[list[ParsedEntry]]:
    """Group entries by tenant, keeping their order."""
    found: dict[str, list[ParsedEntry]] = {}
    for one in read:
        found.setdefault(one.tenant.tenant_id, []).append(one)
    return list(found.values())


def with_requests(services: Services, tenant: Tenant, read: Sequence[ParsedEntry]) -> list[ParsedEntry]:
    """Find the requests that entries of one tenant name; where the parsed fields name none, every text is tried."""
    found = find_requests(tenant=tenant, named=[_names_of(one) for one in read], store=services.store)
    with_named = [replace(one, requests=requests) for one, requests in zip(read, found, strict=True)]
    every = [_with_any_named(services, one) if _may_hide_names(one) else one for one in with_named]
    return [_without_person(services, one) if any(r.forgotten for r in one.requests) else one for one in every]


def _without_person(services: Services, one: ParsedEntry) -> ParsedEntry:
    """Store late news of a request without the person who was erased from it; what it says of money still counts."""
    body = without_person(one.entry.body or b"")
    if body == one.entry.body:
        return one  # an entry that waits is read many times, and the preview of a replay only reads
    with services.store.write() as work:
        inbox_claim.rewrite(work, one.entry, body)
    return replace(one, entry=replace(one.entry, body=body))


def understood(kind: str, body: bytes) -> Notification | SettingsChanged:
    """Parse a body as far as possible. One that cannot be parsed keeps the names in it, and may still be a STOP."""
    notification = read_notification(kind, body)
    if isinstance(notification, Notification) and not notification.error:
        return notification
    names = names_in(body)
    if isinstance(notification, SettingsChanged):
        if not (names.references or names.link_references):
            return notification
        notification = Notification.unreadable(NOT_SETTINGS)  # a notification about settings names no payment
    stopped = OptOutMessage("", (), stopped=True) if says_stop(body) else None
    return replace(
        notification,
        opt_out_message=stopped,
        reference=notification.reference or next(iter(names.references), None),
        link_reference=notification.link_reference or next(iter(names.link_references), None),
        order_number=notification.order_number or next(iter(names.order_numbers), None),
    )


def _names_of(one: ParsedEntry) -> Named:
    notification = one.notification
    return (
        (None, None)
        if isinstance(notification, SettingsChanged)
        else (notification.reference, notification.link_reference)
    )


def _may_hide_names(one: ParsedEntry) -> bool:
    notification = one.notification
    if isinstance(notification, SettingsChanged):
        return False
    return notification.error is not None or not (one.requests or notification.opt_out_message)


def _with_any_named(services: Services, one: ParsedEntry) -> ParsedEntry:
    """Return an entry with the requests that any text of its body names."""
    found = find_attempted(tenant=one.tenant, texts=tokens_in(one.entry.body or b""), store=services.store)
    # A body that lists a hundred requests is not a notification, and must not cause a hundred questions.
    return replace(one, requests=found[:_MOST_REQUESTS])


def _without_key(services: Services, entry: InboxEntry) -> Disposition:
    """Hold an entry whose encryption key is missing; it is never buried, because the key may return."""
    due_at = services.now() + held_wait(entry.attempts, longest=_LONGEST_WITHOUT_KEY)
    return Disposition(Verdict.HELD, KEY_MISSING, due_at)


def _without_card_numbers(services: Services, entry: InboxEntry, body: bytes) -> tuple[InboxEntry, bytes]:
    """Remove card numbers from a stored body, since only the gateway may keep them; the digest stays."""
    cleaned = redact_cards(body)
    if cleaned is None:
        return entry, body
    with services.store.write() as work:
        inbox_claim.rewrite(work, entry, cleaned)
    log.error("card_number_redacted", inbox=entry.name, tenant=entry.tenant_id, kind=entry.kind)
    metrics.registry.count(metrics.CARDS_REDACTED)
    return replace(entry, body=cleaned), cleaned
