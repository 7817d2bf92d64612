"""Response schemas of the Flow and Agentforce endpoints."""

from __future__ import annotations

from marshmallow import fields, validate

from connector.domain.payments.status import Status
from connector.journeys.amending.cancel_payment_request import CancelOutcome
from connector.web.schemas.amount_fields import AmountField
from connector.web.schemas.shapes import Shape


class FlowSentShape(Shape):
    """What became of a flow's send."""

    outcome = fields.String(
        required=True, validate=validate.OneOf(["sent", "unknown", "another_live", "refused", "try_later"])
    )
    sentence = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)


class FlowResultsShape(Shape):
    """What became of each item, in the order of the items."""

    results = fields.List(fields.Nested(FlowSentShape), required=True)


class FlowCancelledShape(Shape):
    """What became of a flow's cancel."""

    outcome = fields.String(
        required=True, validate=validate.OneOf([*(one.value for one in CancelOutcome), "refused", "try_later"])
    )
    sentence = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)


class FlowStatusShape(Shape):
    """The status of a payment request; only ``not_requested`` comes without the facts."""

    outcome = fields.String(required=True, validate=validate.OneOf([*(one.value for one in Status), "not_requested"]))
    sentence = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    status = fields.Enum(Status, by_value=True)
    amount = AmountField()
    amount_paid = AmountField()
    currency_code = fields.String()
    order_id = fields.String()
    order_number = fields.String()
    live = fields.Boolean()


FLOW_SENT = FlowSentShape()
FLOW_RESULTS = FlowResultsShape()
FLOW_CANCELLED = FlowCancelledShape()
FLOW_STATUS = FlowStatusShape()
