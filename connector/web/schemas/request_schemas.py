"""Schemas of request bodies, and the functions that read them; unknown fields and card numbers are refused."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

from flask import Request
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate
from werkzeug.exceptions import HTTPException

from connector.domain.payments.payment import Channel, Purpose
from connector.errors import ErrorCode, Invalid
from connector.journeys.requesting.read_recipient import GivenNumber
from connector.journeys.requesting.send_payment_request import SendCommand
from connector.services import current_services
from connector.web.schemas.body_fields import RECORD_ID, USER_ID, ChannelWord, YesOrNo
from foundation.cards import has_card_number, has_card_number_in_id
from foundation.exact_json import NamedTwice, unique_names
from foundation.money import AmountError, read_amount, read_rounded

# These have a form of their own that is validated; every other field is searched for card numbers.
_NOT_FREE_TEXT = frozenset({"phone", "order_id", "user_id", "org_id", "reference", "amount", "expected_total"})
REFERENCE = re.compile(r"\w{1,40}", re.ASCII)
# Errors reported of one body at most: a caller's own texts must not fill our answer and our log.
_MAX_ERRORS = 20
KEY = validate.Regexp(r"^[A-Za-z0-9._:-]{8,128}\Z", error="Use 8 to 128 letters, digits, dots, dashes or colons.")
# Only a person who talks to the customer can confirm a number that no network is known to use.
_FOR_PAGES = ("phone_confirmed",)
_CARD = "This looks like a card number. Never send card numbers here."


class SendSchema(Schema):
    """The body of a send. The currency is the order's, so amounts are read once it is known."""

    class Meta:
        unknown = RAISE

    channel = ChannelWord(required=True)
    phone = fields.String(required=True, validate=validate.Length(1, 40))
    phone_confirmed = YesOrNo()
    purpose = fields.String(load_default="full", validate=validate.OneOf([p.value for p in Purpose]))
    amount = fields.Raw(load_default=None, allow_none=True)
    expected_total = fields.Raw(load_default=None, allow_none=True)
    expected_currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(3, 3))
    customer_agreed = YesOrNo(load_default=False)
    order_id = fields.String(load_default=None, allow_none=True, metadata={"pattern": RECORD_ID})
    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)


class KeySendSchema(SendSchema):
    """The body of a send by a tenant's own code: it names the order, and the number is the one that Salesforce has."""

    class Meta:
        unknown = RAISE
        exclude = _FOR_PAGES

    order_id = fields.String(required=True, validate=validate.Length(15, 18), metadata={"pattern": RECORD_ID})
    user_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(15, 18), metadata={"pattern": USER_ID}
    )
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))


class ApiLaunchSchema(Schema):
    """For whom Apex opens which order."""

    class Meta:
        unknown = RAISE

    order_id = fields.String(required=True, validate=validate.Length(15, 18), metadata={"pattern": RECORD_ID})
    user_id = fields.String(required=True, validate=validate.Length(15, 18), metadata={"pattern": USER_ID})


class PhoneReadingSchema(Schema):
    """A number as an agent types it."""

    class Meta:
        unknown = RAISE

    phone = fields.String(required=True, validate=validate.Length(max=80))


class NothingSchema(Schema):
    """A verb without a body of its own."""

    class Meta:
        unknown = RAISE

    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> str | None:
        key: str | None = data["idempotency_key"]
        return key


class CaptureSchema(Schema):
    """How much of the held money to take; left out: all of it."""

    class Meta:
        unknown = RAISE

    amount = fields.Raw(load_default=None, allow_none=True)
    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)


class ReverseSchema(Schema):
    """A reversal gives back all of it."""

    class Meta:
        unknown = RAISE

    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)


class ReplaceSchema(Schema):
    """What is different about the new link; what is left out stays as it was."""

    class Meta:
        unknown = RAISE

    channel = ChannelWord(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    phone_confirmed = YesOrNo()
    amount = fields.Raw(load_default=None, allow_none=True)
    expected_total = fields.Raw(load_default=None, allow_none=True)
    expected_currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(3, 3))
    customer_agreed = YesOrNo(load_default=False)
    idempotency_key = fields.String(load_default=None, allow_none=True, validate=KEY)


class NamesUser(Schema):
    """What only a tenant's own code says: which user of the org acts, if it is not the key itself."""

    user_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(15, 18), metadata={"pattern": USER_ID}
    )


class KeyCaptureSchema(NamesUser, CaptureSchema):
    """A capture by a tenant's own code."""


class KeyReverseSchema(NamesUser, ReverseSchema):
    """A reversal by a tenant's own code."""


class KeyReplaceSchema(NamesUser, ReplaceSchema):
    """A replacement by a tenant's own code."""

    class Meta:
        unknown = RAISE
        exclude = _FOR_PAGES


PHONE_READING = PhoneReadingSchema()
SEND = SendSchema()
KEY_SEND = KeySendSchema()
API_LAUNCH = ApiLaunchSchema()
NOTHING = NothingSchema()
CAPTURE, KEY_CAPTURE = CaptureSchema(), KeyCaptureSchema()
REVERSE, KEY_REVERSE = ReverseSchema(), KeyReverseSchema()
REPLACE, KEY_REPLACE = ReplaceSchema(), KeyReplaceSchema()


