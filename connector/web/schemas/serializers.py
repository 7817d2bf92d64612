"""The JSON of orders and payment requests; absolute times only, so that an ETag can stand for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.domain.payments.order import Order, OrderNote
from connector.domain.payments.payment import PaymentRequest, balance_of
from connector.domain.payments.request_event import RequestEvent
from connector.domain.payments.status import Status, is_live
from connector.domain.tenants.obstacles import obstacles_of
from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.journeys.access.authorize_change import policy_lets
from connector.journeys.requesting.check_consent import channels_stopped
from connector.salesforce.metadata.permissions import permission_label
from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import PushState
from connector.store.requests import payments, request_events
from connector.store.store import Store
from connector.web.schemas.consent_serializers import consents_mark, consents_view
from connector.web.schemas.number_serializers import numbers_view
from connector.web.wording import messages
from connector.web.wording.balance_messages import money_sentences
from connector.web.wording.salesforce_messages import reason_of
from connector.web.wording.sentences import Sentence, to_json
from connector.web.wording.timeline import is_money_on_its_way, timeline_of
from foundation.money import digits_of, to_text

_TIMES = ("created_at", "sent_at", "opened_at", "finished_at", "open_by", "pay_by", "proven_at")


def order_view(store: Store, tenant: Tenant, order_id: str, *, user_id: str, rights: Rights) -> dict[str, Any]:
    """Return everything the page shows of one order, read in one transaction.

    Raises:
        LookupError: the order was never read; a launch reads it first.
    """
    with store.read() as work:
        kept = orders.find(work, tenant.tenant_id, order_id)
        if kept is None:
            raise LookupError("a launch reads the order first")
        requests = payments.find_by_order(work, tenant.tenant_id, order_id)
        events = request_events.history_of(work, [one.reference for one in requests])
        push = outbox.states(work, tenant.tenant_id, [order_id]).get(order_id)
        stopped = channels_stopped(work, tenant, kept.order.phone)
    return {
        **_facts(kept.order, requests),
        **_sending(kept.order, requests, tenant, user_id, rights),
        "consents": consents_view(tenant, kept.order, stopped),
        "merchant": tenant.configuration.merchant_name,
        "environment": tenant.core.environment,
        "payment_requests": [
            request_view(one, events[one.reference], push, tenant=tenant, user_id=user_id, rights=rights)
            for one in reversed(requests)
        ],
    }


def request_view(
    request: PaymentRequest,
    events: Sequence[RequestEvent],
    push: PushState | None,
    *,
    tenant: Tenant,
    user_id: str,
    rights: Rights,
) -> dict[str, Any]:
    """Return the JSON of one payment request as a person looks at it."""
    return {
        **request_facts(request, push),
        "actions": _actions(request, events, tenant, user_id, rights),
        "sentences": [one.as_json() for one in messages.sentences_of(request, push)],
        "say": [one.as_json() for one in messages.say_of(request, tenant.configuration.merchant_name)],
        "timeline": [{"at": to_json(at), **_without_from(told)} for at, told in timeline_of(request, events, push)],
    }


def request_facts(request: PaymentRequest, push: PushState | None) -> dict[str, Any]:
    """Return the JSON of one payment request as code looks at it: no sentence, and of the number only its ending."""
    state, written_at, reason = messages.salesforce_of(request, push)
    currency, digits = request.currency, digits_of(request.amount)
    return {
        "reference": request.reference,
        "order_id": request.order_id,
        "order_number": request.order_number,
        "status": request.status.value,
        "live": is_live(request.states) and request.released_at is None,
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
        "probable_preview": messages.is_probable_preview(request),
        "reason": request.reason,
        "salesforce": {
            "state": state,
            "written_at": to_json(written_at),
            "reason": reason,
            "reason_word": reason_of(reason) if state == "refused" else None,
        },
    }


def etag(store: Store, tenant: Tenant, order_id: str, *, rights: Rights) -> str | None:
    """Return the weak ETag of an order's page, from its counters, what the tenant offers and allows, and its reader's rights.

    None for an order that was never read.
    """
    with store.read() as work:
        kept = orders.find(work, tenant.tenant_id, order_id)
        if kept is None:
            return None
        stopped = channels_stopped(work, tenant, kept.order.phone)
    offered = "".join(channel[0] for channel in tenant.configuration.channels)
    offered += consents_mark(tenant, kept.order, stopped) + _allowed_mark(tenant)
    offered += "c" if kept.order.currency in tenant.configuration.currencies else ""
    may = "".join(word[:2] for word in rights.words) + ("?" if rights.unread else "")
    return f"{kept.version}.{kept.revision}.{offered}.{may}"


def _allowed_mark(tenant: Tenant) -> str:
    flags = {"x": tenant.disabled, "p": tenant.parts_allowed, "o": tenant.policy.only_own_requests}
    return "".join(letter for letter, is_set in flags.items() if is_set)


def _facts(order: Order, requests: Sequence[PaymentRequest]) -> dict[str, Any]:
    balance, currency, digits = balance_of(order, requests), order.currency, order.digits
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
        "sentences": [_without_from(one) for one in money_sentences(order, balance, requests)],
        **numbers_view(order),
        "read_at": to_json(order.read_at),
    }


def _sending(
    order: Order, requests: Sequence[PaymentRequest], tenant: Tenant, user_id: str, rights: Rights
) -> dict[str, Any]:
    balance = balance_of(order, requests)
    off = _send_off(order, requests, tenant, user_id, rights)
    return {
        "phone_region": tenant.phone_region,
        "channels": [channel.value for channel in tenant.configuration.channels],
        "delivery_reports": {
            channel.value: channel in tenant.configuration.delivery_reports for channel in tenant.configuration.channels
        },
        "limits": {"parts": tenant.parts_allowed, "maximum": to_text(balance.askable, order.currency, order.digits)},
        "can_send": off is None,
        "send_off": _without_from(off) if off else None,
        "problems": [_note(one, tenant) for one in obstacles_of(order, tenant)],
        "notes": [_note(one, tenant) for one in order.notes],
    }


def _send_off(
    order: Order, requests: Sequence[PaymentRequest], tenant: Tenant, user_id: str, rights: Rights
) -> Sentence | None:
    if tenant.disabled:
        return Sentence("org_disabled", {"admin": tenant.admin_contact})
    if rights.unread:
        return Sentence("rights_unread", {"admin": tenant.admin_contact})
    if Right.SEND not in rights:
        return Sentence("no_right", {"admin": tenant.admin_contact, "permission": permission_label(Right.SEND)})
    if obstacles_of(order, tenant):
        return Sentence("send_off")
    if not tenant.configuration.channels:
        return Sentence("no_channel", {"admin": tenant.admin_contact})
    return messages.send_off(order, requests, user_id)


def _note(note: OrderNote, tenant: Tenant) -> dict[str, Any]:
    sentence = Sentence(note.sentence, {**note.values, "admin": tenant.admin_contact})
    return {"field": note.field, "sentence": _without_from(sentence)}


def _actions(
    request: PaymentRequest, events: Sequence[RequestEvent], tenant: Tenant, user_id: str, rights: Rights
) -> list[str]:
    may_close = Right.SEND in rights and policy_lets(tenant, request, user_id)
    closable = may_close and request.status in (Status.SENT, Status.UNKNOWN)
    movable = request.link_reference is not None and not is_money_on_its_way(events)
    possible = {
        "cancel": closable,
        "replace": closable and not tenant.disabled,
        "capture": movable and Right.CAPTURE in rights and request.held > 0 and not tenant.disabled,
        "reverse": movable and Right.REVERSE in rights and request.held + request.paid > 0,
        "refresh": True,
        "release": Right.SUPERVISE in rights and request.live and request.status is Status.UNKNOWN,
    }
    return [action for action, is_possible in possible.items() if is_possible]


def _without_from(sentence: Sentence) -> dict[str, Any]:
    told = sentence.as_json()
    return {"id": told["id"], "values": told["values"]}
