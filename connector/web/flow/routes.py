"""The endpoints for Flow and Agentforce: all parameters in the body, expected outcomes as 200.

A flow cannot branch on a status code, so expected results (another live link, a refusal, a rate limit) are outcomes with a
sentence. What only a wrong set-up causes (no key, another org, an unreadable body) stays an error.
The actor is the API key, by its name; a flow may name a user instead, who then needs the right and edit access.
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
from foundation.phones.read_phone import reading_of

log = get_logger()
blueprint = Blueprint("flow", __name__, url_prefix="/flow")
_REFUSED = (Invalid, Forbidden, CoreRefused, SalesforceRefused, TenantProblem)
_TRY_LATER = (TooMany, TryLater, UpstreamError)
_FACTS = ("status", "amount", "amount_paid", "order_id", "order_number", "live")


@blueprint.post("/send")
def send() -> ResponseReturnValue:
    """Send a payment link for an order: ``sent unknown another_live refused try_later``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_SEND)
    # Checked before the channel: a malformed id is an error of the flow, not an outcome.
    order_id_of(caller.tenant, body["order_id"])
    channel = body["channel"] or next(iter(caller.tenant.configuration.channels), None)
    if channel is None:
        return _answer(
            "refused",
            fill(
                "no_channel", {"admin": caller.tenant.admin_contact}, time_zone="UTC", language=caller.tenant.language
            ),
        )
    # A flow sends no amount: it always asks for all that is due, as Salesforce has it.
    command = {"purpose": "full", "amount": None, "expected_total": None, "customer_agreed": False}
    try:
        sent = send_by_key(
            caller, {**body, **command, "channel": channel}, key=body["idempotency_key"], services=services
        )
    except Conflict as error:
        return _another_live(error, caller)
    except (*_REFUSED, *_TRY_LATER) as error:
        return _not_done(error)
    services.work.outbox_changed()
    return _sent(sent, caller)


@blueprint.post("/status")
def status() -> ResponseReturnValue:
    """Answer the status of a payment request, or of the latest of an order; ``outcome`` is it, or ``not_requested``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_STATUS)
    found = _asked_for(body, caller, services)
    if found is None:
        sentence = fill("flow_not_requested", {}, time_zone="UTC", language=caller.tenant.language)
        return _answer("not_requested", sentence)
    return _answer(found.status.value, _status_sentence(found, caller), found, facts=_facts(found, caller, services))


@blueprint.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Cancel a payment link: the outcomes of the page's cancel, plus ``refused try_later``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_CANCEL)
    found = own_request(body["reference"], caller, services)
    try:
        person = resolve_actor(
            tenant=caller.tenant,
            user_id=body["user_id"],
            order_id=found.order_id,
            right=Right.SEND,
            key=caller.person,
            salesforce=services.salesforce,
        )
        cancelled, sentence = cancel_by(
            caller,
            found,
            person=person,
            key=body["idempotency_key"],
            services=services,
            body={"user_id": body["user_id"]},
        )
    except (*_REFUSED, *_TRY_LATER) as error:
        return _not_done(error, found)
    return _answer(cancelled.outcome.value, sentence, cancelled.request)


def _caller(services: Services, schema: Any) -> tuple[ApiKeyPrincipal, dict[str, Any]]:
    caller = api_key_principal(services, Scope.FLOW)
    body: dict[str, Any] = request_schemas.read_body(request, schema)
    # In the body, because External Services sets no headers of its own.
    require_org(caller.tenant, body.pop("org_id"), where="flow", services=services)
    return caller, body


def _asked_for(body: dict[str, Any], caller: ApiKeyPrincipal, services: Services) -> PaymentRequest | None:
    if body["reference"]:
        return own_request(body["reference"], caller, services)
    order_id = order_id_of(caller.tenant, body["order_id"])
    store = services.store
    with store.read() as work:
        return request_listing.latest_of_order(work, caller.tenant.tenant_id, order_id)


def _sent(sent: PaymentRequest, caller: ApiKeyPrincipal) -> ResponseReturnValue:
    if sent.states.link in (Link.SENDING, Link.UNKNOWN):
        # The core has not confirmed the send: a flow must not read this as a failure and send again.
        return _answer("unknown", fill("unknown", {}, time_zone="UTC", language=caller.tenant.language), sent)
    values = {"channel": _catalogue_of(caller)[f"channel_{sent.channel}"], "phone_ending": sent.phone.ending}
    sentences = [fill("flow_sent", values, time_zone="UTC", language=caller.tenant.language)]
    if reading_of(sent.phone).is_fixed_line:
        sentences.append(fill("phone_fixed_line", {}, time_zone="UTC", language=caller.tenant.language))
    return _answer("sent", " ".join(sentences), sent)


def _another_live(error: Conflict, caller: ApiKeyPrincipal) -> ResponseReturnValue:
    sentence = fill("flow_another_live", {}, time_zone="UTC", language=caller.tenant.language)
    return jsonify({"outcome": "another_live", "sentence": sentence, "reference": error.reference})


def _not_done(error: ServiceError, found: PaymentRequest | None = None) -> ResponseReturnValue:
    """Answer an expected error as an outcome; raise the others again."""
    # Both come from a mistake in the flow itself, which its fault path must show to whoever builds it.
    if isinstance(error, NotFound) or error.code is ErrorCode.IDEMPOTENCY_KEY_REUSED:
        raise error
    outcome = "refused" if isinstance(error, _REFUSED) else "try_later"
    log.warning("refused", code=error.code.value, status=200, outcome=outcome)
    return _answer(outcome, message_of(error), found)


def _status_sentence(found: PaymentRequest, caller: ApiKeyPrincipal) -> str:
    texts = _catalogue_of(caller)
    status_values = {
        "status": texts[f"status_{found.status.value}"],
        "amount": money_of(found, found.amount),
        "paid": money_of(found, found.paid),
        "channel": texts[f"channel_{found.channel}"],
    }
    sentence_id = "flow_status_part_paid" if found.status is Status.PART_PAID else "flow_status"
    return fill(sentence_id, status_values, time_zone="UTC", language=caller.tenant.language)


def _facts(found: PaymentRequest, caller: ApiKeyPrincipal, services: Services) -> dict[str, Any]:
    with services.store.read() as work:
        push = outbox.states(work, caller.tenant.tenant_id, [found.order_id]).get(found.order_id)
    facts = request_facts(found, push)
    # `currency` is a reserved word in Apex, and External Services makes Apex fields of these names.
    return {**{name: facts[name] for name in _FACTS}, "currency_code": facts["currency"]}


def _catalogue_of(caller: ApiKeyPrincipal) -> dict[str, str]:
    return catalogue(caller.tenant.language)


def _answer(
    outcome: str, sentence: str, found: PaymentRequest | None = None, *, facts: dict[str, Any] | None = None
) -> ResponseReturnValue:
    reference = found.reference if found else None
    return jsonify({"outcome": outcome, "sentence": sentence, "reference": reference, **(facts or {})})
