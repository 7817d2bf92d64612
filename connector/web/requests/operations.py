"""The endpoints for replace, capture and reverse.

The answer is always 200 with the actual outcome and its sentence; 202 while the outcome of an earlier call with the same
idempotency key is not known yet. An open page needs the right; an API key the scope ``flow`` to replace, and ``capture`` for
the other two.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from connector.domain.payments.operation import IdempotencyKey, Operation, idempotency_key
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Purpose
from connector.domain.tenants.amount_limits import broken_step
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import Right, right_for
from connector.domain.tenants.tenant import CoreConfiguration
from connector.errors import ErrorCode, Invalid, LaunchRefused, OrderDeleted, TooMany
from connector.journeys.access.read_order_as_tenant import read_order_as_tenant
from connector.journeys.amending.capture_payment import capture_payment
from connector.journeys.amending.limit_capture import read_for_key
from connector.journeys.amending.replace_payment_request import ReplaceOutcome, replace_payment_request
from connector.journeys.amending.reverse_payment import reverse_payment
from connector.journeys.requesting.read_recipient import GivenNumber
from connector.journeys.requesting.send_payment_request import SendCommand
from connector.services import Services, current_services
from connector.web.callers.bearer import ApiKeyPrincipal, LaunchPrincipal, any_principal
from connector.web.requests.shared_actions import (
    acting_person,
    limit_error,
    own_request,
    read_again,
    read_as_agent,
    request_json,
    require_change_permission,
)
from connector.web.schemas import request_schemas
from connector.web.wording.messages import money_of
from connector.web.wording.money_messages import capture_answer, reverse_answer
from connector.web.wording.replace_messages import replace_answer
from connector.web.wording.sentences import Sentence, fill
from foundation.money import AmountError, digits_of, read_amount

blueprint = Blueprint("operations", __name__, url_prefix="/api")


@blueprint.post("/payment-requests/<reference>/capture")
def capture(reference: str) -> ResponseReturnValue:
    """Capture the held money, all of it or ``amount``. An API key needs the scope ``capture``."""
    services, right = current_services(), right_for("capture")
    caller, body = _caller(services, right, request_schemas.CAPTURE, request_schemas.KEY_CAPTURE)
    found = own_request(reference, caller, services)
    by = acting_person(caller, body, found, right, services)
    amount = None
    if body["amount"] is not None:
        try:
            # In the digits that the request was made with, whatever the currency's table says today.
            amount = read_amount(body["amount"], found.currency, digits_of(found.amount))
        except AmountError as error:
            raise Invalid({"amount": [str(error)]}) from error
        if amount <= 0:
            raise Invalid({"amount": ["Ask for more than zero."]})
        _check_step(caller.tenant.configuration, amount, found.currency)
    key = _keyed(Operation.CAPTURE, found, body)
    # No transaction is open here: Salesforce and the core are called inside, between those of the journey (ADR 6).
    taken = capture_payment(
        services.for_tenant(caller.tenant),
        request=found,
        amount=amount,
        by=by,
        keyed=key,
        read_order=lambda: _read_if_shown(caller, found, services),
    )
    services.work.outbox_changed()
    return _answer(
        taken.outcome.value, capture_answer(taken, caller.tenant), taken.request, taken.unfinished, caller, services
    )


def _check_step(core: CoreConfiguration, amount: Decimal, currency: str) -> None:
    if broken := broken_step(core, amount, currency):
        text = f"The payment core takes multiples of {core.step_of(currency)} {currency} only."
        raise Invalid({"amount": [text]}, message=text).with_sentence("amount_not_in_steps", **broken[1])


@blueprint.post("/payment-requests/<reference>/reverse")
def reverse(reference: str) -> ResponseReturnValue:
    """Refund taken money, or release held money. An API key needs the scope ``capture``."""
    services, right = current_services(), right_for("reverse")
    caller, body = _caller(services, right, request_schemas.REVERSE, request_schemas.KEY_REVERSE)
    found = own_request(reference, caller, services)
    by = acting_person(caller, body, found, right, services)
    key = _keyed(Operation.REVERSE, found, body)
    given = reverse_payment(services.for_tenant(caller.tenant), request=found, by=by, keyed=key)
    services.work.outbox_changed()
    return _answer(
        given.outcome.value, reverse_answer(given, caller.tenant), given.request, given.unfinished, caller, services
    )


@blueprint.post("/payment-requests/<reference>/replace")
def replace_link(reference: str) -> ResponseReturnValue:
    """Cancel a link and send another one in its place. An API key needs the scope ``flow``."""
    services, right = current_services(), right_for("replace")
    caller, body = _caller(services, right, request_schemas.REPLACE, request_schemas.KEY_REPLACE)
    found = own_request(reference, caller, services)
    by = acting_person(caller, body, found, right, services)
    require_change_permission(caller, found, person=by, services=services)
    command = _command(caller, body, found)
    try:
        replaced = replace_payment_request(
            services.for_tenant(caller.tenant),
            request=found,
            command=command,
            read_order=lambda: _read_order(caller, found, services),
            by=by,
            keyed=_keyed(Operation.REPLACE, found, body),
        )
    except TooMany as error:
        raise limit_error(error, caller, now=services.now()) from error
    finally:
        # Also after an error: the old link may be closed though the new one could not be sent.
        services.work.outbox_changed()
    # Only a repetition is 202: the first call already returned that it ended in `unknown`.
    unfinished = replaced.repeated and replaced.outcome is ReplaceOutcome.UNKNOWN
    return _answer(
        replaced.outcome.value, replace_answer(replaced, found), replaced.request, unfinished, caller, services
    )


def _caller(
    services: Services, right: Right, of_page: Schema, of_key: Schema
) -> tuple[LaunchPrincipal | ApiKeyPrincipal, dict[str, Any]]:
    caller = any_principal(services, scope=Scope.FLOW if right is Right.SEND else Scope.CAPTURE)
    body: dict[str, Any] = request_schemas.read_body(
        request, of_page if isinstance(caller, LaunchPrincipal) else of_key, required=False
    )
    if isinstance(caller, LaunchPrincipal):
        caller.needs(right)
    body["idempotency_key"] = request_schemas.read_key(request, body["idempotency_key"])
    return caller, body


def _keyed(operation: Operation, found: PaymentRequest, body: dict[str, Any]) -> IdempotencyKey | None:
    return idempotency_key(body["idempotency_key"], operation, found.reference, body)


def _command(caller: LaunchPrincipal | ApiKeyPrincipal, body: dict[str, Any], found: PaymentRequest) -> SendCommand:
    """Return the command for the new link; what the body leaves out is taken from the old request.

    Raises:
        Invalid: an API key gives a number where the tenant does not allow it, or an amount cannot be read.
    """
    if (
        isinstance(caller, ApiKeyPrincipal)
        and body["phone"] is not None
        and not caller.tenant.policy.flow_may_give_phone
    ):
        raise Invalid({"phone": ["Leave the number out: the one in Salesforce is used. An admin can allow others."]})
    amount = body["amount"]
    # A part keeps its amount; a request for all that is due asks for what is due now.
    if amount is None and found.purpose not in (Purpose.FULL, Purpose.BALANCE):
        amount = format(found.amount, "f")
    channel = body["channel"] or found.channel.value
    asked = {**body, "amount": amount, "channel": channel, "purpose": found.purpose.value}
    # In the digits that the core takes today: it is a new link, and the old one outlives an amount that cannot be asked for.
    digits = caller.tenant.configuration.digits_of(found.currency)
    command = request_schemas.read_command(asked, currency=found.currency, digits=digits)
    if command.phone is None and isinstance(caller, LaunchPrincipal):
        # Confirmed already: a link was sent to this number before.
        command = replace(command, phone=GivenNumber(f"+{found.phone.digits}", confirmed=True))
    return command


def _read_order(caller: LaunchPrincipal | ApiKeyPrincipal, found: PaymentRequest, services: Services) -> Order:
    if isinstance(caller, LaunchPrincipal):
        return read_again(caller, services)
    return read_order_as_tenant(
        tenant=caller.tenant,
        order_id=found.order_id,
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    )


def _read_if_shown(
    caller: LaunchPrincipal | ApiKeyPrincipal, found: PaymentRequest, services: Services
) -> Order | None:
    """Read the order before money is taken: with the agent's own access, or for a key; None where it was deleted.

    Raises:
        Invalid: the agent cannot see it any more; UpstreamError.
    """
    if isinstance(caller, ApiKeyPrincipal):
        return read_for_key(services.for_tenant(caller.tenant), found.order_id)
    try:
        return read_as_agent(caller, services)
    except OrderDeleted:
        return None
    except LaunchRefused as refusal:
        held = money_of(found, found.held)
        sentence = fill(
            "capture_order_gone", {"held": held, "admin": caller.tenant.admin_contact}, time_zone=caller.time_zone
        )
        error = Invalid({"order_id": [sentence]}, message=sentence, code=ErrorCode.NO_ACCESS)
        raise error.with_sentence("capture_order_gone", held=held) from refusal


def _answer(
    outcome: str,
    sentence: Sentence,
    found: PaymentRequest,
    unfinished: bool,
    caller: LaunchPrincipal | ApiKeyPrincipal,
    services: Services,
) -> ResponseReturnValue:
    answer = {
        "outcome": outcome,
        "sentence": fill(sentence.id, sentence.values, time_zone=caller.time_zone),
        "payment_request": request_json(found, caller, services),
    }
    return jsonify(answer), 202 if unfinished else 200
