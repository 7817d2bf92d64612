"""The endpoints for Flow and Agentforce: all parameters in the body, expected outcomes as 200.

A flow cannot branch on a status code, so expected results (another live link, a refusal, a rate limit) are outcomes with a
sentence. What only a wrong set-up causes (no key, another org, an unreadable body) stays an error.
The actor is the API key, by its name; where the tenant allows it a flow may name a user instead, who then needs the right
and edit access.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.payments.message_delivery import is_only_previewed
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Status
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import Right
from connector.journeys.access.read_order_as_tenant import order_id_of
from connector.languages.catalogues import catalogue
from connector.services import Services, current_services
from connector.store.outbox import outbox
from connector.store.requests import request_listing
from connector.web.callers.bearer import ApiKeyPrincipal, api_key_principal
from connector.web.callers.org_check import require_org
from connector.web.flow import flow_request_schemas
from connector.web.flow.send_each import send_each
from connector.web.flow.send_one import EXPECTED, not_done, outcome_of, send_one
from connector.web.requests.shared_actions import acting_person, cancel_by, own_request
from connector.web.schemas import request_schemas
from connector.web.schemas.serializers import request_facts
from connector.web.wording.messages import money_of
from connector.web.wording.sentences import fill

blueprint = Blueprint("flow", __name__, url_prefix="/flow")
_FACTS = ("status", "amount", "amount_paid", "order_id", "order_number", "live")


@blueprint.post("/send")
def send() -> ResponseReturnValue:
    """Send a payment link for an order: ``sent unknown another_live refused try_later``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_SEND)
    return jsonify(send_one(caller, body, services))


@blueprint.post("/send-many")
def send_many() -> ResponseReturnValue:
    """Send payment links for up to 50 orders; one result per item, in their order, whatever became of the others."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_SEND_MANY, by_item="items")
    return jsonify({"results": send_each(caller, body["items"], services)})


@blueprint.post("/status")
def status() -> ResponseReturnValue:
    """Answer the status of a payment request, or of the latest of an order; ``outcome`` is it, or ``not_requested``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_STATUS)
    found = _asked_for(body, caller, services)
    if found is None:
        sentence = fill("flow_not_requested", {}, time_zone="UTC", language=caller.tenant.language)
        return jsonify(outcome_of("not_requested", sentence))
    answer = outcome_of(found.status.value, _status_sentence(found, caller), found)
    return jsonify({**answer, **_facts(found, caller, services)})


@blueprint.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Cancel a payment link: the outcomes of the page's cancel, plus ``refused try_later``."""
    services = current_services()
    caller, body = _caller(services, flow_request_schemas.FLOW_CANCEL)
    # Outside the try: a reference that is not there is a mistake of the flow, for its fault path.
    found = own_request(body["reference"], caller, services)
    try:
        person = acting_person(caller, body, found, Right.SEND, services)
        cancelled, sentence = cancel_by(
            caller,
            found,
            person=person,
            key=body["idempotency_key"],
            services=services,
            # Another user under the same key is another use of it.
            body={"user_id": body["user_id"]},
        )
    except EXPECTED as error:
        return jsonify(not_done(error, found))
    return jsonify(outcome_of(cancelled.outcome.value, sentence, cancelled.request))


def _caller(services: Services, schema: Any, *, by_item: str | None = None) -> tuple[ApiKeyPrincipal, dict[str, Any]]:
    caller = api_key_principal(services, Scope.FLOW)
    body: dict[str, Any] = request_schemas.read_body(request, schema, by_item=by_item)
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


def _status_sentence(found: PaymentRequest, caller: ApiKeyPrincipal) -> str:
    texts = catalogue(caller.tenant.language)
    status_values = {
        "status": texts[f"status_{Status.SENT if is_only_previewed(found) else found.status}"],
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
