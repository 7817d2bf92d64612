"""The door that reads a number for an open page, while an agent types it; the number stands in the body, never in a log."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.numbering.reading import read_phone
from connector.services import current_services
from connector.store import orders
from connector.web import schemas
from connector.web.bearer import bearer
from connector.web.numbers.rate import LaunchRate
from connector.web.numbers.views import read_view

_RATE = "chat2pay_phone_readings"
blueprint = Blueprint("phone_readings", __name__, url_prefix="/api")


@blueprint.post("/phone-readings")
def read_number() -> ResponseReturnValue:
    """Answer what a text is read as in the country of the page's order: ``read ambiguous unconfirmed refused``."""
    services = current_services()
    who = bearer(services)
    rate: LaunchRate = current_app.extensions.setdefault(_RATE, LaunchRate())
    rate.count(who.launch.launch_id, now=services.now())
    body = schemas.read_body(request, schemas.PHONE_READING)
    with services.store.database.read() as connection:
        kept = orders.find(connection, who.tenant.tenant_id, who.token.order_id, vault=services.store.vault)
    country = kept.order.country if kept else None
    return jsonify(read_view(read_phone(body["phone"], country=country, region=who.tenant.phone_region)))
