"""Request schemas of the Flow and Agentforce endpoints."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from connector.web.schemas.body_fields import ORG_ID, RECORD_ID, REFERENCE, USER_ID, ChannelWord
from connector.web.schemas.request_schemas import KEY

# As many as one transaction of Salesforce sends in four calls of its hundred, at 200 interviews a transaction.
MOST_ITEMS = 50


class _ItemText(fields.String):
    """A text of an item, or null, as the document describes it."""

    def __init__(self) -> None:
        super().__init__(load_default=None, allow_none=True, metadata={"maxLength": 255})


class FlowSchema(Schema):
    """What every flow operation says: its org, and who acts if it is not the flow itself."""

    class Meta:
        unknown = RAISE

    org_id = fields.String(required=True, validate=validate.Length(1, 40), metadata={"pattern": ORG_ID})
    user_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(15, 18), metadata={"pattern": USER_ID}
    )
    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)

    @pre_load
    def unpad(self, data: Any, **_: Any) -> Any:
        """Strip all texts and read empty ones as null."""
        if not isinstance(data, dict):
            return data
        # A flow sends a variable that was never set as an empty text, and formula texts often padded with spaces.
        bare = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        return {name: None if value == "" else value for name, value in bare.items()}


class FlowSendSchema(FlowSchema):
    """A send by a flow: amount, currency and order number are Salesforce's; the number too, unless the tenant allows one."""

    order_id = fields.String(required=True, validate=validate.Length(15, 18), metadata={"pattern": RECORD_ID})
    channel = ChannelWord(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))


class FlowCancelSchema(FlowSchema):
    """A cancel by a flow."""

    reference = fields.String(required=True, validate=validate.Length(1, 40), metadata={"pattern": REFERENCE})


class FlowStatusSchema(FlowSchema):
    """A look by a flow: at one request, or at the latest of an order."""

    one_of = ("reference", "order_id")

    reference = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 40), metadata={"pattern": REFERENCE}
    )
    order_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(15, 18), metadata={"pattern": RECORD_ID}
    )

    @validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse both and neither."""
        if bool(data["reference"]) == bool(data["order_id"]):
            raise ValidationError("Send either reference or order_id.", "reference")


class FlowItemSchema(Schema):
    """One send of many, for the document: ``send_each`` reads each as a send by itself, with a key that is required."""

    order_id = _ItemText()
    channel = _ItemText()
    phone = _ItemText()
    user_id = _ItemText()
    idempotency_key = _ItemText()


class _Items(fields.List[Any]):
    """The items as they came: whatever is wrong in one, its type included, is its own result and refuses no other."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class FlowSendManySchema(Schema):
    """Sends by a flow for up to 50 orders, one after the other."""

    class Meta:
        unknown = RAISE

    org_id = fields.String(required=True, validate=validate.Length(1, 40), metadata={"pattern": ORG_ID})
    items = _Items(fields.Nested(FlowItemSchema), required=True, validate=validate.Length(1, MOST_ITEMS))


FLOW_SEND = FlowSendSchema()
FLOW_SEND_MANY = FlowSendManySchema()
FLOW_CANCEL = FlowCancelSchema()
FLOW_STATUS = FlowStatusSchema()
