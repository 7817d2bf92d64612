"""The endpoints of one order's payment requests: show, send, cancel, refresh.

An open page authenticates by its launch token and needs the right; a tenant's own code by an API key, with the scope
``flow`` to send and cancel, and ``read`` to show and refresh.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import Right
from connector.errors import NotFound, TooMany
from connector.journeys.reconciling.reconcile_payment import Freshness, reconcile_payment
from connector.journeys.requesting.send_payment_request import SendCommand, send_payment_request
from connector.services import Services, current_services
from connector.store.orders import orders
from connector.web.callers.bearer import ApiKeyPrincipal, LaunchPrincipal, any_principal, page_reader, reader
from connector.web.requests.rereading import is_reread_due, reread
from connector.web.requests.shared_actions import (
    cancel_by,
    find_own_request,
    limit_error,
    own_request,
    read_again,
    read_request_json,
    request_json,
    send_by_key,
)
from connector.web.schemas import request_schemas
from connector.web.schemas.order_etag import etag
from connector.web.schemas.phone_serializers import with_saving
from connector.web.schemas.serializers import OrderReading, core_clock, order_view, read_stored
from connector.web.wording.sentences import fill
from foundation.database.unit_of_work import UnitOfWork

# A hidden page keeps polling while its customer may pay; Salesforce is not asked for it.
HIDDEN_HEADER = "X-Chat2Pay-Hidden"
blueprint = Blueprint("payments", __name__, url_prefix="/api")


@blueprint.get("/orders/<order_id>")
def show_order(order_id: str) -> ResponseReturnValue:
    """Answer the order as the page shows it; the page polls this while it is visible."""
    services = current_services()
    with page_reader(services) as (work, caller):
        own = caller.own_order(order_id)
        reading = read_stored(work, caller.tenant, own)
        due = reading is not None and is_reread_due(reading.stored, caller, services)
        answer = None if due else _page(work, reading, caller, services)
    # Outside the transaction: a write may have to wait, and Salesforce may take its time.
    if HIDDEN_HEADER not in request.headers:
        services.store.visible_pages.see(caller.tenant.tenant_id, own, now=services.now())
    if answer is not None:
        return answer
    reread(caller, services)
    with services.store.read() as work:
        return _page(work, read_stored(work, caller.tenant, own), caller, services)


def _page(work: UnitOfWork, reading: OrderReading | None, caller: LaunchPrincipal, services: Services) -> Response:
    if reading is None:
        raise NotFound
    current_until = services.store.visible_pages.current_until(reading.stored, now=services.now())
    # The tag covers counters alone, so that a poll without changes, which most are, renders nothing.
    tag = etag(caller.tenant, reading, rights=caller.rights, current_until=current_until)
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    view = order_view(
        work,
        caller.tenant,
        reading,
        user_id=caller.token.user_id,
        rights=caller.rights,
        clock=core_clock(services.for_tenant(caller.tenant)),
        current_until=current_until,
    )
    shown = with_saving(view, caller.tenant, rights=caller.rights, in_session=caller.launch.in_session)
    return _tagged(jsonify(shown), tag)


@blueprint.post("/payment-requests")
def send() -> ResponseReturnValue:
    """Send a payment link: 201 sent, 202 outcome not known yet. An API key needs the scope ``flow``."""
    services = current_services()
    caller = any_principal(services, scope=Scope.FLOW)
    sent = _send_by_page(caller, services) if isinstance(caller, LaunchPrincipal) else _send_by_key(caller, services)
    services.work.outbox_changed()
    status = 202 if sent.states.link in (Link.SENDING, Link.UNKNOWN) else 201
    return jsonify(request_json(sent, caller, services)), status


@blueprint.get("/payment-requests/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Answer one payment request. A launch token reads those of its order, an API key (scope ``read``) the tenant's."""
    with reader(current_services(), Scope.READ) as (work, caller):
        found = find_own_request(work, reference, caller)
        reading = read_stored(work, caller.tenant, found.order_id)
        tag = etag(caller.tenant, reading, rights=caller.rights) if reading else "0"
        if request.if_none_match.contains_weak(tag):
            return _tagged(Response(status=304), tag)
        return _tagged(jsonify(read_request_json(work, found, caller, reading.stored if reading else None)), tag)


@blueprint.post("/payment-requests/<reference>/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel a payment link; always 200 with the actual outcome. An API key needs the scope ``flow``."""
    services = current_services()
    caller = any_principal(services, scope=Scope.FLOW)
    key = request_schemas.read_key(request, request_schemas.read_body(request, request_schemas.NOTHING, required=False))
    if isinstance(caller, LaunchPrincipal):
        caller.needs(Right.SEND)
    found = own_request(reference, caller, services)
    cancelled, sentence = cancel_by(caller, found, person=caller.person, key=key, services=services)
    return jsonify({
        "outcome": cancelled.outcome.value,
        "sentence": sentence,
        "payment_request": request_json(cancelled.request, caller, services),
    })  # fmt: skip


@blueprint.post("/payment-requests/<reference>/refresh")
def refresh(reference: str) -> ResponseReturnValue:
    """Ask the core for its record of a payment request; always 200 with the outcome. A key needs the scope ``read``."""
    services = current_services()
    caller = any_principal(services, scope=Scope.READ)
    request_schemas.read_body(request, request_schemas.NOTHING, required=False)
    found = own_request(reference, caller, services)
    asked = reconcile_payment(services.for_tenant(caller.tenant), request=found)
    outcome = asked.freshness
    sentence_id = f"refresh_{outcome.value}" if outcome is Freshness.FRESH or asked.silent else "refresh_cannot_tell"
    services.work.outbox_changed()
    return jsonify({
        "outcome": outcome.value,
        "sentence": fill(sentence_id, {}, time_zone=caller.time_zone),
        "payment_request": request_json(own_request(reference, caller, services), caller, services),
    })  # fmt: skip


def _send_by_page(caller: LaunchPrincipal, services: Services) -> PaymentRequest:
    body = request_schemas.read_body(request, request_schemas.SEND)
    caller.needs(Right.SEND)
    # The token's order, whatever the body says: one page must not send for another page's order.
    order_id = caller.own_order(body["order_id"])
    key = request_schemas.read_key(request, body["idempotency_key"])
    try:
        return send_payment_request(
            services.for_tenant(caller.tenant),
            order_id=order_id,
            read_order=lambda: read_again(caller, services),
            command=_command(caller, body, services),
            by=caller.person,
            key=key,
        )
    except TooMany as error:
        raise limit_error(error, caller, now=services.now()) from error


def _send_by_key(caller: ApiKeyPrincipal, services: Services) -> PaymentRequest:
    body = request_schemas.read_body(request, request_schemas.KEY_SEND)
    key = request_schemas.read_key(request, body["idempotency_key"])
    return send_by_key(caller, body, key=key, services=services)


def _command(caller: LaunchPrincipal, body: dict[str, Any], services: Services) -> SendCommand:
    """Read the command of a page's body, in the currency of the order that the page shows."""
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, caller.token.order_id)
    currency = stored.order.currency if stored else caller.tenant.default_currency
    digits = caller.tenant.configuration.digits_of(currency)
    return request_schemas.read_command(body, currency=currency, digits=digits)


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    return response
