"""The endpoint by which a supervisor releases an order from a request without a known outcome; always 200."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, ValidationError, fields, pre_load

from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.rights import right_for
from connector.journeys.amending.release_payment_request import (
    Released,
    ReleaseOutcome,
    release_payment_request,
)
from connector.services import current_services
from connector.web.callers.bearer import LaunchPrincipal, any_principal
from connector.web.requests.shared_actions import acting_person, own_request, request_json
from connector.web.schemas import request_schemas
from connector.web.schemas.request_schemas import NamesUser
from connector.web.schemas.response_schemas import RequestShape
from connector.web.schemas.shapes import Shape
from connector.web.wording.sentences import Sentence, fill

LONGEST_REASON = 200
blueprint = Blueprint("releases", __name__, url_prefix="/api")


class ReleaseSchema(Schema):
    """Why nobody has to wait for the payment core any longer; it stays in the request's history under the caller's name."""

    class Meta:
        unknown = RAISE

    reason = fields.String(
        required=True,
        # Looked up when it is called: the function is defined at the end of this file.
        validate=lambda text: _check_reason(text),
        metadata={
            "minLength": 1,
            "maxLength": LONGEST_REASON,
            "pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$",
        },
    )

    @pre_load
    def without_space_around(self, data: Any, **_: Any) -> Any:
        """Strip spaces around the reason, so that a blank one counts as empty; a control character is refused anywhere."""
        reason = data.get("reason") if isinstance(data, dict) else None
        return {**data, "reason": reason.strip(" \u00a0")} if isinstance(reason, str) else data


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
    """Let another link be sent although the outcome of this one is unknown. An API key needs the scope ``supervise``."""
    services, right = current_services(), right_for("release")
    caller = any_principal(services, scope=Scope.SUPERVISE)
    body: dict[str, Any] = request_schemas.read_body(
        request, RELEASE if isinstance(caller, LaunchPrincipal) else KEY_RELEASE
    )
    if isinstance(caller, LaunchPrincipal):
        caller.needs(right)
    found = own_request(reference, caller, services)
    by = acting_person(caller, body, found, right, services)
    released = release_payment_request(services.for_tenant(caller.tenant), request=found, reason=body["reason"], by=by)
    # Only after the commit: a worker that is woken earlier finds nothing due, and the next sweep is seconds away.
    services.work.outbox_changed()
    sentence = _sentence(released)
    answer = {
        "outcome": released.outcome.value,
        "sentence": fill(sentence.id, sentence.values, time_zone=caller.time_zone),
        "payment_request": request_json(released.request, caller, services),
    }
    return jsonify(answer)


def _sentence(released: Released) -> Sentence:
    return Sentence(f"release_{released.outcome.value}", {"at": released.not_before})


def _check_reason(text: str) -> None:
    if not text:
        raise ValidationError("Say why, in a few words: it stays in the history of this request.")
    # One line of printable text: the reason goes into the history, the log and a Salesforce field.
    if len(text) > LONGEST_REASON or not text.isprintable():
        raise ValidationError(f"Use at most {LONGEST_REASON} characters, in one line.")
