"""Build the Flask apps of a server and of a worker."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from foundation.wsgi.access_log import AccessLog
from foundation.wsgi.always_headers import AlwaysHeaders
from foundation.wsgi.plain_flask import plain_flask
from payment_core import metrics
from payment_core.services import Core
from payment_core.web import webhooks
from payment_core.web.api.routes import api
from payment_core.web.checkout import brand_colours, link_page, receipt_page
from payment_core.web.doors.behind import raise_left_errors
from payment_core.web.doors.click_door import ClickDoor
from payment_core.web.doors.link_door import LinkDoor
from payment_core.web.doors.webhook_door import WebhookDoor
from payment_core.web.monitoring import health
from payment_core.web.monitoring import metrics as metrics_endpoint
from payment_core.web.portal.blueprints import PORTAL
from payment_core.web.responses import error_handlers
from payment_core.web.responses.page_guard import guard_pages

# Providers put several events into one webhook; our API's own bodies are a few kilobytes.
LARGEST_BODY = 512 * 1024


def create_app(core: Core, *more: Blueprint) -> Flask:
    """Build the app of a server with ``more`` blueprints beside its own; nothing is started."""
    pages = (link_page.blueprint, receipt_page.blueprint, brand_colours.blueprint, *PORTAL)
    app = plain_flask(__name__)
    raise_left_errors(app)
    app.wsgi_app = ClickDoor(app.wsgi_app, core)  # type: ignore[method-assign]
    app.wsgi_app = LinkDoor(app.wsgi_app, core, largest=LARGEST_BODY)  # type: ignore[method-assign]
    app.wsgi_app = WebhookDoor(app.wsgi_app, core, largest=LARGEST_BODY)  # type: ignore[method-assign]
    return _built(app, core, (api(core), *pages, webhooks.blueprint, *more))


def create_worker_app(core: Core) -> Flask:
    """Build the app of a worker, with health and metrics only."""
    return _built(plain_flask(__name__), core, ())


def _built(app: Flask, core: Core, blueprints: Sequence[Blueprint]) -> Flask:
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.extensions["payment_core"] = core
    # Only as many as the operator names: more would let a caller choose his own address.
    if hops := core.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = AlwaysHeaders(app.wsgi_app, strict_transport=not core.settings.is_demo)  # type: ignore[method-assign]
    # Outermost, so that it sees the answer as it leaves, also one that another middleware made.
    app.wsgi_app = AccessLog(  # type: ignore[method-assign]
        app.wsgi_app, metrics.registry, answers=metrics.ANSWERS, seconds=metrics.REQUEST_SECONDS
    )
    guard_pages(app, core)
    for blueprint in (*blueprints, health.blueprint, metrics_endpoint.blueprint):
        app.register_blueprint(blueprint)
    error_handlers.register(app)
    return app
