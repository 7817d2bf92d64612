"""Serialize orders and payment requests; all times are absolute, so that an unchanged order has an unchanged ETag."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.domain.payments.balance import balance_of
from connector.domain.payments.message_delivery import is_probable_preview, remedy_of
from connector.domain.payments.order import Order, OrderRemark
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.domain.tenants.obstacles import obstacles_of
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.journeys.context import Context
from connector.journeys.requesting.check_consent import channels_stopped
from connector.store.orders import order_notes, orders
from connector.store.orders.orders import StoredOrder
from connector.store.outbox import outbox
from connector.store.outbox.outbox import PushState
from connector.store.requests import request_events, request_rows
from connector.store.store import Store
from connector.web.schemas.allowed_actions import Viewer, actions_view
from connector.web.schemas.amount_fields import limits_view
from connector.web.schemas.consent_serializers import consents_view
from connector.web.schemas.note_shapes import note_view
from connector.web.schemas.phone_serializers import last_number_view, phones_view
from connector.web.wording import messages
from connector.web.wording.alarm_messages import alarm_sentences
from connector.web.wording.balance_messages import money_sentences
from connector.web.wording.customer_talk import say_of
from connector.web.wording.money_messages import is_gone, money_off
from connector.web.wording.refusal_reasons import reason_of
from connector.web.wording.rights_messages import missing_right
from connector.web.wording.sentences import Sentence, to_json
from connector.web.wording.timeline import timeline_of
from foundation.database.unit_of_work import UnitOfWork
from foundation.money import digits_of, to_text
from manifests.core_hosts import is_vendors_core

_TIMES = (
    "created_at",
    "sent_at",
    "opened_at",
    "finished_at",
    "open_by",
    "pay_by",
    "proven_at",
    "message_at",
    "capture_before",
)


@dataclass(frozen=True)
class OrderReading:
    """An order as it is stored, and the channels on which its number said STOP: what the page's ETag covers."""

    stored: StoredOrder
    stopped: frozenset[Channel]


def read_stored(work: UnitOfWork, tenant: Tenant, order_id: str) -> OrderReading | None:
    """Read an order; None for one that was never read from Salesforce."""
    stored = orders.find(work, tenant.tenant_id, order_id)
    return OrderReading(stored, channels_stopped(work, tenant, stored.order.phone)) if stored else None


@dataclass(frozen=True)
class CoreClock:
    """The time by the clock of the tenant's core, which sets all deadlines, and how far it is ahead of ours."""

    now: datetime
    ahead: timedelta

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the page goes by."""
        return {"now": to_json(self.now), "ahead_ms": round(self.ahead.total_seconds() * 1000)}


def core_clock(context: Context) -> CoreClock:
    """Return the clock of a tenant's core."""
    return CoreClock(context.core_now(), context.core_ahead)


def first_view(
    store: Store, tenant: Tenant, order_id: str, *, user_id: str, rights: Rights, clock: CoreClock
) -> dict[str, Any]:
    """Return the JSON of an order that a launch has just stored, read in one transaction.

    Raises:
        LookupError: the order is not stored.
    """
    with store.read() as work:
        reading = read_stored(work, tenant, order_id)
        if reading is None:
            raise LookupError("a launch reads the order first")
        return order_view(work, tenant, reading, user_id=user_id, rights=rights, clock=clock)


