"""The door through which a supervisor gives an order its place back; always 200 with the true outcome."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, ValidationError, fields, pre_load

from connector.domain.api_key import Scope
from connector.domain.rights import Right
from connector.journeys.act_for import act_for
from connector.journeys.supervision.release_payment_request import (
    Released,
    ReleaseOutcome,
    release_payment_request,
)
from connector.services import current_services
from connector.web import schemas
from connector.web.bearer import Bearer, anyone
from connector.web.schemas import NamesUser
from connector.web.sentences import Sentence, fill
from connector.web.shapes import RequestShape, Shape
from connector.web.tenant_calls import own_request, request_json

LONGEST_REASON = 200
blueprint = Blueprint("releases", __name__, url_prefix="/api")


class ReleaseSchema(Schema):
    """Why nobody has to wait for the payment core any longer; it stays in the request's history under the caller's name."""

    class Meta:
        unknown = RAISE

    reason = fields.String(required=True, validate=lambda text: _check_reason(text))

    @pre_load
    def without_space_around(self, data: Any, **_: Any) -> Any:
        """A blank reason is none."""
        reason = data.get("reason") if isinstance(data, dict) else None
        return {**data, "reason": reason.strip()} if isinstance(reason, str) else data


class KeyReleaseSchema(NamesUser, ReleaseSchema):
    """A release by a tenant's own code."""


class ReleasedShape(Shape):
    """What became of a release."""

    outcome = fields.Enum(ReleaseOutcome, by_value=True, required=True)
    sentence = fields.String(required=True)
    payment_request = fields.Nested(RequestShape, required=True)


RELEASE, KEY_RELEASE, RELEASED = ReleaseSchema(), KeyReleaseSchema(), ReleasedShape()


@blueprint.post("/payment-requests/<reference>/release")
def release(reference: str) -> ResponseReturnValue:
    """Let another link be sent although nobody knows what became of this one. A key needs the scope ``supervise``."""
    services = current_services()
    who = anyone(services, scope=Scope.SUPERVISE)
    body: dict[str, Any] = schemas.read_body(request, RELEASE if isinstance(who, Bearer) else KEY_RELEASE)
    if isinstance(who, Bearer):
        who.needs(Right.SUPERVISE)
    found = own_request(reference, who, services)
    by = who.person
    if not isinstance(who, Bearer):
        by = act_for(
            tenant=who.tenant,
            user_id=body["user_id"],
            order_id=found.order_id,
            right=Right.SUPERVISE,
            key=who.person,
            salesforce=services.salesforce,
        )
    released = release_payment_request(
        tenant=who.tenant,
        request=found,
        reason=body["reason"],
        by=by,
        store=services.store,
        core=services.core,
        now=services.now,
    )
    services.work.outbox_changed()
    sentence = _sentence(released)
    told = {
        "outcome": released.outcome.value,
        "sentence": fill(sentence.id, sentence.values, time_zone=who.time_zone),
        "payment_request": request_json(released.request, who, services),
    }
    return jsonify(told)


def _sentence(released: Released) -> Sentence:
    return Sentence(f"release_{released.outcome.value}", {"at": released.not_before})


def _check_reason(text: str) -> None:
    if not text:
        raise ValidationError("Say why, in a few words: it stays in the history of this request.")
    if len(text) > LONGEST_REASON or not text.isprintable():
        raise ValidationError(f"Use at most {LONGEST_REASON} characters, in one line.")
