"""The endpoints by which an open page gets a receipt or a link into the agent's hands; always 200 with the outcome."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import fields

from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.rights import Right
from connector.errors import ErrorCode, Forbidden, Invalid, NotFound
from connector.journeys.handing_over import copy_link as copying
from connector.journeys.handing_over import send_receipt as sending
from connector.journeys.handing_over import show_receipt as showing
from connector.journeys.handing_over.hand_over import HandedOver, HandOverOutcome
from connector.services import Services, current_services
from connector.store.orders import orders
from connector.web.callers.bearer import LaunchPrincipal, bearer
from connector.web.requests.shared_actions import own_request, request_json, require_change_permission
from connector.web.schemas import request_schemas
from connector.web.schemas.outcome_schemas import ActedShape
from connector.web.wording.sentences import Sentence, fill
from manifests.core_hosts import is_vendors_core

blueprint = Blueprint("hand_overs", __name__, url_prefix="/api")


class HandedOverShape(ActedShape):
    """What became of it; ``url`` only where it is ``shown``."""

    outcome = fields.Enum(HandOverOutcome, by_value=True, required=True)
    url = fields.String(required=True, allow_none=True)


HANDED_OVER = HandedOverShape()


@blueprint.post("/payment-requests/<reference>/show-receipt")
def show_receipt(reference: str) -> ResponseReturnValue:
    """Answer the address of the receipt that the customer has."""
    # No right to send is asked for: the customer has this receipt already, and nothing goes out.
    services, caller, found = _asked(reference)
    done = showing.show_receipt(services.for_tenant(caller.tenant), request=found)
    return _answer("receipt", done, caller, services)


@blueprint.post("/payment-requests/<reference>/send-receipt")
def send_receipt(reference: str) -> ResponseReturnValue:
    """Send the receipt to the customer again."""
    services, caller, found = _asked(reference, may_send=True)
    done = sending.send_receipt(services.for_tenant(caller.tenant), request=found, by=caller.person)
    return _answer("receipt", done, caller, services)


@blueprint.post("/payment-requests/<reference>/copy-link")
def copy_link(reference: str) -> ResponseReturnValue:
    """Answer the address of a live link, where the tenant lets agents have it; the history says who took it."""
    services, caller, found = _asked(reference, may_send=True)
    if not caller.tenant.policy.copy_links:
        raise Forbidden(fill("link_not_allowed", {"admin": caller.tenant.admin_contact}, time_zone=caller.time_zone))
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, found.order_id)
    # Given to the customer, it would be paid for an order that takes no money.
    if stored is not None and not stored.takes_money:
        error = Invalid({"order_id": ["This order cannot be paid as it is."]}, code=ErrorCode.ORDER_NOT_PAYABLE)
        raise error.with_sentence("order_not_payable")
    done = copying.copy_link(services.for_tenant(caller.tenant), request=found, by=caller.person)
    return _answer("link", done, caller, services)


def _asked(reference: str, *, may_send: bool = False) -> tuple[Services, LaunchPrincipal, PaymentRequest]:
    """Authenticate the page and return its request.

    Raises:
        NotFound: it is not of this page's order, or has no link at a core that hands anything over; Forbidden.
    """
    services = current_services()
    caller = bearer(services)
    # Read though nothing is asked for: a field that would do nothing is refused and not ignored.
    request_schemas.read_body(request, request_schemas.NOTHING, required=False)
    if may_send:
        caller.needs(Right.SEND)
    found = own_request(reference, caller, services)
    if found.link_reference is None or is_vendors_core(caller.tenant.core.base_url):
        raise NotFound(facts={"reason": "nothing_to_hand_over"})
    if may_send:
        require_change_permission(caller, found, person=caller.person, services=services)
    return services, caller, found


def _answer(what: str, done: HandedOver, caller: LaunchPrincipal, services: Services) -> ResponseReturnValue:
    services.work.outbox_changed()
    # A core may end its reason with a full stop; the sentence around it has one of its own.
    reason = (done.reason or "").rstrip(".")
    sentence = Sentence(_SENTENCES[what, done.outcome], {"phone_ending": done.request.phone.ending, "reason": reason})
    if done.outcome is HandOverOutcome.NOT_TOLD and not reason:
        sentence = Sentence("receipt_not_told_unexplained")
    return jsonify({
        "outcome": done.outcome.value,
        "sentence": fill(sentence.id, sentence.values, time_zone=caller.time_zone),
        "url": done.url,
        "payment_request": request_json(done.request, caller, services),
    })  # fmt: skip


_SENTENCES = {
    ("receipt", HandOverOutcome.SHOWN): "receipt_shown",
    ("receipt", HandOverOutcome.SENT): "receipt_sent",
    ("receipt", HandOverOutcome.NOT_TOLD): "receipt_not_told",
    ("receipt", HandOverOutcome.NONE): "receipt_none",
    ("receipt", HandOverOutcome.TOO_OFTEN): "receipt_too_often",
    ("receipt", HandOverOutcome.UNKNOWN): "receipt_unknown",
    ("receipt", HandOverOutcome.NO_ANSWER): "not_handed_over",
    ("link", HandOverOutcome.SHOWN): "link_shown",
    ("link", HandOverOutcome.OVER): "link_over",
    ("link", HandOverOutcome.NO_ANSWER): "not_handed_over",
}