def order_view(
    work: UnitOfWork,
    tenant: Tenant,
    reading: OrderReading,
    *,
    user_id: str,
    rights: Rights,
    clock: CoreClock,
    current_until: datetime | None = None,
) -> dict[str, Any]:
    """Return the JSON of one order as the page shows it; its requests are read in the same transaction.

    ``current_until``: up to when it is known to be as Salesforce has it, where that is too long ago.
    """
    order = reading.stored.order
    requests = request_rows.find_by_order(work, tenant.tenant_id, order.order_id)
    events = request_events.history_of(work, [one.reference for one in requests])
    push = outbox.states(work, tenant.tenant_id, [order.order_id]).get(order.order_id)
    followed = messages.followed_by(requests)
    viewer = Viewer(tenant, user_id, rights)
    return {
        **_facts(order, requests, push.supervisors_know if push else ()),
        **_sending(reading.stored, requests, tenant, user_id, rights),
        "last_number": last_number_view(reading.stored, requests),
        "core_clock": clock.as_json(),
        "not_current": _without_from(Sentence("order_not_current", {"at": current_until})) if current_until else None,
        "consents": consents_view(tenant, order, reading.stopped),
        # Its age by the last reading of the order, which is as fresh as the page.
        "note": note_view(order_notes.find(work, tenant.tenant_id, order.order_id, now=order.read_at)),
        "merchant": tenant.configuration.merchant_name,
        "environment": tenant.core.environment,
        "payment_requests": [
            request_view(
                one,
                events[one.reference],
                push,
                viewer=viewer,
                followed=followed.get(one.reference),
                stored=reading.stored,
            )
            for one in reversed(requests)
        ],
    }


def request_view(
    request: PaymentRequest,
    events: Sequence[RequestEvent],
    push: PushState | None,
    *,
    viewer: Viewer,
    followed: bool | None,
    stored: StoredOrder | None,
) -> dict[str, Any]:
    """Return the JSON of one payment request for a person, with sentences and actions.

    ``followed``: as in ``sentences_of``; ``stored``: its order, as last read.
    """
    off = money_off(request, events, tenant=viewer.tenant, rights=viewer.rights, stored=stored)
    return {
        **request_facts(request, push),
        **actions_view(request, events, viewer, takes_money=stored is None or stored.takes_money),
        "sentences": [one.as_json() for one in messages.sentences_of(request, push, followed=followed)],
        "money_off": [_without_from(one) for one in off],
        "remedy": remedy_of(request),
        "say": [one.as_json() for one in say_of(request, events, viewer.tenant.configuration.merchant_name)],
        "timeline": [{"at": to_json(at), **_without_from(line)} for at, line in timeline_of(request, events, push)],
    }


def request_facts(request: PaymentRequest, push: PushState | None) -> dict[str, Any]:
    """Return the JSON of one payment request for code: without sentences, and only the ending of the phone number."""
    state, written_at, reason = messages.salesforce_of(request, push)
    # The digits that the request was made with: a currency's may change later.
    currency, digits = request.currency, digits_of(request.amount)
    return {
        "reference": request.reference,
        "order_id": request.order_id,
        "order_number": request.order_number,
        "status": request.status.value,
        "live": request.live,
        "states": {"message": request.states.message, "link": request.states.link, "money": request.money_word},
        "core_status": request.core_status,
        "link_reference": request.link_reference,
        "purpose": request.purpose.value,
        "amount": to_text(request.amount, currency, digits),
        "tax": to_text(request.tax, currency, digits),
        "sub_total": to_text(request.sub_total, currency, digits),
        "amount_authorized": to_text(request.held, currency, digits),
        "amount_paid": to_text(request.paid, currency, digits),
        "amount_reversed": to_text(request.reversed, currency, digits),
        "currency": currency,
        "channel": request.channel.value,
        "phone_ending": request.phone.ending,
        "requested_by": {"id": request.requested_by.user_id, "name": request.requested_by.name},
        "handled_by": {"id": request.handled_by.user_id, "name": request.handled_by.name},
        "replaces": request.replaces,
        "consent": {"basis": request.consent_basis, "at": to_json(request.consent_at)},
        **{name: to_json(getattr(request, name)) for name in _TIMES},
        "awaiting_confirmation": request.awaiting_confirmation,
        "probable_preview": is_probable_preview(request),
        "reason": request.reason,
        "message_failure": request.message_failure,
        "attention": request.attention,
        # Never said by the core is no warning either.
        "do_not_ship": bool(request.do_not_ship),
        "settled": request.settled,
        "being_charged": request.is_being_charged,
        "reconciliation_reference": request.reconciliation_reference,
        "salesforce": {
            "state": state,
            "written_at": to_json(written_at),
            "reason": reason,
            "reason_word": reason_of(reason) if state == "refused" else None,
        },
    }


