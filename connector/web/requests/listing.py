"""The endpoint that lists a tenant's payment requests page by page; of phone numbers it shows the last digits only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from connector.domain.payments.status import Status
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.tenant import read_id
from connector.errors import Invalid
from connector.services import current_services
from connector.store.outbox import outbox
from connector.store.requests import request_listing
from connector.store.requests.request_listing import Cursor, RequestFilter
from connector.web.callers.bearer import api_key_principal
from connector.web.schemas.request_schemas import REFERENCE, texts
from connector.web.schemas.serializers import request_facts
from foundation.cards import has_card_number

blueprint = Blueprint("listing", __name__, url_prefix="/api")
_ID = "Send a Salesforce id."
_KEY_ID = re.compile(r"key_\w{1,14}", re.ASCII)


class _RecordId(fields.String):
    """A Salesforce id of 15 or 18 characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        record_id = read_id(value)
        if record_id is None:
            raise ValidationError(_ID)
        return record_id


class _Actor(_RecordId):
    """A user's id, or the id of an API key that acted by itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = str(value)  # as every value of a query is
        return text if _KEY_ID.fullmatch(text) else super()._deserialize(value, attr, data, **options)


class _Cursor(fields.Field[Cursor]):
    """The position where the previous page ended, opaque to the caller."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Cursor:
        try:
            # Cut: a cursor of ours is far shorter, and more of another one is not worth decoding.
            created_at, reference = json.loads(base64.urlsafe_b64decode(str(value)[:200]))
            # The cursor is the caller's text like any other: what it decodes to goes into a query.
            if not REFERENCE.fullmatch(reference):
                raise ValueError("no reference")
            return Cursor(datetime.fromisoformat(created_at).astimezone(UTC), reference)
        except (binascii.Error, ValueError, TypeError, OverflowError) as error:
            raise ValidationError("Send the next_cursor of the page before, as it was.") from error


class _Moment(fields.AwareDateTime):
    """A time with an offset, converted to UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **options).astimezone(UTC)
        # The first and last hours of year 1 and 9999 have no UTC equivalent in some zones.
        except OverflowError as error:
            raise ValidationError("Send a time like 2026-11-21T10:42:07Z.") from error


class ListingSchema(Schema):
    """The query of the list."""

    class Meta:
        unknown = RAISE

    order_id = _RecordId(load_default=None)
    agent = _Actor(load_default=None)
    status = fields.Enum(Status, by_value=True, load_default=None)
    since = _Moment(format="iso", default_timezone=UTC, load_default=None)
    cursor = _Cursor(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> tuple[RequestFilter, int]:
        """Return the filter for the store, and the page size."""
        limit = data.pop("limit")
        return RequestFilter(after=data.pop("cursor"), **data), limit


LISTING = ListingSchema()


@blueprint.get("/payment-requests")
def show_list() -> ResponseReturnValue:
    """List the tenant's payment requests, newest first, for a key with the scope ``read``."""
    services = current_services()
    caller = api_key_principal(services, Scope.READ)
    request_filter, limit = _read_query()
    tenant_id, store = caller.tenant.tenant_id, services.store
    with store.read() as work:
        found, place = request_listing.list_requests(work, tenant_id, request_filter, most=limit)
        pushes = outbox.states(work, tenant_id, list({one.order_id for one in found}))
    return jsonify({
        "payment_requests": [request_facts(one, pushes.get(one.order_id)) for one in found],
        "next_cursor": _cursor(place) if place else None,
    })  # fmt: skip


def _read_query() -> tuple[RequestFilter, int]:
    # Werkzeug would take the first of `?status=paid&status=sent` and ignore the rest: a filter must not be half applied.
    repeated = {_named(name): ["Send this once."] for name, values in request.args.lists() if len(values) > 1}
    if repeated:
        raise Invalid(repeated)
    try:
        read: tuple[RequestFilter, int] = LISTING.load(request.args.to_dict())
    except ValidationError as error:
        raise Invalid({_named(str(name)): texts(messages) for name, messages in error.messages_dict.items()}) from error
    return read


def _named(name: str) -> str:
    """Return a parameter's name as an error may repeat it."""
    # An unknown name is the caller's own text, and it goes into a log line.
    return "query" if has_card_number(name) else name[:40]


def _cursor(place: Cursor) -> str:
    """Return the cursor after a place, for the next request."""
    # Microseconds: with milliseconds two requests of the same one would share a position, and one be skipped.
    created_at = place.created_at.astimezone(UTC).isoformat(timespec="microseconds")
    return base64.urlsafe_b64encode(json.dumps([created_at, place.reference]).encode()).decode()
