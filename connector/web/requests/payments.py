"""The endpoints of one order's payment requests: look, send, cancel, refresh.

An open page comes with its launch token and its rights; a tenant's own code with an API key, whose scope ``flow`` sends
and cancels, and whose scope ``read`` looks and asks again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import Right
from connector.errors import ErrorCode, Invalid, LaunchRefused, NotFound, TooMany, UpstreamError
from connector.journeys.access.read_order import read_order
from connector.journeys.reconciling.reconcile_payment import Freshness, reconcile_payment
from connector.journeys.requesting.send_payment_request import SendCommand, send_payment_request
from connector.salesforce.calls.limits import Allowance
from connector.services import Services, current_services
from connector.store.orders import orders
from connector.web.callers.bearer import ApiKeyPrincipal, LaunchPrincipal, anyone, bearer
from connector.web.callers.throttle import Throttle
from connector.web.requests.shared_actions import cancel_by, limit_told, own_request, request_json, send_by_key
from connector.web.responses.error_pages import message_of
from connector.web.schemas import request_schemas
from connector.web.schemas.serializers import etag, order_view
from connector.web.wording.sentences import fill
from foundation.log import get_logger

log = get_logger()
_LOOK_AGAIN = timedelta(seconds=10)
_LOOKS = "chat2pay_looks_again"
blueprint = Blueprint("payments", __name__, url_prefix="/api")


@blueprint.get("/orders/<order_id>")
def show_order(order_id: str) -> ResponseReturnValue:
    """Answer what the page polls."""
    services = current_services()
    who = bearer(services)
    own = who.own_order(order_id)
    _follow_mended_order(who, services)
    tag = etag(services.store, who.tenant, own, rights=who.rights)
    if tag is None:
        raise NotFound
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    view = order_view(services.store, who.tenant, own, user_id=who.token.user_id, rights=who.rights)
    return _tagged(jsonify(view), tag)


@blueprint.post("/payment-requests")
def send() -> ResponseReturnValue:
    """Send a payment link: 201 sent, 202 unknown and being found out. A key needs the scope ``flow``."""
    services = current_services()
    who = anyone(services, scope=Scope.FLOW)
    sent = _send_by_page(who, services) if isinstance(who, LaunchPrincipal) else _send_by_key(who, services)
    services.work.outbox_changed()
    status = 202 if sent.states.link in (Link.SENDING, Link.UNKNOWN) else 201
    return jsonify(request_json(sent, who, services)), status


@blueprint.get("/payment-requests/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Answer one payment request of the token's order, or of the tenant of a key with the scope ``read``."""
    services = current_services()
    who = anyone(services, scope=Scope.READ)
    order_id = own_request(reference, who, services).order_id
    tag = etag(services.store, who.tenant, order_id, rights=who.rights) or "0"
    if request.if_none_match.contains_weak(tag):
        return _tagged(Response(status=304), tag)
    # Read after its tag: news in between is shown under the tag before it, and seen again, but never missed.
    return _tagged(jsonify(request_json(own_request(reference, who, services), who, services)), tag)


@blueprint.post("/payment-requests/<reference>/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    """Cancel a payment link; always 200 with the true outcome. A key needs the scope ``flow``."""
    services = current_services()
    who = anyone(services, scope=Scope.FLOW)
    key = request_schemas.read_key(request, request_schemas.read_body(request, request_schemas.NOTHING, required=False))
    if isinstance(who, LaunchPrincipal):
        who.needs(Right.SEND)
    found = own_request(reference, who, services)
    cancelled, sentence = cancel_by(who, found, person=who.person, key=key, services=services)
    return jsonify({
        "outcome": cancelled.outcome.value,
        "sentence": sentence,
        "payment_request": request_json(cancelled.request, who, services),
    })  # fmt: skip


@blueprint.post("/payment-requests/<reference>/refresh")
def refresh(reference: str) -> ResponseReturnValue:
    """Ask the core about a payment request now; always 200 with the outcome. A key needs the scope ``read``."""
    services = current_services()
    who = anyone(services, scope=Scope.READ)
    request_schemas.read_body(request, request_schemas.NOTHING, required=False)
    found = own_request(reference, who, services)
    asked = reconcile_payment(services.for_tenant(who.tenant), request=found)
    outcome = asked.freshness
    told = f"refresh_{outcome.value}" if outcome is Freshness.FRESH or asked.silent else "refresh_cannot_tell"
    services.work.outbox_changed()
    return jsonify({
        "outcome": outcome.value,
        "sentence": fill(told, {}, time_zone=who.time_zone),
        "payment_request": request_json(own_request(reference, who, services), who, services),
    })  # fmt: skip


def _send_by_page(who: LaunchPrincipal, services: Services) -> PaymentRequest:
    body = request_schemas.read_body(request, request_schemas.SEND)
    who.needs(Right.SEND)
    order_id = who.own_order(body["order_id"])
    key = request_schemas.read_key(request, body["idempotency_key"])
    try:
        return send_payment_request(
            services.for_tenant(who.tenant),
            order_id=order_id,
            read_order=lambda: read_again(who, services),
            command=_command(who, body, services),
            by=who.person,
            key=key,
        )
    except TooMany as error:
        raise limit_told(error, who, now=services.now()) from error


def _send_by_key(who: ApiKeyPrincipal, services: Services) -> PaymentRequest:
    body = request_schemas.read_body(request, request_schemas.KEY_SEND)
    key = request_schemas.read_key(request, body["idempotency_key"])
    return send_by_key(who, body, key=key, services=services)


def _command(who: LaunchPrincipal, body: dict[str, Any], services: Services) -> SendCommand:
    """Read what the page asks for in the currency of the order that it shows."""
    with services.store.read() as work:
        kept = orders.find(work, who.tenant.tenant_id, who.token.order_id)
    currency = kept.order.currency if kept else who.tenant.default_currency
    digits = who.tenant.configuration.digits_of(currency)
    return request_schemas.read_command(body, currency=currency, digits=digits)


def _follow_mended_order(who: LaunchPrincipal, services: Services) -> None:
    """While an order's amounts stand in the way, look at it again now and then: somebody is mending it.

    A Salesforce that does not answer holds this page's polls up once in a while, not each of them.
    """
    tenant_id, now = who.tenant.tenant_id, services.now()
    with services.store.read() as work:
        kept = orders.find(work, tenant_id, who.token.order_id)
    if kept is None or not kept.order.problems or now - kept.order.read_at < _LOOK_AGAIN:
        return
    if services.salesforce.limits.allowance(tenant_id, now=now) is not Allowance.ALL:
        return
    tries: Throttle = current_app.extensions.setdefault(_LOOKS, Throttle(_LOOK_AGAIN))
    if not tries.take(who.launch.launch_id, now=now):
        return
    try:
        read_again(who, services)
    except (Invalid, UpstreamError) as error:
        tries.note(who.launch.launch_id, now=services.now())
        log.info("order_not_read_again", tenant=tenant_id, code=str(error.code))


def read_again(who: LaunchPrincipal, services: Services) -> Order:
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
        sentence = message_of(refusal)
        raise Invalid({"order_id": [sentence]}, message=sentence, code=ErrorCode.NO_ACCESS) from refusal


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    return response
