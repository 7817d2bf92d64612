"""The endpoint that reads a number while an agent types it; it comes in the body and never reaches a log."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from connector.services import current_services
from connector.store.orders import orders
from connector.web.callers.bearer import bearer
from connector.web.callers.number_rate import LaunchRateLimit
from connector.web.schemas import request_schemas
from connector.web.schemas.number_serializers import read_view
from foundation.phones.reading import read_phone

_RATE = "chat2pay_phone_readings"
blueprint = Blueprint("phone_readings", __name__, url_prefix="/api")


@blueprint.post("/phone-readings")
def read_number() -> ResponseReturnValue:
    """Answer what a text is read as in the country of the page's order: ``read ambiguous unconfirmed refused``."""
    services = current_services()
    who = bearer(services)
    rate: LaunchRateLimit = current_app.extensions.setdefault(_RATE, LaunchRateLimit())
    rate.count(who.launch.launch_id, now=services.now())
    body = request_schemas.read_body(request, request_schemas.PHONE_READING)
    with services.store.read() as work:
        kept = orders.find(work, who.tenant.tenant_id, who.token.order_id)
    country = kept.order.country if kept else None
    return jsonify(read_view(read_phone(body["phone"], country=country, region=who.tenant.phone_region)))
