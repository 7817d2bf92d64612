"""Decides what is true of a request by asking the core, and heals ours through the same moves as a callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connector.core.client import CoreClient
from connector.core.statuses import lifecycle
from connector.domain.moves import Proof, applied
from connector.domain.notification import CoreRecord
from connector.domain.payment import PaymentRequest, Reason
from connector.domain.status import Link, Money, News
from connector.domain.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.change_request import change_request
from connector.log import get_logger
from connector.store import orders, payments, watched
from connector.store.payments import Event
from connector.store.store import Store

log = get_logger()
# A core that does not know our reference this long after sending began has not got it and will not get it.
_NEVER_ARRIVED_AFTER = timedelta(minutes=2)


class Freshness(StrEnum):
    """Whether the core could be asked."""

    FRESH = "fresh"
    CORE_UNREACHABLE = "core_unreachable"


class Finding(StrEnum):
    """What asking brought to light."""

    SAME = "same"
    HEALED = "healed"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Reconciled:
    """Whether the core could be asked, and what its record showed."""

    freshness: Freshness
    finding: Finding = Finding.SAME


class Mismatch(Exception):
    """The core's record does not belong to our request; ``field`` says where they differ."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def reconcile_payment(
    *, tenant: Tenant, request: PaymentRequest, store: Store, core: CoreClient, now: Callable[[], datetime]
) -> Reconciled:
    """Ask the core for its own record of a request and apply it; a lost callback is healed here."""
    try:
        record = ask_core(tenant, request, core)
    except (UpstreamError, TenantProblem) as fault:
        log.warning("core_not_asked", tenant=tenant.tenant_id, reference=request.reference, code=str(fault.code))
        _end_unknown(request, store=store, now=now())
        if request.live:  # an ended one is asked about once: a question that found nobody does not count
            _note_asked(request, store, now())
        return Reconciled(Freshness.CORE_UNREACHABLE)
    finding = _take(tenant, request, record, store=store, now=now())
    _note_asked(request, store, now())
    return Reconciled(Freshness.FRESH, finding)


def _take(
    tenant: Tenant, request: PaymentRequest, record: CoreRecord | None, *, store: Store, now: datetime
) -> Finding:
    if record is None:
        return _absent(request, store=store, now=now)
    try:
        healed = apply_record(request, record, tenant=tenant, store=store, now=now)
    except Mismatch as fault:
        log.error("core_record_mismatch", tenant=tenant.tenant_id, reference=request.reference, fields=fault.field)
        return Finding.UNEXPLAINED
    return Finding.HEALED if healed.version != request.version else Finding.SAME


def ask_core(tenant: Tenant, request: PaymentRequest, core: CoreClient) -> CoreRecord | None:
    """Return the core's record: by its link reference if we have it, else by our reference."""
    if request.link_reference:
        return core.get_transaction(tenant.core, request.link_reference)
    return core.find_by_reference(tenant.core, request.reference)


def proof_of(record: CoreRecord, *, now: datetime) -> Proof:
    """Turn the core's record into proof."""
    said_at = record.decided_at if record.news.money else record.clicked_at or record.created_at
    return Proof(
        news=record.news,
        occurred_at=said_at or now,
        core_status=record.core_status,
        link_reference=record.link_reference,
        receipt_reference=record.receipt_reference,
        reconciliation_reference=record.reconciliation_reference,
        authorized=record.authorized,
        captured=record.captured,
        reversed=record.reversed,
        sent_at=record.created_at,
        opened_at=record.clicked_at,
    )


def check_match(record: CoreRecord, request: PaymentRequest, tenant: Tenant) -> None:
    """Compare the core's record with what we asked for.

    Raises:
        Mismatch: amount, currency, environment, order number or link reference differ, or it says that nothing was moved.
    """
    differing = [
        ("amount", not request.asks_for(record.total)),
        ("currency", record.currency != request.currency),
        ("environment", record.environment not in (None, tenant.core.environment)),
        ("order_number", record.order_number not in (None, request.order_number)),
        ("link_reference", request.link_reference not in (None, record.link_reference)),
        ("reference", record.reference not in (None, request.reference)),
        ("captured", record.news.money is Money.PAID and record.captured <= 0),
        ("authorized", record.news.money is Money.AUTHORIZED and record.authorized <= 0),
        ("reversed", record.news.money is Money.REVERSED and 0 >= record.reversed < record.captured),
    ]
    for name, differs in differing:
        if differs:
            raise Mismatch(name)


def apply_record(
    request: PaymentRequest, record: CoreRecord, *, tenant: Tenant, store: Store, now: datetime
) -> PaymentRequest:
    """Apply the core's record to a request in a transaction of its own.

    Raises:
        Mismatch: the record does not belong to this request.
    """
    check_match(record, request, tenant)
    with store.database.write() as connection:
        orders.lock(connection, request.tenant_id, request.order_id)
        present = payments.find(connection, request.tenant_id, request.reference, vault=store.vault) or request
        healed = applied(present, proof_of(record, now=now), lifecycle=lifecycle())
        if healed == present:
            payments.save(connection, replace(present, proven_at=now, awaiting_confirmation=False))
            orders.touch(connection, request.tenant_id, request.order_id)
            return present
        healed = replace(healed, proven_at=now, awaiting_confirmation=False)
        line = Event("healed", occurred_at=now, recorded_at=now, core_status=record.core_status)
        return change_request(connection, present, healed, vault=store.vault, now=now, event=line)


def _absent(request: PaymentRequest, *, store: Store, now: datetime) -> Finding:
    """The core does not know our reference, or forgot a link that it gave us."""
    if request.states.link is Link.UNKNOWN and now > request.created_at + _NEVER_ARRIVED_AFTER:
        proof = Proof(news=News(link=Link.REJECTED), occurred_at=now, reason=Reason.NEVER_ARRIVED)
        _end(request, proof, store=store, now=now)
        return Finding.HEALED
    if request.link_reference:
        log.error("core_forgot_link", tenant=request.tenant_id, reference=request.reference)
        return Finding.UNEXPLAINED
    return Finding.SAME


def _end_unknown(request: PaymentRequest, *, store: Store, now: datetime) -> None:
    """The one thing the local clock may decide: a link that nobody could vouch for is over after 25 minutes."""
    if request.states.link is Link.UNKNOWN and now > request.created_at + lifecycle().unknown:
        proof = Proof(news=News(link=Link.EXPIRED), occurred_at=now, reason=Reason.UNCONFIRMED)
        _end(request, proof, store=store, now=now)


def _end(request: PaymentRequest, proof: Proof, *, store: Store, now: datetime) -> None:
    with store.database.write() as connection:
        orders.lock(connection, request.tenant_id, request.order_id)
        present = payments.find(connection, request.tenant_id, request.reference, vault=store.vault) or request
        if present.states.link is not Link.UNKNOWN:
            return
        ended = applied(present, proof, lifecycle=lifecycle())
        line = Event(str(proof.reason), occurred_at=now, recorded_at=now)
        change_request(connection, present, ended, vault=store.vault, now=now, event=line)


def _note_asked(request: PaymentRequest, store: Store, now: datetime) -> None:
    with store.database.write() as connection:
        watched.note_asked(connection, request.reference, now=now)
