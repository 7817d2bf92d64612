"""The endpoint that shows an open page the message before it is sent; it changes nothing and keeps nothing."""

from __future__ import annotations

import threading
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, fields

import manifests
from connector.domain.payments.balance import balance_of
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.errors import Invalid, NotFound
from connector.journeys.requesting.preview_message import MessageToPreview, Previewed, PreviewOutcome, preview_message
from connector.services import Services, current_services
from connector.store.orders import orders
from connector.store.requests import request_rows
from connector.web.callers.bearer import LaunchPrincipal, bearer
from connector.web.callers.launch_rate import LaunchRateLimit
from connector.web.schemas import request_schemas
from connector.web.schemas.body_fields import ChannelWord
from connector.web.schemas.shapes import Shape
from foundation.money import AmountError, read_amount

_RATE, _ROOMS = "chat2pay_message_previews", "chat2pay_message_preview_rooms"
MOST: int = manifests.load("connector.json")["launch"]["message_previews_per_minute"]
# A core that dawdles holds a thread for each preview; sends must find the others free.
_AT_ONCE = 4
blueprint = Blueprint("message_previews", __name__, url_prefix="/api")


class MessagePreviewSchema(Schema):
    """Which message: by what channel, for how much, and whether it names a link that it replaces."""

    class Meta:
        unknown = RAISE

    channel = ChannelWord(required=True)
    amount = fields.Raw(load_default=None, allow_none=True)
    replaces = fields.Boolean(load_default=False)


class MessageShape(Shape):
    """A message as the customer would read it, and how it is counted."""

    text = fields.String(required=True)
    language = fields.String(required=True)
    parts = fields.Integer(required=True)
    characters = fields.Integer(required=True)
    alphabet = fields.String(required=True)
    link = fields.String(required=True, allow_none=True)
    has_template = fields.Boolean(required=True)
    may_offer_reply = fields.Boolean(required=True)


class MessagePreviewShape(Shape):
    """The message, or why there is none to show."""

    outcome = fields.Enum(PreviewOutcome, by_value=True, required=True)
    preview = fields.Nested(MessageShape, required=True, allow_none=True)


MESSAGE_PREVIEW, PREVIEWED = MessagePreviewSchema(), MessagePreviewShape()


@blueprint.post("/message-previews")
def show_message() -> ResponseReturnValue:
    """Answer what the customer would read: ``shown``, ``not_offered`` by this payment core, or ``no_answer``."""
    services = current_services()
    caller = bearer(services)
    rate: LaunchRateLimit = current_app.extensions.setdefault(_RATE, LaunchRateLimit(MOST, "previews_too_often"))
    rate.count(caller.launch.launch_id, now=services.now())
    body = request_schemas.read_body(request, MESSAGE_PREVIEW)
    order, amount = _asked(caller, body, services)
    wanted = MessageToPreview(Channel(body["channel"]), amount, replaces=body["replaces"])
    found = _previewed(caller, order, wanted, services)
    preview = asdict(found.preview) if found.preview else None
    return jsonify({"outcome": found.outcome.value, "preview": preview})


def _asked(caller: LaunchPrincipal, body: dict[str, Any], services: Services) -> tuple[Order, Decimal]:
    """Return the page's order as it is stored, and the amount: the body's, else all that can be asked for.

    Raises:
        NotFound: the order was never read; Invalid: the amount cannot be read.
    """
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, caller.token.order_id)
        if stored is None:
            raise NotFound
        order = stored.order
        if body["amount"] is None:
            return order, balance_of(order, request_rows.find_by_order(work, order.tenant_id, order.order_id)).askable
    try:
        return order, read_amount(body["amount"], order.currency, order.digits)
    except AmountError as error:
        raise Invalid({"amount": [str(error)]}) from error


def _previewed(caller: LaunchPrincipal, order: Order, wanted: MessageToPreview, services: Services) -> Previewed:
    rooms: threading.BoundedSemaphore = current_app.extensions.setdefault(_ROOMS, threading.BoundedSemaphore(_AT_ONCE))
    # Not waited for: waiting would hold the very thread that the limit keeps free.
    if not rooms.acquire(blocking=False):
        return Previewed(PreviewOutcome.NO_ANSWER)
    try:
        # Outside of any transaction: the core may take its time.
        return preview_message(services.for_tenant(caller.tenant), order=order, wanted=wanted)
    finally:
        rooms.release()