def _facts(order: Order, requests: Sequence[PaymentRequest], supervisors_know: Collection[str]) -> dict[str, Any]:
    balance, currency, digits = balance_of(order, requests), order.currency, order.digits
    money = money_sentences(order, balance, requests, supervisors_know)
    return {
        "order_id": order.order_id,
        "order_number": order.number,
        "currency": currency,
        "total": to_text(order.total, currency, digits),
        "tax": to_text(order.tax, currency, digits) if order.tax is not None else None,
        "sub_total": to_text(order.sub_total, currency, digits) if order.sub_total is not None else None,
        "amount_due": to_text(balance.due, currency, digits),
        "amount_paid": to_text(balance.paid, currency, digits),
        "amount_authorized": to_text(balance.authorized, currency, digits),
        "amount_reversed": to_text(balance.reversed, currency, digits),
        "payment_state": balance.state.value,
        "other_currencies": [
            {
                "currency": one.currency,
                "amount_paid": to_text(one.paid, one.currency),
                "amount_authorized": to_text(one.authorized, one.currency),
                "amount_reversed": to_text(one.reversed, one.currency),
            }
            for one in balance.other
        ],
        "sentences": [_without_from(one) for one in (*alarm_sentences(requests, supervisors_know), *money)],
        **phones_view(order),
        "read_at": to_json(order.read_at),
    }


def _sending(
    stored: StoredOrder, requests: Sequence[PaymentRequest], tenant: Tenant, user_id: str, rights: Rights
) -> dict[str, Any]:
    order = stored.order
    balance = balance_of(order, requests)
    obstacle = _send_off(stored, requests, tenant, user_id, rights)
    return {
        "phone_region": tenant.phone_region,
        "channels": [channel.value for channel in tenant.configuration.channels],
        "delivery_reports": {
            channel.value: channel in tenant.configuration.delivery_reports for channel in tenant.configuration.channels
        },
        # The vendor's core writes to the customer about the cancelled link, too: the page says so before it asks.
        "replaces_in_one_message": not is_vendors_core(tenant.core.base_url),
        "shows_messages": not is_vendors_core(tenant.core.base_url),
        "language": tenant.customer_language(order.language),
        "limits": limits_view(order, balance.askable, tenant),
        "can_send": obstacle is None,
        "send_off": _without_from(obstacle) if obstacle else None,
        "problems": [_note(one, tenant) for one in obstacles_of(order, tenant)],
        "notes": [_note(one, tenant) for one in order.notes],
    }


def _send_off(
    stored: StoredOrder, requests: Sequence[PaymentRequest], tenant: Tenant, user_id: str, rights: Rights
) -> Sentence | None:
    # From what concerns the whole org to what concerns this order: an agent reads one sentence, the most general cause.
    if tenant.disabled:
        return Sentence("org_disabled", {"admin": tenant.admin_contact})
    if Right.SEND not in rights:
        return missing_right(Right.SEND, rights, tenant)
    if is_gone(stored):
        return Sentence("send_off_order_gone", {"admin": tenant.admin_contact})
    if obstacles_of(stored.order, tenant):
        return Sentence("send_off")
    if not tenant.configuration.channels:
        return Sentence("no_channel", {"admin": tenant.admin_contact})
    return messages.send_off(stored.order, requests, user_id)


def _note(note: OrderRemark, tenant: Tenant) -> dict[str, Any]:
    sentence = Sentence(note.sentence, {**note.values, "admin": tenant.admin_contact})
    return {"field": note.field, "sentence": _without_from(sentence)}


def _without_from(sentence: Sentence) -> dict[str, Any]:
    # These hold at once: `from` is for those that only come true while the page is open.
    rendered = sentence.as_json()
    return {"id": rendered["id"], "values": rendered["values"]}
