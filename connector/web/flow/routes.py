"""The endpoints for Flow and Agentforce: everything in the body, expected outcomes as 200.

A flow cannot branch on a status code, so what may well happen (another live link, a refusal, a busy hour) is an outcome
with a sentence. What only a wrong set-up brings (no key, another org, an unreadable body) stays an error.
The person who acts is the key, by its name; a flow may name a user instead, who then needs the right and edit access.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Status
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import Right
from connector.errors import (
    Conflict,
    CoreRefused,
    ErrorCode,
    Forbidden,
    Invalid,
    NotFound,
    SalesforceRefused,
    ServiceError,
    TenantProblem,
    TooMany,
    TryLater,
    UpstreamError,
)
from connector.journeys.access.read_order_as_tenant import order_id_of
from connector.journeys.access.resolve_actor import resolve_actor
from connector.services import Services, current_services
from connector.store.outbox import outbox
from connector.store.requests import request_listing
from connector.web.callers.bearer import ApiKeyPrincipal, api_key_principal
from connector.web.callers.org_check import require_org
from connector.web.flow import flow_request_schemas
from connector.web.requests.shared_actions import cancel_by, own_request, send_by_key
from connector.web.responses.error_pages import message_of
from connector.web.schemas import request_schemas
from connector.web.schemas.serializers import request_facts
from connector.web.wording.messages import money_of
from connector.web.wording.sentences import catalogue, fill
from foundation.log import get_logger
from foundation.phones.reading import reading_of

log = get_logger()
blueprint = Blueprint("flow", __name__, url_prefix="/flow")
_REFUSED = (Invalid, Forbidden, CoreRefused, SalesforceRefused, TenantProblem)
_TRY_LATER = (TooMany, TryLater, UpstreamError)
_FACTS = ("status", "amount", "amount_paid", "order_id", "order_number", "live")


@blueprint.post("/send")
def send() -> ResponseReturnValue:
    """Send a payment link for an order: ``sent unknown another_live refused try_later``."""
    services = current_services()
    who, body = _caller(services, flow_request_schemas.FLOW_SEND)
    order_id_of(who.tenant, body["order_id"])
    channel = body["channel"] or next(iter(who.tenant.configuration.channels), None)
    if channel is None:
        return _answer(
            "refused",
            fill("no_channel", {"admin": who.tenant.admin_contact}, time_zone="UTC", language=who.tenant.language),
        )
    command = {"purpose": "full", "amount": None, "expected_total": None, "customer_agreed": False}
    try:
        sent = send_by_key(who, {**body, **command, "channel": channel}, key=body["idempotency_key"], services=services)
    except Conflict as error:
        return _another_live(error, who)
    except (*_REFUSED, *_TRY_LATER) as error:
        return _not_done(error)
    services.work.outbox_changed()
    return _sent(sent, who)


@blueprint.post("/status")
def status() -> ResponseReturnValue:
    """Tell how a payment request stands, or the latest of an order; ``outcome`` is its status, or ``not_requested``."""
    services = current_services()
    who, body = _caller(services, flow_request_schemas.FLOW_STATUS)
    found = _asked_for(body, who, services)
    if found is None:
        sentence = fill("flow_not_requested", {}, time_zone="UTC", language=who.tenant.language)
        return _answer("not_requested", sentence)
    return _answer(found.status.value, _status_sentence(found, who), found, facts=_facts(found, who, services))


@blueprint.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Cancel a payment link: the outcomes of the page's cancel, and ``refused try_later``."""
    services = current_services()
    who, body = _caller(services, flow_request_schemas.FLOW_CANCEL)
    found = own_request(body["reference"], who, services)
    try:
        person = resolve_actor(
            tenant=who.tenant,
            user_id=body["user_id"],
            order_id=found.order_id,
            right=Right.SEND,
            key=who.person,
            salesforce=services.salesforce,
        )
        cancelled, sentence = cancel_by(
            who, found, person=person, key=body["idempotency_key"], services=services, body={"user_id": body["user_id"]}
        )
    except (*_REFUSED, *_TRY_LATER) as error:
        return _not_done(error, found)
    return _answer(cancelled.outcome.value, sentence, cancelled.request)


