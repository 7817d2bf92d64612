"""Knows the door by which Apex opens an order for one of its users; refuses to believe whom it names without asking the org."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.api_key import Scope
from connector.journeys.open_api_launch import OpenedApiLaunch, open_api_launch
from connector.log import get_logger
from connector.services import Services, current_services
from connector.web import schemas
from connector.web.bearer import key_bearer
from connector.web.launch_token import LIFE, LaunchToken, issue
from connector.web.org_check import ORG_HEADER, require_org
from connector.web.sentences import to_json
from connector.web.views import order_view

log = get_logger()
blueprint = Blueprint("api_launches", __name__, url_prefix="/api")


@blueprint.post("/launches")
def open_for_user() -> ResponseReturnValue:
    """Answer a launch token and the order for a user, for a key with the scope ``apex`` and the header of its own org."""
    services = current_services()
    who = key_bearer(services, Scope.APEX)
    require_org(who.tenant, request.headers.get(ORG_HEADER), where="api_launches", services=services)
    body = schemas.read_body(request, schemas.API_LAUNCH)
    opened = open_api_launch(
        tenant=who.tenant,
        order_id=body["order_id"],
        user_id=body["user_id"],
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    )
    launch = opened.launch
    log.info("launched", tenant=who.tenant.tenant_id, user=launch.user_id, order=launch.order_id, kind="api")
    view = order_view(services.store, who.tenant, launch.order_id, user_id=launch.user_id, rights=opened.rights)
    token = _token(opened, services)
    return jsonify({
        "launch_token": issue(token, keys=services.settings.launch_keys, now=services.now()),
        "order": view,
        "expires_at": to_json(token.expires_at),
    })  # fmt: skip


def _token(opened: OpenedApiLaunch, services: Services) -> LaunchToken:
    launch, found = opened.launch, opened.found
    return LaunchToken(
        tenant_id=launch.tenant_id,
        user_id=launch.user_id,
        user_name=found.person.name,
        order_id=launch.order_id,
        launch_id=launch.launch_id,
        time_zone=found.time_zone,
        rights=opened.rights.words,
        expires_at=services.now() + LIFE,
        rights_unread=opened.rights.unread,
    )