def read_body(request: Request, schema: Schema, *, required: bool = True, by_item: str | None = None) -> Any:
    """Read and validate a JSON body; whoever names the field ``by_item`` searches its items for card numbers itself.

    Raises:
        Invalid: by field, with the remedy; the message never repeats a value.
        TryLater: too many bodies are being read at once.
    """
    try:
        # Bounded, because a body is waited for in a thread: slow senders must not take them all.
        with current_services().body_slots.reading("api"):
            is_empty = not request.get_data()
        # What was sent is JSON or refused; a missing Content-Type is no reason to fail.
        body = {} if is_empty and not required else json.loads(request.get_data(), object_pairs_hook=unique_names)
        refuse_card_numbers({k: v for k, v in body.items() if k != by_item} if isinstance(body, dict) else body)
    except NamedTwice as twice:
        raise Invalid({twice.name or "body": ["Send this once."]}) from None
    except (HTTPException, ValueError) as error:
        # Too slow or too large is about the transfer: those have answers of their own.
        if isinstance(error, HTTPException) and error.code in (408, 413):
            raise
        raise Invalid({"body": ["Send one JSON object."]}, code=ErrorCode.INVALID_JSON) from error
    except RecursionError as error:
        raise Invalid({"body": ["This JSON is nested too deeply."]}, code=ErrorCode.INVALID_JSON) from error
    if not isinstance(body, dict):
        raise Invalid({"body": ["Send one JSON object."]}, code=ErrorCode.INVALID_JSON)
    try:
        return schema.load(body)
    except ValidationError as error:
        errors = islice(error.messages_dict.items(), _MAX_ERRORS)
        raise Invalid({str(name)[:40]: texts(messages) for name, messages in errors}) from error


def read_command(body: dict[str, Any], *, currency: str, digits: int) -> SendCommand:
    """Build the send command from a loaded body; amounts are in the order's ``currency`` with ``digits`` decimal places.

    The phone number stays a text: it is read once the order's country is known.

    Raises:
        Invalid: an amount cannot be used.
    """
    errors: dict[str, list[str]] = {}
    amount = expected = None
    given = None if body["phone"] is None else GivenNumber(body["phone"], body.get("phone_confirmed", False))
    try:
        amount = None if body["amount"] is None else read_amount(body["amount"], currency, digits)
    except AmountError as error:
        errors["amount"] = [str(error)]
    try:
        expected = None if body["expected_total"] is None else read_rounded(body["expected_total"], digits)
    except AmountError as error:
        errors["expected_total"] = [str(error)]
    if errors:
        raise Invalid(errors)
    # Amounts were seen in this currency: the send refuses when the order's currency has changed since.
    seen_in = currency if amount is not None or expected is not None else None
    return SendCommand(
        channel=Channel(body["channel"]),
        phone=given,
        purpose=Purpose(body["purpose"]),
        amount=amount,
        expected_total=expected,
        currency=body.get("expected_currency") or seen_in,
        customer_agreed=body["customer_agreed"],
    )


def read_key(request: Request, in_body: str | None) -> str | None:
    """Return the idempotency key from the header or the body.

    Raises:
        Invalid: it is malformed or looks like a card number, or the two differ.
    """
    in_header = request.headers.get("Idempotency-Key")
    if in_header is not None:
        try:
            KEY(in_header)
        except ValidationError as error:
            raise Invalid({"Idempotency-Key": texts(error.messages)}) from error
        if _is_card_as_key(in_header):
            raise Invalid({"Idempotency-Key": [_CARD]}, code=ErrorCode.CARD_NUMBER_REFUSED)
    if in_header and in_body and in_header != in_body:
        raise Invalid({"idempotency_key": ["The header Idempotency-Key says something else."]})
    return in_header or in_body


def refuse_card_numbers(value: Any, field: str = "") -> None:
    """Search a body before anything of it is validated, logged or stored.

    Raises:
        Invalid: ``card_number_refused``, by the outermost field that holds one.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            # A name would be repeated in the error, so it is not even named here.
            if has_card_number(str(name)):
                raise Invalid({"body": [_CARD]}, code=ErrorCode.CARD_NUMBER_REFUSED)
            if name == "idempotency_key" and isinstance(inner, str):
                if _is_card_as_key(inner):
                    raise Invalid({name: [_CARD]}, code=ErrorCode.CARD_NUMBER_REFUSED)
            elif name not in _NOT_FREE_TEXT:
                refuse_card_numbers(inner, field or str(name)[:40])
    elif isinstance(value, list):
        for inner in value:
            refuse_card_numbers(inner, field)
    elif has_card_number(str(value)):
        raise Invalid({field or "body": [_CARD]}, code=ErrorCode.CARD_NUMBER_REFUSED)


def _is_card_as_key(key: str) -> bool:
    """Return whether an idempotency key looks like a card number."""
    # Keys are stored in clear. Dots and colons separate a key's parts as dashes do in a written card number.
    return has_card_number_in_id(re.sub("[._:]", "-", key))


def texts(messages: Any) -> list[str]:
    """Return marshmallow's messages as one flat list."""
    if isinstance(messages, dict):
        return [text for inner in messages.values() for text in texts(inner)]
    return [str(text) for text in messages] if isinstance(messages, list) else [str(messages)]
