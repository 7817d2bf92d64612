"""The launch endpoint of Salesforce Canvas: it takes a signed request and serves the agent's page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from connector import metrics
from connector.domain.tenants.tenant import Tenant
from connector.errors import LaunchRefused, TryLater
from connector.journeys.incidents.report_launch_refused import report_launch_opened, report_launch_refused
from connector.journeys.launching.open_launch import OpenedLaunch, mark_used, open_launch
from connector.journeys.launching.renew_launch import renew_launch
from connector.languages.catalogues import catalogue, direction, locale_tag, spoken
from connector.languages.reader import remember_language
from connector.services import Services, current_services
from connector.web.callers.bearer import bearer_text, open_bearer
from connector.web.callers.launch_token import GRACE, LIFE, LaunchToken, issue, read
from connector.web.responses.error_pages import page_language, refusal_page, remember_admin
from connector.web.responses.security_headers import framed_by
from connector.web.schemas.phone_serializers import with_saving
from connector.web.schemas.serializers import core_clock, first_view
from connector.web.wording.sentences import to_json, zone_of
from foundation.log import get_logger

log = get_logger()
blueprint = Blueprint("launch", __name__)
# Well within the token's life, so that a laptop that slept for a while still renews it.
_RENEW_AFTER_SECONDS = 600


@blueprint.post("/launch")
def launch() -> ResponseReturnValue:
    """Serve the agent's page for a signed request; each one is accepted once."""
    services = current_services()
    now = services.now()
    try:
        opened = open_launch(
            signed_request=_signed_request(services),
            store=services.store,
            salesforce=services.salesforce,
            now=now,
        )
        page = render_template("agent.html", page=_page(services, opened))
        # After the page is rendered: a launch that fails on the way can be repeated by a reload.
        mark_used(opened, store=services.store, now=now)
        report_launch_opened(
            tenant=opened.tenant, rights=opened.rights, store=services.store, user_id=opened.signed.user_id
        )
    except LaunchRefused as refusal:
        return _refused(refusal)
    log.info("launched", tenant=opened.tenant.tenant_id, user=opened.signed.user_id, order=opened.order.order_id)
    framed_by(opened.tenant.salesforce.frame_origins)
    return page


@blueprint.get("/launch")
def explain() -> ResponseReturnValue:
    """Serve a help page to whoever opens this address in a browser, and to Canvas before consent."""
    framed_by(())
    return render_template("help.html", **page_language())


@blueprint.post("/api/launches/renew")
def renew() -> ResponseReturnValue:
    """Issue a new token to an open page, for the same user and order."""
    services = current_services()
    now = services.now()
    # The grace lets a tab that slept past the expiry renew; no other endpoint accepts an expired token.
    old = read(bearer_text(request), keys=services.settings.launch_keys, now=now, grace=GRACE)
    bearer = open_bearer(old, services)
    rights = renew_launch(
        tenant=bearer.tenant,
        launch=bearer.launch,
        rights=bearer.rights,
        store=services.store,
        salesforce=services.salesforce,
        now=now,
    )
    fresh = replace(
        old,
        rights=rights.words,
        rights_unread=rights.unread,
        read_only=rights.read_only,
        lacking=rights.lacking_words,
        expires_at=now + LIFE,
    )
    text = issue(fresh, keys=services.settings.launch_keys, now=now)
    return jsonify({"launch_token": text, "expires_at": to_json(fresh.expires_at)})


def _signed_request(services: Services) -> str:
    """Read the signed request from the form.

    Raises:
        LaunchRefused: too many bodies are being read at once.
    """
    try:
        # Anybody may post here: slow bodies may take only so many threads, so that callbacks always find one.
        with services.body_slots.reading("launch"):
            return request.form.get("signed_request", "")
    except TryLater as error:
        raise LaunchRefused("try_later", reason="too_many_at_once", status=503) from error


def _page(services: Services, opened: OpenedLaunch) -> dict[str, Any]:
    signed, tenant, now = opened.signed, opened.tenant, services.now()
    remember_language(signed.language, signed.locale)
    token = LaunchToken(
        tenant_id=tenant.tenant_id,
        user_id=signed.user_id,
        user_name=signed.user_name,
        order_id=opened.order.order_id,
        launch_id=opened.launch.launch_id,
        time_zone=signed.time_zone,
        language=signed.language,
        locale=signed.locale,
        rights=opened.rights.words,
        rights_unread=opened.rights.unread,
        read_only=opened.rights.read_only,
        lacking=opened.rights.lacking_words,
        expires_at=now + LIFE,
    )
    view = first_view(
        services.store,
        tenant,
        opened.order.order_id,
        user_id=signed.user_id,
        rights=opened.rights,
        clock=core_clock(services.for_tenant(tenant)),
    )
    return {
        "launch_token": issue(token, keys=services.settings.launch_keys, now=now),
        "order": with_saving(view, tenant, rights=opened.rights, in_session=True),
        "sentences": dict(catalogue(signed.language)),
        "user": {"id": signed.user_id, "name": signed.user_name},
        "language": spoken(signed.language),
        "direction": direction(signed.language),
        "locale": locale_tag(signed.locale, signed.language),
        # An unknown zone becomes UTC here: the browser's Intl would throw on it.
        "time_zone": zone_of(signed.time_zone).key,
        "environment": tenant.core.environment,
        "server_now": to_json(now),
        "renew_after_s": _RENEW_AFTER_SECONDS,
    }


def _refused(refusal: LaunchRefused) -> ResponseReturnValue:
    services = current_services()
    log.warning("launch_refused", **{name: value for name, value in refusal.facts.items() if value is not None})
    tenant = services.store.tenants.by_id(refusal.names.tenant_id or "")
    # A tenant is only named where a signature was verified: strangers do not learn the administrator's name.
    if tenant:
        remember_admin(tenant)
    if refusal.names.language:
        remember_language(refusal.names.language)
    _count_refused(refusal, tenant, services)
    origins = tenant.salesforce.frame_origins if tenant else _default_origins(services)
    return refusal_page(refusal.sentence, values=refusal.values, origins=origins), refusal.status


def _count_refused(refusal: LaunchRefused, tenant: Tenant | None, services: Services) -> None:
    """Count a refused launch, and report it for the tenant that it concerns."""
    # Without a valid signature the org that the request claims is counted: a wrong secret in the set-up looks the same
    # as an attack, and its admin must learn of either.
    named = tenant or services.store.tenants.by_org(refusal.names.org_id or "")
    # Only the first word of a reason becomes a label: what follows is a peer's own code, and there are hundreds.
    metrics.registry.count(
        metrics.LAUNCHES_REFUSED, named.tenant_id if named else "unknown", refusal.reason.partition(":")[0]
    )
    if named:
        report_launch_refused(tenant=named, reason=refusal.reason, store=services.store, names=refusal.names)


def _default_origins(services: Services) -> tuple[str, ...]:
    """Return the origins that may frame a refusal where the tenant is unknown; empty: any Salesforce org."""
    # The demo's orgs are not on Salesforce's hosts, so the default would hide their refusals.
    if not services.settings.is_demo:
        return ()
    return tuple(origin for tenant in services.store.tenants.every() for origin in tenant.salesforce.frame_origins)
