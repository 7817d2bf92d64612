"""Record a customer's STOP or START for a number and channel of a tenant, and in the history of the requests that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.health.finding import Finding, Level
from connector.domain.payments.notification import OptOutMessage
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.tenants.tenant import Tenant
from connector.store.health import findings
from connector.store.orders import orders
from connector.store.requests import opt_outs, request_events, request_rows
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.phones.core_number import read_core_number
from foundation.phones.phone import Phone, PhoneError

log = get_logger()
# Long after a payment its receipt has come, or somebody has asked for it.
_RECEIPT_IS_NEWS = timedelta(days=1)


@dataclass(frozen=True)
class _Understood:
    """The number and the channels that an opt-out message is about."""

    phone: Phone
    channels: tuple[Channel, ...]


def orders_written_to(
    work: UnitOfWork, tenant: Tenant, messages: Iterable[tuple[OptOutMessage, PaymentRequest | None]], *, now: datetime
) -> set[str]:
    """Return the orders on whose pages opt-out messages count, each with the request that it names; they are locked first."""
    found: set[str] = set()
    for message, named in messages:
        understood = _understood(message, tenant, named)
        if understood is not None:
            digests = tenant.digests_of(understood.phone)
            found |= set(_requests_concerned(work, tenant, digests, understood.channels, now=now).values())
    return found


def is_opt_out_accepted(
    work: UnitOfWork, tenant: Tenant, message: OptOutMessage, *, named: PaymentRequest | None, now: datetime
) -> bool:
    """Return whether an unproven opt-out message counts: only where a live request went to its number.

    One that does not count raises a finding, because it may be true.
    """
    understood = _understood(message, tenant, named)
    if understood is not None:
        digests = tenant.digests_of(understood.phone)
        named_live = named is not None and named.live and tenant.digests_of(named.phone)[0] in digests
        # Without a proof anybody could block any number; somebody whom we wrote to just now is a likely sender.
        if named_live or opt_outs.live_requests_to(work, tenant.tenant_id, digests, understood.channels):
            return True
    findings.add_finding(work, tenant.tenant_id, _unproven(stopped=message.stopped), now=now)
    return False


def record_opt_out(
    work: UnitOfWork,
    tenant: Tenant,
    message: OptOutMessage,
    *,
    named: PaymentRequest | None,
    said_at: datetime,
    now: datetime,
) -> bool | None:
    """Record an opt-out message inside the caller's transaction; return False if it is not newer than what is recorded.

    ``named`` is the request that the message refers to; it supplies a STOP's number or channel where the message has none
    that can be read. None is returned for a message that cannot be understood; an unreadable STOP raises a finding.
    """
    understood = _understood(message, tenant, named)
    if understood is None:
        if message.stopped:
            # Only for a STOP: a START that is not understood leaves the number blocked, which is the safe side.
            findings.add_finding(work, tenant.tenant_id, _unread(), now=now)
        return None
    digests = tenant.digests_of(understood.phone)
    news = [
        channel
        for channel in understood.channels
        if opt_outs.record(
            work, tenant.tenant_id, digests, channel, stopped=message.stopped, said_at=said_at
        )
    ]  # fmt: skip
    if not news:
        return False
    kind = EventKind.CUSTOMER_STOPPED if message.stopped else EventKind.CUSTOMER_RESUMED
    line = RequestEvent(kind, occurred_at=said_at, recorded_at=now)
    # The message concerns future sends, so links stay as they are and nothing is pushed to Salesforce.
    concerned = _requests_concerned(work, tenant, digests, news, now=now)
    requests = [request_rows.find(work, tenant.tenant_id, reference) for reference in concerned]
    request_events.add(work, [(request, line) for request in requests if request is not None])
    # Open pages ask for orders that changed: without this they would go on offering the channel.
    orders.touch_many(work, tenant.tenant_id, concerned.values())
    log.info(
        "opt_out_recorded", tenant=tenant.tenant_id, channel=",".join(news), outcome=kind.value, count=len(concerned)
    )
    return True


def _requests_concerned(
    work: UnitOfWork, tenant: Tenant, digests: Sequence[bytes], channels: Sequence[Channel], *, now: datetime
) -> dict[str, str]:
    """Return the requests on whose page a customer's message counts: live ones, and paid ones whose receipt was promised."""
    live = opt_outs.live_requests_to(work, tenant.tenant_id, digests, channels)
    since = now - _RECEIPT_IS_NEWS
    return live | opt_outs.requests_paid_by(work, tenant.tenant_id, digests, channels, since=since)


def _understood(message: OptOutMessage, tenant: Tenant, named: PaymentRequest | None) -> _Understood | None:
    """Return what a message is about, None where that is unknown."""
    phone, channels = _phone(message, tenant), message.channels
    # Guessing is allowed for a STOP only: a START must itself name the number and the channel that it opens.
    if message.stopped and named is not None:
        phone, channels = phone or named.phone, channels or (named.channel,)
    return _Understood(phone, channels) if phone is not None and channels else None


def _phone(message: OptOutMessage, tenant: Tenant) -> Phone | None:
    try:
        return read_core_number(message.number, region=tenant.phone_region)
    except PhoneError:
        return None


def _unproven(*, stopped: bool) -> Finding:
    said = "STOP" if stopped else "START"
    return Finding(
        check=findings.OPT_OUT_UNPROVEN,
        level=Level.SOON,
        subject=said,
        problem=f"A {said} came without a proof, for a number to which no live link of ours went: it was not counted. A customer "
        "may have said so, or somebody is trying.",
        remedy="`chat2pay inbox list --verdict orphan` shows it; ask at the payment core whether a customer said so. A proof for "
        f"callbacks (`chat2pay rotate-key callback`) makes every {said} count.",
        impact="If it was a customer, the payment core knows it and may refuse messages to that number.",
    )


def _unread() -> Finding:
    return Finding(
        check=findings.STOP_UNREAD,
        level=Level.WRONG,
        problem="A customer said STOP, and the payment core's news of it tells neither a number that can be read nor a link of "
        "ours, or no channel that we know.",
        remedy="`chat2pay inbox list --verdict unreadable` shows it; find out at the payment core who it was, and tell the "
        "core's maker what its news lacks.",
        impact="Messages to that customer are not refused here; the payment core may refuse them.",
    )
