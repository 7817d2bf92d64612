"""The launch endpoint for Apex: it issues a launch token for a user of the caller's org."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connector.domain.tenants.api_key import Scope
from connector.journeys.launching.open_api_launch import OpenedApiLaunch, open_api_launch
from connector.languages.reader import remember_language
from connector.services import Services, current_services
from connector.web.callers.bearer import api_key_principal
from connector.web.callers.launch_token import LIFE, LaunchToken, issue
from connector.web.callers.org_check import ORG_HEADER, require_org
from connector.web.schemas import request_schemas
from connector.web.schemas.phone_serializers import with_saving
from connector.web.schemas.serializers import core_clock, first_view
from connector.web.wording.sentences import to_json
from foundation.log import get_logger

log = get_logger()
blueprint = Blueprint("api_launches", __name__, url_prefix="/api")


@blueprint.post("/launches")
def open_for_user() -> ResponseReturnValue:
    """Issue a launch token and answer the order; needs a key with the scope ``apex`` and the header of its own org."""
    services = current_services()
    caller = api_key_principal(services, Scope.APEX)
    # Required here, unlike elsewhere: a copied key in a refreshed sandbox must never open production's orders.
    require_org(caller.tenant, request.headers.get(ORG_HEADER), where="api_launches", services=services)
    body = request_schemas.read_body(request, request_schemas.API_LAUNCH)
    opened = open_api_launch(
        tenant=caller.tenant,
        order_id=body["order_id"],
        user_id=body["user_id"],
        store=services.store,
        salesforce=services.salesforce,
        now=services.now(),
    )
    launch = opened.launch
    log.info("launched", tenant=caller.tenant.tenant_id, user=launch.user_id, order=launch.order_id, kind="api")
    remember_language(opened.found.language, opened.found.locale)
    view = first_view(
        services.store,
        caller.tenant,
        launch.order_id,
        user_id=launch.user_id,
        rights=opened.rights,
        clock=core_clock(services.for_tenant(caller.tenant)),
    )
    token = _token(opened, services)
    return jsonify({
        "launch_token": issue(token, keys=services.settings.launch_keys, now=services.now()),
        "order": with_saving(view, caller.tenant, rights=opened.rights, in_session=False),
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
        language=found.language,
        locale=found.locale,
        rights=opened.rights.words,
        expires_at=services.now() + LIFE,
        rights_unread=opened.rights.unread,
        read_only=opened.rights.read_only,
        lacking=opened.rights.lacking_words,
    )