def _caller(services: Services, schema: Any) -> tuple[ApiKeyPrincipal, dict[str, Any]]:
    who = api_key_principal(services, Scope.FLOW)
    body: dict[str, Any] = request_schemas.read_body(request, schema)
    require_org(who.tenant, body.pop("org_id"), where="flow", services=services)
    return who, body


def _asked_for(body: dict[str, Any], who: ApiKeyPrincipal, services: Services) -> PaymentRequest | None:
    if body["reference"]:
        return own_request(body["reference"], who, services)
    order_id = order_id_of(who.tenant, body["order_id"])
    store = services.store
    with store.read() as work:
        return request_listing.latest_of_order(work, who.tenant.tenant_id, order_id)


def _sent(sent: PaymentRequest, who: ApiKeyPrincipal) -> ResponseReturnValue:
    if sent.states.link in (Link.SENDING, Link.UNKNOWN):
        return _answer("unknown", fill("unknown", {}, time_zone="UTC", language=who.tenant.language), sent)
    told = {"channel": _words(who)[f"channel_{sent.channel}"], "phone_ending": sent.phone.ending}
    sentences = [fill("flow_sent", told, time_zone="UTC", language=who.tenant.language)]
    if reading_of(sent.phone).is_fixed_line:
        sentences.append(fill("phone_fixed_line", {}, time_zone="UTC", language=who.tenant.language))
    return _answer("sent", " ".join(sentences), sent)


def _another_live(error: Conflict, who: ApiKeyPrincipal) -> ResponseReturnValue:
    sentence = fill("flow_another_live", {}, time_zone="UTC", language=who.tenant.language)
    return jsonify({"outcome": "another_live", "sentence": sentence, "reference": error.reference})


def _not_done(error: ServiceError, found: PaymentRequest | None = None) -> ResponseReturnValue:
    """Nothing was done, and a flow can say so. A key that was used for something else is a fault of the flow itself."""
    if isinstance(error, NotFound) or error.code is ErrorCode.IDEMPOTENCY_KEY_REUSED:
        raise error
    outcome = "refused" if isinstance(error, _REFUSED) else "try_later"
    log.warning("refused", code=error.code.value, status=200, outcome=outcome)
    return _answer(outcome, message_of(error), found)


def _status_sentence(found: PaymentRequest, who: ApiKeyPrincipal) -> str:
    words = _words(who)
    shown = {
        "status": words[f"status_{found.status.value}"],
        "amount": money_of(found, found.amount),
        "paid": money_of(found, found.paid),
        "channel": words[f"channel_{found.channel}"],
    }
    told = "flow_status_part_paid" if found.status is Status.PART_PAID else "flow_status"
    return fill(told, shown, time_zone="UTC", language=who.tenant.language)


def _facts(found: PaymentRequest, who: ApiKeyPrincipal, services: Services) -> dict[str, Any]:
    with services.store.read() as work:
        push = outbox.states(work, who.tenant.tenant_id, [found.order_id]).get(found.order_id)
    facts = request_facts(found, push)
    # Apex keeps the word currency for itself
    return {**{name: facts[name] for name in _FACTS}, "currency_code": facts["currency"]}


def _words(who: ApiKeyPrincipal) -> dict[str, str]:
    return catalogue(who.tenant.language)


def _answer(
    outcome: str, sentence: str, found: PaymentRequest | None = None, *, facts: dict[str, Any] | None = None
) -> ResponseReturnValue:
    reference = found.reference if found else None
    return jsonify({"outcome": outcome, "sentence": sentence, "reference": reference, **(facts or {})})
