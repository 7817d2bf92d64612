"""Return what a notification, and the core's record, prove of a payment request; check that the record belongs to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.core.lifecycle import lifecycle
from connector.core.statuses import message_status
from connector.domain.payments.evidence import TAKEN, Evidence, apply_evidence
from connector.domain.payments.notification import (
    CoreRecord,
    Notification,
    differences,
    ends_a_link,
    names_request,
    speaks_of_message,
)
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import RANKS, Link, Money, StatusUpdate
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.find_record import Found
from connector.store.inbox.inbox import InboxEntry
from foundation.log import get_logger
from foundation.money import ZERO, to_text

log = get_logger()
_BELIEVED = timedelta(minutes=5)  # how far an unconfirmed notification's time may be from its arrival


class Mismatch(Exception):
    """The core's record does not belong to our request; ``field`` names where they differ."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def check_match(found: Found, request: PaymentRequest, tenant: Tenant) -> None:
    """Compare the core's record with what we asked for.

    Raises:
        Mismatch: amount, currency, environment, order number, link or reference differ; or its amounts contradict its own
        status; or the link is not bound yet and its record does not carry our reference.
    """
    record = found.record
    differs = differences(record, request, environment=tenant.core.environment)
    if found.instead_of == request.link_reference:
        # The look-up by our reference proved that the request was bound to a foreign link, so this difference is expected.
        differs = [name for name in differs if name != "link_reference"]
    if (request.link_reference is None or found.instead_of) and not names_request(record, request):
        differs.append("reference")
    differs += [
        name
        for name, money, moved in (
            ("captured", Money.PAID, record.captured > 0),
            ("authorized", Money.AUTHORIZED, record.authorized > 0),
            ("reversed", Money.REVERSED, record.reversed > 0 or record.reversed >= record.captured),
        )
        if record.news.money is money and not moved
    ]
    if record.news.money in (Money.DECLINED, Money.REFUSED) and record.captured > record.reversed:
        differs.append("captured")
    if differs:
        raise Mismatch(differs[0])


def evidence_of(record: CoreRecord, *, now: datetime, ended_at: datetime | None = None) -> tuple[Evidence, ...]:
    """Return what the core's record proves: of the money on a link, and of the link's end, each with its own time.

    ``ended_at``: when the link ended by a notification. Where neither has a time, it is ``now``.
    """
    at = record.decided_at if record.news.money else record.clicked_at or record.created_at
    evidence = Evidence(
        news=record.news,
        occurred_at=at or now,
        core_status=record.core_status,
        link_reference=record.link_reference,
        receipt_reference=record.receipt_reference,
        reconciliation_reference=record.reconciliation_reference,
        authorized=record.authorized,
        # What is being checked is not the merchant's yet, whatever was booked for it.
        captured=ZERO if record.news.money is Money.IN_REVIEW else record.captured,
        reversed=record.reversed,
        sent_at=record.created_at,
        opened_at=record.clicked_at,
        # The record names no time of its message: its state is new now, or known since an earlier time, which counts.
        message_at=now if record.message is not None and record.message is record.news.message else None,
        message_failure=record.message_failure,
        do_not_ship=record.do_not_ship,
        attention=record.attention,
        attention_at=record.attention_at,
        capture_before=record.capture_before,
        settled=record.settled,
        charging=record.charging,
        charging_at=record.charging_at,
    )
    if not ends_a_link(record.news):
        return (evidence,)
    end = Evidence(
        news=StatusUpdate(link=record.news.link),
        occurred_at=_ended_at(record, now, ended_at),
        core_status=record.link_word,
    )
    return replace(evidence, news=replace(record.news, link=None)), end


def own_evidence(entry: InboxEntry, notification: Notification, present: PaymentRequest) -> Evidence:
    """Return what a notification proves that needs no confirmation: no link reference and, by its own clock, no deadline."""
    money = notification.news.money
    total = notification.total or ZERO
    return Evidence(
        news=notification.news,
        occurred_at=near_ours(entry, notification),
        core_status=notification.core_status,
        receipt_reference=notification.receipt_reference,
        reconciliation_reference=notification.reconciliation_reference,
        authorized=total if money is Money.AUTHORIZED else ZERO,
        captured=total if money is Money.PAID else ZERO,
        reversed=total if money is Money.REVERSED else ZERO,
        sent_at=present.sent_at,
        message_at=near_ours(entry, notification) if speaks_of_message(notification.news) else None,
        message_failure=notification.message_failure,
    )


def near_ours(entry: InboxEntry, notification: Notification) -> datetime:
    """Return the notification's own time where it is near its arrival, else the time of arrival."""
    said, came = notification.occurred_at, entry.received_at
    if said is None or abs(said - came) <= _BELIEVED:
        return said or came
    log.warning(
        "time_not_believed", tenant=entry.tenant_id, inbox=entry.name, found=said.isoformat(),
        expected=came.isoformat(),
    )  # fmt: skip
    return came


