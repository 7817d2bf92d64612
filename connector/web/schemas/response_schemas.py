"""Schemas of response bodies, for the OpenAPI documents; tests validate real answers against them.

Amounts are decimal strings in the currency's own digits, times RFC 3339 in UTC. Docstrings are published in the documents.
"""

from __future__ import annotations

from marshmallow import fields, validate

from connector.domain.payments.balance import OrderPaymentState
from connector.domain.payments.message_delivery import Remedy
from connector.domain.payments.payment import Channel, Purpose
from connector.domain.payments.status import Link, Message, Money, Status
from connector.web.schemas.amount_fields import AmountField, SignedAmount
from connector.web.schemas.note_shapes import NoteShape
from connector.web.schemas.shapes import ACTIONS, PersonShape, SentenceShape, Shape, TimelineShape, WithheldShape


class StatesShape(Shape):
    """The states of message, link and money."""

    message = fields.Enum(Message, by_value=True, required=True)
    link = fields.Enum(Link, by_value=True, required=True)
    money = fields.String(
        required=True, validate=validate.OneOf([*(one.value for one in Money), Status.PART_PAID.value])
    )


class ConsentShape(Shape):
    """On what ground the customer was written to, and when it was asked for."""

    basis = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True, allow_none=True)


class SalesforceWriteShape(Shape):
    """What was written to Salesforce of this request, and when."""

    state = fields.String(required=True, validate=validate.OneOf(["written", "waiting", "refused", "none"]))
    written_at = fields.DateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    reason_word = fields.String(required=True, allow_none=True)


