"""The schemas of the error body."""

from __future__ import annotations

from marshmallow import fields, validate

from connector.web.openapi.parts.codes import CODES, ELSEWHERE
from connector.web.schemas.shapes import SentenceShape, Shape

_EVERY = sorted(code.value for code in (*CODES, *ELSEWHERE))


class FlowErrorDetailShape(Shape):
    """What went wrong: a code for programs, a message safe for people."""

    code = fields.String(required=True, validate=validate.OneOf(_EVERY))
    message = fields.String(required=True)
    retryable = fields.Boolean(required=True)
    request_id = fields.String(required=True)


class ErrorShape(FlowErrorDetailShape):
    """What went wrong: a code for programs, a message safe for people; where it helps, each field or the one in the way."""

    fields_ = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), data_key="fields")
    reference = fields.String()
    sentence = fields.Nested(SentenceShape)


class ErrorBodyShape(Shape):
    """The one error body."""

    error = fields.Nested(ErrorShape, required=True)


class FlowErrorShape(Shape):
    """The one error body, as far as a flow can use it."""

    error = fields.Nested(FlowErrorDetailShape, required=True)


ERROR = ErrorBodyShape()
FLOW_ERROR = FlowErrorShape()
