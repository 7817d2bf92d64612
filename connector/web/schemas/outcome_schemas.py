"""Schemas of the answers to what is done to a payment request: the outcome, its sentence, and the request as it is now."""

from __future__ import annotations

from marshmallow import fields

from connector.journeys.amending.cancel_payment_request import CancelOutcome
from connector.journeys.amending.capture_payment import CaptureOutcome
from connector.journeys.amending.replace_payment_request import ReplaceOutcome
from connector.journeys.amending.reverse_payment import ReverseOutcome
from connector.journeys.reconciling.reconcile_payment import Freshness
from connector.web.schemas.response_schemas import RequestShape
from connector.web.schemas.shapes import Shape


class ActedShape(Shape):
    """The answer in words, and the payment request as it is now."""

    sentence = fields.String(required=True)
    payment_request = fields.Nested(RequestShape, required=True)


class CancelledShape(ActedShape):
    """What became of a cancel."""

    outcome = fields.Enum(CancelOutcome, by_value=True, required=True)


class CapturedShape(ActedShape):
    """What became of a capture."""

    outcome = fields.Enum(CaptureOutcome, by_value=True, required=True)


class ReversedShape(ActedShape):
    """What became of a reversal."""

    outcome = fields.Enum(ReverseOutcome, by_value=True, required=True)


class ReplacedShape(ActedShape):
    """What became of a replacement; the payment request is the new one once there is one."""

    outcome = fields.Enum(ReplaceOutcome, by_value=True, required=True)


class RefreshedShape(ActedShape):
    """What became of a question to the payment core."""

    outcome = fields.Enum(Freshness, by_value=True, required=True)


CANCELLED = CancelledShape()
CAPTURED = CapturedShape()
REVERSED = ReversedShape()
REPLACED = ReplacedShape()
REFRESHED = RefreshedShape()