class RequestFactsShape(Shape):
    """One payment request, as the list shows it."""

    reference = fields.String(required=True)
    order_id = fields.String(required=True)
    order_number = fields.String(required=True)
    status = fields.Enum(Status, by_value=True, required=True)
    live = fields.Boolean(required=True)
    states = fields.Nested(StatesShape, required=True)
    core_status = fields.String(required=True, allow_none=True)
    link_reference = fields.String(required=True, allow_none=True)
    purpose = fields.Enum(Purpose, by_value=True, required=True)
    amount = AmountField(required=True)
    tax = SignedAmount(required=True)
    sub_total = SignedAmount(required=True)
    amount_authorized = AmountField(required=True)
    amount_paid = AmountField(required=True)
    amount_reversed = AmountField(required=True)
    currency = fields.String(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    phone_ending = fields.String(required=True)
    requested_by = fields.Nested(PersonShape, required=True)
    handled_by = fields.Nested(PersonShape, required=True)
    replaces = fields.String(required=True, allow_none=True)
    consent = fields.Nested(ConsentShape, required=True)
    created_at = fields.DateTime(required=True)
    sent_at = fields.DateTime(required=True, allow_none=True)
    opened_at = fields.DateTime(required=True, allow_none=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    open_by = fields.DateTime(required=True, allow_none=True)
    pay_by = fields.DateTime(required=True, allow_none=True)
    proven_at = fields.DateTime(required=True, allow_none=True)
    message_at = fields.DateTime(required=True, allow_none=True)
    awaiting_confirmation = fields.Boolean(required=True)
    probable_preview = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    message_failure = fields.String(required=True, allow_none=True)
    attention = fields.String(required=True, allow_none=True)
    do_not_ship = fields.Boolean(required=True)
    capture_before = fields.DateTime(required=True, allow_none=True)
    settled = fields.Boolean(required=True)
    being_charged = fields.Boolean(required=True)
    reconciliation_reference = fields.String(required=True, allow_none=True)
    salesforce = fields.Nested(SalesforceWriteShape, required=True)


class RequestShape(RequestFactsShape):
    """One payment request, as a person looks at it."""

    actions = fields.List(fields.String(validate=validate.OneOf(ACTIONS)), required=True)
    withheld = fields.List(fields.Nested(WithheldShape), required=True)
    sentences = fields.List(fields.Nested(SentenceShape), required=True)
    money_off = fields.List(fields.Nested(SentenceShape), required=True)
    remedy = fields.Enum(Remedy, by_value=True, required=True, allow_none=True)
    say = fields.List(fields.Nested(SentenceShape), required=True)
    timeline = fields.List(fields.Nested(TimelineShape), required=True)


class RequestListShape(Shape):
    """A page of payment requests, newest first; ``next_cursor`` null: it is the last one."""

    payment_requests = fields.List(fields.Nested(RequestFactsShape), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ProblemShape(Shape):
    """What is to be said of an order, in the way of sending or beside its amounts, and the field that it is about."""

    field = fields.String(required=True)
    sentence = fields.Nested(SentenceShape, required=True)


class LimitsShape(Shape):
    """Whether a part of the amount may be asked for, and how much at least and at most."""

    parts = fields.Boolean(required=True)
    minimum = AmountField(required=True, allow_none=True)
    step = AmountField(required=True, allow_none=True)
    maximum = AmountField(required=True)


class NumberConsentShape(Shape):
    """The state of a channel's consent for a number."""

    state = fields.String(required=True, validate=validate.OneOf(["fine", "ask", "refused"]))
    sentence = fields.Nested(SentenceShape, required=True, allow_none=True)


class ChannelConsentShape(NumberConsentShape):
    """The state of a channel's consent: for the order's own number, and for another one that the customer may give."""

    other_number = fields.Nested(NumberConsentShape, required=True)


class OtherCurrencyShape(Shape):
    """Money that moved for an order in a currency that it no longer has; the order's own amounts do not count it."""

    currency = fields.String(required=True)
    amount_paid = AmountField(required=True)
    amount_authorized = AmountField(required=True)
    amount_reversed = AmountField(required=True)


class PhoneReadingShape(Shape):
    """A number that a text can be read as."""

    number = fields.String(required=True)
    shown = fields.String(required=True)
    country = fields.String(required=True, allow_none=True)
    country_name = fields.String(required=True)
    warning = fields.Nested(SentenceShape, required=True, allow_none=True)


class PhoneNoteShape(Shape):
    """A phone field of Salesforce that was not taken, and what it may be read as."""

    field = fields.String(required=True)
    sentence = fields.Nested(SentenceShape, required=True)
    readings = fields.List(fields.Nested(PhoneReadingShape), required=True)


class PhoneReadShape(Shape):
    """What a text is read as; ``sentence`` asks, or says why it cannot be used."""

    outcome = fields.String(required=True, validate=validate.OneOf(["read", "ambiguous", "unconfirmed", "refused"]))
    readings = fields.List(fields.Nested(PhoneReadingShape), required=True)
    sentence = fields.Nested(SentenceShape, required=True, allow_none=True)


class CoreClockShape(Shape):
    """The payment core's time when this was answered, and how many milliseconds its clock is ahead of the connector's."""

    now = fields.DateTime(required=True)
    ahead_ms = fields.Integer(required=True)


class LastNumberShape(Shape):
    """The number that the order's newest request went to, where Salesforce has another one or none."""

    reading = fields.Nested(PhoneReadingShape, required=True)
    by = fields.String(required=True)
    at = fields.DateTime(required=True)


class OrderShape(Shape):
    """Everything the page shows of one order."""

    order_id = fields.String(required=True)
    order_number = fields.String(required=True)
    currency = fields.String(required=True)
    total = SignedAmount(required=True)
    tax = SignedAmount(required=True, allow_none=True)
    sub_total = SignedAmount(required=True, allow_none=True)
    amount_due = AmountField(required=True)
    amount_paid = AmountField(required=True)
    amount_authorized = AmountField(required=True)
    amount_reversed = AmountField(required=True)
    payment_state = fields.Enum(OrderPaymentState, by_value=True, required=True)
    other_currencies = fields.List(fields.Nested(OtherCurrencyShape), required=True)
    sentences = fields.List(fields.Nested(SentenceShape), required=True)
    phone = fields.String(required=True, allow_none=True)
    phone_reading = fields.Nested(PhoneReadingShape, required=True, allow_none=True)
    phone_notes = fields.List(fields.Nested(PhoneNoteShape), required=True)
    last_number = fields.Nested(LastNumberShape, required=True, allow_none=True)
    can_save_phone = fields.Boolean(required=True)
    country = fields.String(required=True, allow_none=True)
    read_at = fields.DateTime(required=True)
    core_clock = fields.Nested(CoreClockShape, required=True)
    not_current = fields.Nested(SentenceShape, required=True, allow_none=True)
    note = fields.Nested(NoteShape, required=True, allow_none=True)
    phone_region = fields.String(required=True, allow_none=True)
    channels = fields.List(fields.Enum(Channel, by_value=True), required=True)
    delivery_reports = fields.Dict(keys=fields.String(), values=fields.Boolean(), required=True)
    replaces_in_one_message = fields.Boolean(required=True)
    shows_messages = fields.Boolean(required=True)
    language = fields.String(required=True)
    limits = fields.Nested(LimitsShape, required=True)
    can_send = fields.Boolean(required=True)
    send_off = fields.Nested(SentenceShape, required=True, allow_none=True)
    problems = fields.List(fields.Nested(ProblemShape), required=True)
    notes = fields.List(fields.Nested(ProblemShape), required=True)
    consents = fields.Dict(keys=fields.String(), values=fields.Nested(ChannelConsentShape), required=True)
    merchant = fields.String(required=True)
    environment = fields.String(required=True)
    payment_requests = fields.List(fields.Nested(RequestShape), required=True)


class LaunchShape(Shape):
    """What Apex gets: a token for one user and one order, and the order as the page would show it."""

    launch_token = fields.String(required=True)
    order = fields.Nested(OrderShape, required=True)
    expires_at = fields.DateTime(required=True)


class RenewedShape(Shape):
    """The next launch token of an open page."""

    launch_token = fields.String(required=True)
    expires_at = fields.DateTime(required=True)


ORDER = OrderShape()
PHONE_READ = PhoneReadShape()
REQUEST = RequestShape()
REQUEST_LIST = RequestListShape()
LAUNCH = LaunchShape()
RENEWED = RenewedShape()
