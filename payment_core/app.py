"""Build the Flask apps of a server and of a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, Request
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from foundation.wsgi.access_log import AccessLog
from foundation.wsgi.always_headers import AlwaysHeaders
from foundation.wsgi.exact_paths import begins_with_slashes
from payment_core import metrics
from payment_core.services import Core
from payment_core.web import webhooks
from payment_core.web.api.routes import api
from payment_core.web.checkout import link_page, receipt_page
from payment_core.web.monitoring import health
from payment_core.web.monitoring import metrics as metrics_endpoint
from payment_core.web.portal.blueprints import PORTAL
from payment_core.web.responses import error_handlers
from payment_core.web.responses.page_guard import guard_pages

LARGEST_BODY = 512 * 1024


class _PlainFlask(Flask):
    """A Flask that skips the check for async views, which it would make several times per request."""

    def ensure_sync(self, func: Any) -> Any:
        """Return the function unchanged."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the adapter that matches the request's path as it was sent.

        Raises:
            NotFound: the path begins with more than one slash.
        """
        if request is not None and begins_with_slashes(request.environ):
            raise NotFound
        return super().create_url_adapter(request)


def create_app(core: Core, *more: Blueprint) -> Flask:
    """Build the app of a server with ``more`` blueprints beside its own; nothing is started."""
    pages = (link_page.blueprint, receipt_page.blueprint, *PORTAL)
    return _built(core, (api(core), *pages, webhooks.blueprint, *more))


def create_worker_app(core: Core) -> Flask:
    """Build the app of a worker, with health and metrics only."""
    return _built(core, ())


def _built(core: Core, blueprints: Sequence[Blueprint]) -> Flask:
    app = _PlainFlask(__name__, template_folder="web/templates", static_folder="web/static")
    app.url_map.merge_slashes = False  # Werkzeug would redirect, with the Host header that any caller may set
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.extensions["payment_core"] = core
    if hops := core.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = AlwaysHeaders(app.wsgi_app, strict_transport=not core.settings.is_demo)  # type: ignore[method-assign]
    app.wsgi_app = AccessLog(  # type: ignore[method-assign]
        app.wsgi_app, metrics.registry, answers=metrics.ANSWERS, seconds=metrics.REQUEST_SECONDS
    )
    guard_pages(app, core)
    for blueprint in (*blueprints, health.blueprint, metrics_endpoint.blueprint):
        app.register_blueprint(blueprint)
    error_handlers.register(app)
    return app
