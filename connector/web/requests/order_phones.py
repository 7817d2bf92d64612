"""The endpoint that saves an order's last used number in Salesforce; always 200 with what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, fields, validate

from connector.domain.tenants.phone_place import RecordKind
from connector.domain.tenants.rights import Right
from connector.errors import UpstreamError
from connector.journeys.requesting.save_order_phone import PhoneOutcome, PhoneSaved, save_order_phone
from connector.services import Services, current_services
from connector.web.callers.bearer import LaunchPrincipal, bearer
from connector.web.requests.shared_actions import read_again
from connector.web.schemas import request_schemas
from connector.web.schemas.shapes import SentenceShape, Shape
from connector.web.wording.refusal_reasons import reason_of
from connector.web.wording.sentences import Sentence

blueprint = Blueprint("order_phones", __name__, url_prefix="/api")


class OrderPhoneSchema(Schema):
    """The ending of the number that the page showed; the number itself is the one that was last sent to."""

    class Meta:
        unknown = RAISE

    phone_ending = fields.String(required=True, validate=[validate.Length(equal=4), validate.Regexp("^[0-9]{4}$")])


class OrderPhoneSavedShape(Shape):
    """What became of the number."""

    outcome = fields.Enum(PhoneOutcome, by_value=True, required=True)
    sentence = fields.Nested(SentenceShape, required=True)


ORDER_PHONE, ORDER_PHONE_SAVED = OrderPhoneSchema(), OrderPhoneSavedShape()


@blueprint.post("/order-phone")
def save() -> ResponseReturnValue:
    """Save the last used number of the token's order, with the agent's own Salesforce session."""
    services = current_services()
    caller = bearer(services)
    caller.needs(Right.SEND)
    body: dict[str, Any] = request_schemas.read_body(request, ORDER_PHONE)
    ending: str = body["phone_ending"]
    saved = _save(caller, ending, services)
    return jsonify({"outcome": saved.outcome.value, "sentence": _sentence(saved, ending, caller).as_json()})


def _save(caller: LaunchPrincipal, ending: str, services: Services) -> PhoneSaved:
    # Read before it is written over: somebody may have given Salesforce a newer number since.
    if not _read_again(caller, services):
        return PhoneSaved(PhoneOutcome.LATER)
    saved = save_order_phone(
        tenant=caller.tenant, launch=caller.launch, ending=ending, store=services.store, salesforce=services.salesforce
    )
    if saved.outcome in (PhoneOutcome.SAVED, PhoneOutcome.UNKNOWN):
        # Where that fails, the page goes on offering what is saved already, and saves the same again.
        _read_again(caller, services)
    return saved


def _read_again(caller: LaunchPrincipal, services: Services) -> bool:
    try:
        read_again(caller, services)
    except UpstreamError:
        return False
    return True


def _sentence(saved: PhoneSaved, ending: str, caller: LaunchPrincipal) -> Sentence:
    values, admin = {"phone_ending": ending}, {"admin": caller.tenant.admin_contact}
    match saved.outcome:
        case PhoneOutcome.SAVED:
            return _saved_sentence(saved.kind, values)
        case PhoneOutcome.CHANGED:
            return Sentence("phone_save_changed")
        case PhoneOutcome.NO_RECORD:
            return Sentence("phone_save_no_record", {"admin": caller.tenant.admin_contact})
        case PhoneOutcome.SESSION_OVER:
            return Sentence("phone_save_session_over")
        case PhoneOutcome.LATER:
            return Sentence("phone_save_later")
        case PhoneOutcome.UNKNOWN:
            return Sentence("phone_save_unknown")
        case PhoneOutcome.NO_RIGHT:
            return Sentence("phone_save_no_right", admin)
        case PhoneOutcome.REFUSED:
            is_right = reason_of(saved.code) == "rights"
            return Sentence("phone_save_no_right", admin) if is_right else Sentence("phone_save_refused", admin)


def _saved_sentence(kind: RecordKind | None, values: dict[str, str]) -> Sentence:
    match kind:
        case RecordKind.CONTACT:
            return Sentence("phone_saved_contact", values)
        case RecordKind.ACCOUNT:
            return Sentence("phone_saved_account", values)
        case _:
            return Sentence("phone_saved_order", values)
