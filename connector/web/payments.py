"""Knows the doors of the open page: look, send, cancel, ask again; refuses to decide any of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.order import Order
from connector.domain.payment import PaymentRequest
from connector.domain.status import Link
from connector.errors import ErrorCode, Invalid, LaunchRefused, NotFound, UpstreamError
from connector.journeys.cancel_payment_request import cancel_payment_request
from connector.journeys.read_order import read_order
from connector.journeys.reconcile_payment import reconcile_payment
from connector.journeys.send_payment_request import send_payment_request
from connector.log import get_logger
from connector.services import Services, current_services
from connector.store import orders, outbox, payments
from connector.web import schemas, story
from connector.web.bearer import Bearer, bearer
from connector.web.sentences import fill
from connector.web.views import etag, order_view, request_view

log = get_logger()
_LOOK_AGAIN = timedelta(seconds=10)
blueprint = Blueprint("payments", __name__, url_prefix="/api")


@blueprint.get("/orders/<order_id>")
def show_order(order_id: str) -> ResponseReturnValue:
    """Answer what the page polls."""
    services = current_services()
    who = bearer(services)
    own = who.own_order(order_id)
    _follow_mended_order(who, services)
    tag = etag(services.store, who.tenant, own)
    if tag is None:
        raise NotFound
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    view = order_view(services.store, who.tenant, own, user_id=who.token.user_id, rights=who.token.rights)
    return _tagged(jsonify(view), tag)


@blueprint.post("/payment-requests")
def send() -> ResponseReturnValue:
    """Send a payment link: 201 sent, 202 unknown and being found out."""
    services = current_services()
    who = bearer(services)
    body = schemas.read_body(request, schemas.SEND)
    who.needs("send")
    order_id = who.own_order(body["order_id"])
    key = schemas.read_key(request, body["idempotency_key"])
    sent = send_payment_request(
        tenant=who.tenant,
        order_id=order_id,
        read_order=lambda: _read_again(who, services),
        wish=schemas.read_wish(body, currency=_currency(who, services), region=who.tenant.phone_region),
        by=who.person,
        key=key,
        store=services.store,
        core=services.core,
        now=services.now,
        call_limit=services.core_call_limit,
    )
    services.work.outbox_changed()
    status = 202 if sent.states.link in (Link.SENDING, Link.UNKNOWN) else 201
    return jsonify(_view(sent, who, services)), status


@blueprint.get("/payment-requests/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Answer one payment request of the token's order."""
    services = current_services()
    who = bearer(services)
    found = _own_request(reference, who, services)
    tag = etag(services.store, who.tenant, found.order_id) or "0"
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    return _tagged(jsonify(_view(found, who, services)), tag)


@blueprint.post("/payment-requests/<reference>/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel a payment link; always 200 with the true outcome."""
    services = current_services()
    who = bearer(services)
    schemas.read_body(request, schemas.NOTHING, required=False)
    who.needs("send")
    cancelled = cancel_payment_request(
        tenant=who.tenant,
        request=_own_request(reference, who, services),
        by=who.person,
        store=services.store,
        core=services.core,
        now=services.now,
    )
    services.work.outbox_changed()
    told = story.cancel_answer(cancelled)
    return jsonify({
        "outcome": cancelled.outcome.value,
        "sentence": fill(told.id, told.values, time_zone=who.token.time_zone),
        "payment_request": _view(cancelled.request, who, services),
    })  # fmt: skip


@blueprint.post("/payment-requests/<reference>/refresh")
def refresh(reference: str) -> ResponseReturnValue:
    """Ask the core about a payment request now; always 200 with the outcome."""
    services = current_services()
    who = bearer(services)
    schemas.read_body(request, schemas.NOTHING, required=False)
    found = _own_request(reference, who, services)
    asked = reconcile_payment(
        tenant=who.tenant, request=found, store=services.store, core=services.core, now=services.now
    )
    outcome = asked.freshness
    services.work.outbox_changed()
    return jsonify({
        "outcome": outcome.value,
        "sentence": fill(f"refresh_{outcome.value}", {}, time_zone=who.token.time_zone),
        "payment_request": _view(_own_request(reference, who, services), who, services),
    })  # fmt: skip


def _own_request(reference: str, who: Bearer, services: Services) -> PaymentRequest:
    with services.store.database.read() as connection:
        found = payments.find(connection, who.tenant.tenant_id, reference, vault=services.store.vault)
    if found is None or found.order_id != who.token.order_id:
        raise NotFound(facts={"reason": "another_request"})
    return found


def _view(found: PaymentRequest, who: Bearer, services: Services) -> dict[str, Any]:
    with services.store.database.read() as connection:
        events = payments.history(connection, [found.reference])[found.reference]
        push = outbox.states(connection, who.tenant.tenant_id, [found.order_id]).get(found.order_id)
    return request_view(found, events, push, tenant=who.tenant, rights=who.token.rights)


def _currency(who: Bearer, services: Services) -> str:
    with services.store.database.read() as connection:
        kept = orders.find(connection, who.tenant.tenant_id, who.token.order_id, vault=services.store.vault)
    return kept.order.currency if kept else who.tenant.default_currency


def _follow_mended_order(who: Bearer, services: Services) -> None:
    """While an order's amounts stand in the way, look at it again now and then: somebody is mending it."""
    with services.store.database.read() as connection:
        kept = orders.find(connection, who.tenant.tenant_id, who.token.order_id, vault=services.store.vault)
    if kept is None or not kept.order.problems or services.now() - kept.order.read_at < _LOOK_AGAIN:
        return
    try:
        _read_again(who, services)
    except (Invalid, UpstreamError) as fault:
        log.info("order_not_read_again", tenant=who.tenant.tenant_id, code=str(fault.code))


def _read_again(who: Bearer, services: Services) -> Order:
    """Read the order before asking for money. An agent who lost access is told so by field, not by a page."""
    try:
        return read_order(
            tenant=who.tenant,
            launch=who.launch,
            store=services.store,
            salesforce=services.salesforce,
            now=services.now(),
        )
    except LaunchRefused as refusal:
        sentence = fill(refusal.sentence, refusal.values, time_zone=who.token.time_zone)
        raise Invalid({"order_id": [sentence]}, message=sentence, code=ErrorCode.NO_ACCESS) from refusal


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    return response
