"""What a claimed inbox entry says, and which of our payment requests it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from callbacks.names import names_in, says_stop, tokens_in
from callbacks.schemas import read_notification
from connector import metrics
from connector.core.bodies import redact_cards
from connector.domain.payments.notification import Notification, OptOutMessage, SettingsChanged
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.notifications.await_record import back_off
from connector.journeys.notifications.confirm_notification import needs_confirming
from connector.journeys.notifications.find_requests import Named, find_attempted, find_requests
from connector.services import Services
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import KEY_MISSING, Disposition, InboxEntry, Verdict
from foundation.log import get_logger

log = get_logger()
NOT_SETTINGS = "names_a_payment"
_CRASHES = 5
_MOST_SPOKEN_OF = 10
# Keys come back when a person brings them: nobody gains by looking every minute.
_LONGEST_WITHOUT_KEY = timedelta(minutes=10)


@dataclass(frozen=True)
class ParsedEntry:
    """An entry, what it says, and the payment requests of ours that it names: the one it is most likely about first."""

    entry: InboxEntry
    tenant: Tenant
    notification: Notification | SettingsChanged
    requests: tuple[PaymentRequest, ...] = ()

    @property
    def needs_the_core(self) -> bool:
        """Say whether the core must be asked before anything is done."""
        if isinstance(self.notification, SettingsChanged):
            return True
        if self.notification.customer_word is not None:
            return False
        if not self.entry.proven:  # about what is ours and nothing else: names can be made up
            return bool(self.requests)
        return needs_confirming(self.tenant, self.notification, self.requests)


def read_entry(services: Services, entry: InboxEntry) -> ParsedEntry | Disposition:
    """Return what an entry says; a disposition where it says nothing, or that cannot be determined now."""
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
    """Return entries by tenant, each tenant's in their sequence."""
    found: dict[str, list[ParsedEntry]] = {}
    for one in read:
        found.setdefault(one.tenant.tenant_id, []).append(one)
    return list(found.values())


def with_requests(services: Services, tenant: Tenant, read: Sequence[ParsedEntry]) -> list[ParsedEntry]:
    """Find the requests that entries of one tenant name; where what was read names none, every text of the body is tried."""
    found = find_requests(tenant=tenant, named=[_names_of(one) for one in read], store=services.store)
    spoken = [replace(one, requests=requests) for one, requests in zip(read, found, strict=True)]
    return [_tried(services, one) if _hides_names(one) else one for one in spoken]


def understood(kind: str, body: bytes) -> Notification | SettingsChanged:
    """Read a body as far as it can be read. What cannot be has every name that stands in it, and may be a STOP all the same."""
    told = read_notification(kind, body)
    if isinstance(told, Notification) and not told.error:
        return told
    names = names_in(body)
    if isinstance(told, SettingsChanged):
        if not (names.references or names.link_references):
            return told
        told = Notification.of_nothing(NOT_SETTINGS)  # no news of settings names a payment
    stopped = OptOutMessage("", (), stopped=True) if says_stop(body) else None
    return replace(
        told,
        customer_word=stopped,
        reference=told.reference or next(iter(names.references), None),
        link_reference=told.link_reference or next(iter(names.link_references), None),
        order_number=told.order_number or next(iter(names.order_numbers), None),
    )


def _names_of(one: ParsedEntry) -> Named:
    told = one.notification
    return (None, None) if isinstance(told, SettingsChanged) else (told.reference, told.link_reference)


def _hides_names(one: ParsedEntry) -> bool:
    told = one.notification
    if isinstance(told, SettingsChanged):
        return False
    return told.error is not None or not (one.requests or told.customer_word)


def _tried(services: Services, one: ParsedEntry) -> ParsedEntry:
    """At most some requests: a body that lists a hundred is no notification."""
    found = find_attempted(tenant=one.tenant, texts=tokens_in(one.entry.body or b""), store=services.store)
    return replace(one, requests=found[:_MOST_SPOKEN_OF])


def _without_key(services: Services, entry: InboxEntry) -> Disposition:
    """The key may come back, so this is never buried: it waits, ever longer, and stands in nobody's way."""
    due_at = services.now() + back_off(entry.attempts, longest=_LONGEST_WITHOUT_KEY)
    return Disposition(Verdict.HELD, KEY_MISSING, due_at)


def _without_card_numbers(services: Services, entry: InboxEntry, body: bytes) -> tuple[InboxEntry, bytes]:
    """Nobody but the gateway may keep a card number: the stored body loses it, the digest stays."""
    cleaned = redact_cards(body)
    if cleaned is None:
        return entry, body
    with services.store.write() as work:
        inbox_claim.rewrite(work, entry, cleaned)
    log.error("card_number_redacted", inbox=entry.name, tenant=entry.tenant_id, kind=entry.kind)
    metrics.registry.count(metrics.CARDS_REDACTED)
    return replace(entry, body=cleaned), cleaned
