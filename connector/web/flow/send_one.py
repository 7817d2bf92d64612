"""Send one payment link for a flow, and say what became of it as an outcome with a sentence."""

from __future__ import annotations

from typing import Any

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link
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
from connector.languages.catalogues import catalogue
from connector.services import Services
from connector.web.callers.bearer import ApiKeyPrincipal
from connector.web.requests.shared_actions import send_by_key
from connector.web.responses.error_pages import message_of
from connector.web.wording.sentences import fill
from foundation.log import get_logger
from foundation.phones.read_phone import reading_of

log = get_logger()
REFUSED = (Invalid, Forbidden, CoreRefused, SalesforceRefused, TenantProblem)
# What a flow can act on is an outcome of a 200: any other status of an External Service ends the flow in its fault path.
EXPECTED = (*REFUSED, TooMany, TryLater, UpstreamError)


def send_one(caller: ApiKeyPrincipal, body: dict[str, Any], services: Services) -> dict[str, Any]:
    """Send for a loaded ``FlowSendSchema`` and return the answer.

    Raises:
        Invalid: the order's id is none, or the key was used for something else; NotFound: there is no such order.
    """
    # Checked before the channel: a malformed id is an error of the flow, not an outcome.
    order_id_of(caller.tenant, body["order_id"])
    channel = body["channel"] or next(iter(caller.tenant.configuration.channels), None)
    if channel is None:
        return outcome_of("refused", _fill("no_channel", {"admin": caller.tenant.admin_contact}, caller))
    # A flow sends no amount: it always asks for all that is due, as Salesforce has it.
    command = {"purpose": "full", "amount": None, "expected_total": None, "customer_agreed": False}
    try:
        sent = send_by_key(
            caller, {**body, **command, "channel": channel}, key=body["idempotency_key"], services=services
        )
    except Conflict as error:
        sentence = _fill("flow_another_live", {}, caller)
        return {"outcome": "another_live", "sentence": sentence, "reference": error.reference}
    except EXPECTED as error:
        return not_done(error)
    services.work.outbox_changed()
    return _sent(sent, caller)


def outcome_of(outcome: str, sentence: str, found: PaymentRequest | None = None) -> dict[str, Any]:
    """Return what every operation of a flow answers."""
    return {"outcome": outcome, "sentence": sentence, "reference": found.reference if found else None}


def not_done(error: ServiceError, found: PaymentRequest | None = None) -> dict[str, Any]:
    """Return an expected error as an outcome; raise the others again."""
    # Both come from a mistake in the flow itself, which its fault path must show to whoever builds it.
    if isinstance(error, NotFound) or error.code is ErrorCode.IDEMPOTENCY_KEY_REUSED:
        raise error
    outcome = "refused" if isinstance(error, REFUSED) else "try_later"
    log.warning("refused", code=error.code.value, status=200, outcome=outcome)
    return outcome_of(outcome, message_of(error), found)


def _sent(sent: PaymentRequest, caller: ApiKeyPrincipal) -> dict[str, Any]:
    if sent.states.link in (Link.SENDING, Link.UNKNOWN):
        # The core has not confirmed the send: a flow must not read this as a failure and send again.
        return outcome_of("unknown", _fill("unknown", {}, caller), sent)
    channel = catalogue(caller.tenant.language)[f"channel_{sent.channel}"]
    sentences = [
        fill(
            "flow_sent",
            {"channel": channel, "phone_ending": sent.phone.ending},
            time_zone="UTC",
            language=caller.tenant.language,
        )
    ]
    if reading_of(sent.phone).is_fixed_line:
        sentences.append(_fill("phone_fixed_line", {}, caller))
    return outcome_of("sent", " ".join(sentences), sent)


def _fill(sentence_id: str, values: dict[str, Any], caller: ApiKeyPrincipal) -> str:
    return fill(sentence_id, values, time_zone="UTC", language=caller.tenant.language)
