"""The endpoint that reads a phone number while an agent types it."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

import manifests
from connector.services import current_services
from connector.store.orders import orders
from connector.web.callers.bearer import bearer
from connector.web.callers.launch_rate import LaunchRateLimit
from connector.web.schemas import request_schemas
from connector.web.schemas.phone_serializers import read_view
from foundation.phones.read_phone import read_phone

_RATE = "chat2pay_phone_readings"
MOST: int = manifests.load("connector.json")["launch"]["phone_readings_per_minute"]
blueprint = Blueprint("phone_readings", __name__, url_prefix="/api")


@blueprint.post("/phone-readings")
def read_number() -> ResponseReturnValue:
    """Answer how a text reads as a phone number in the order's country: ``read ambiguous unconfirmed refused``."""
    services = current_services()
    caller = bearer(services)
    rate: LaunchRateLimit = current_app.extensions.setdefault(_RATE, LaunchRateLimit(MOST, "phone_too_often"))
    rate.count(caller.launch.launch_id, now=services.now())
    # A POST though it changes nothing: a number in a query string would end in access logs.
    body = request_schemas.read_body(request, request_schemas.PHONE_READING)
    with services.store.read() as work:
        stored = orders.find(work, caller.tenant.tenant_id, caller.token.order_id)
    country = stored.order.country if stored else None
    return jsonify(read_view(read_phone(body["phone"], country=country, region=caller.tenant.phone_region)))