def is_only_of_charge(before: PaymentRequest, after: PaymentRequest) -> bool:
    """Return whether a record says no more than that a card is being charged, or is not: pages show it, and nobody else."""
    return replace(after, charging=before.charging, charging_at=before.charging_at) == before


def take_record(
    present: PaymentRequest, found: Found, *, tenant: Tenant, now: datetime, ended_at: datetime | None = None
) -> PaymentRequest:
    """Return the request with the core's record applied; equal to ``present`` when nothing is new.

    Raises:
        Mismatch: the record does not belong to this request.
    """
    check_match(found, present, tenant)
    # The old link belongs to another request; the core's record under our reference names the right one.
    taken = replace(present, link_reference=None) if found.instead_of else present
    for evidence in evidence_of(found.record, now=now, ended_at=ended_at):
        taken = apply_evidence(taken, evidence, lifecycle=lifecycle())
    return taken


def record_lines(
    before: PaymentRequest, after: PaymentRequest, line: RequestEvent, *, now: datetime
) -> tuple[RequestEvent, ...]:
    """Return the history events of a record that changed a request; ``line`` is the one about its link and its money."""
    aside = {
        name: getattr(after, name)
        for name in (
            "message_at",
            "message_failure",
            "attention",
            "attention_at",
            "do_not_ship",
            "capture_before",
            "settled",
            "charging",
            "charging_at",
        )
    }
    states = replace(before.states, message=after.states.message)
    is_more = replace(before, states=states, **aside) != after
    lines = [*rebinding(before, after, now=now), *([line] if is_more else [])]
    if after.message_at is not None and after.states.message is not before.states.message:
        word = message_status(after.states.message)
        lines.append(RequestEvent(line.event, occurred_at=after.message_at, recorded_at=now, core_status=word))
    elif after.message_failure != before.message_failure:
        lines.append(RequestEvent(line.event, occurred_at=now, recorded_at=now, note=after.message_failure))
    if after.attention_at is not None and after.attention_at != before.attention_at:
        kind = EventKind.ATTENTION if after.attention else EventKind.ATTENTION_OVER
        lines.append(RequestEvent(kind, occurred_at=after.attention_at, recorded_at=now, note=after.attention))
    # A payment in review says itself that the goods must wait.
    if after.do_not_ship != before.do_not_ship and after.states.money is not Money.IN_REVIEW:
        kind = EventKind.GOODS_HELD if after.do_not_ship else EventKind.GOODS_FREED
        lines.append(RequestEvent(kind, occurred_at=now, recorded_at=now))
    return tuple(lines)


def rebinding(before: PaymentRequest, after: PaymentRequest, *, now: datetime) -> tuple[RequestEvent, ...]:
    """Return the history event of a request that is now bound to another link, or none."""
    if before.link_reference is None or before.link_reference == after.link_reference:
        return ()
    note = f"{before.link_reference} → {after.link_reference}"
    return (RequestEvent(EventKind.REBOUND, occurred_at=now, recorded_at=now, note=note),)


def disputed(present: PaymentRequest, record: CoreRecord, *, now: datetime) -> str | None:
    """Describe where our request goes further than the core's record of the same link, which a person must look at, or None.

    Records only raise a request's states (ADR 16): what goes beyond was proven once, or accepted by an older version.
    """
    money, theirs = RANKS[Money][present.states.money.value], record.news.money or Money.NONE
    if money > RANKS[Money][theirs.value]:
        return f"we have it as {present.states.money}, the payment core's record as {theirs}"
    if present.captured > record.captured and theirs is Money.PAID:
        captured, shown = (to_text(one, present.currency) for one in (present.captured, record.captured))
        return f"we have {captured} {present.currency} as taken, the payment core's record {shown}"
    if present.reversed > record.reversed and theirs in (Money.PAID, Money.REVERSED):
        given_back, shown = (to_text(one, present.currency) for one in (present.reversed, record.reversed))
        return f"we have {given_back} {present.currency} as given back, the payment core's record {shown}"
    if record.is_over or theirs is Money.IN_REVIEW:
        return None
    if not present.live:
        return "we have it as closed, and the payment core's record as a link that can still be paid"
    if now > present.over_at(lifecycle()) + lifecycle().grace:
        return "its time is over, and the payment core's record has it as a link that can still be paid"
    return None


def _ended_at(record: CoreRecord, now: datetime, ended_at: datetime | None) -> datetime:
    """Return when a link ended: an expired one at its deadline, a cancelled one by the time of any money on it."""
    expires_at = record.expires_at if record.news.link is Link.EXPIRED else None
    if expires_at:
        return min(expires_at, ended_at or now)
    # A cancelled link cannot be paid any more, so whatever was paid on it counts as money after the close.
    paid_at = record.decided_at if record.news.money in TAKEN and record.news.link is Link.CANCELLED else None
    return ended_at or paid_at or now
