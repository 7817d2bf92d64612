"""Knows how all parts meet in one Flask app; refuses to hold any of their knowledge."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from callbacks import routes as callback_routes
from connector import metrics
from connector.log import get_logger, start_request
from connector.services import Services
from connector.web import health, launch, payments, problems
from connector.web import metrics as metrics_door
from connector.web.security import AlwaysHeaders, frame

log = get_logger()
_LARGEST_BODY = 128 * 1024
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def create_app(services: Services) -> Flask:
    """Build the app around its services; nothing is started."""
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.extensions["chat2pay"] = services
    if services.settings.trusted_proxies:
        hops = services.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = AlwaysHeaders(app.wsgi_app, strict_transport=not services.settings.is_demo)  # type: ignore[method-assign]
    app.before_request(_begin)
    app.after_request(frame)
    app.after_request(_log_answer)
    for blueprint in (
        launch.blueprint,
        payments.blueprint,
        callback_routes.blueprint,
        health.blueprint,
        metrics_door.blueprint,
    ):
        app.register_blueprint(blueprint)
    problems.register(app)
    return app


def _begin() -> None:
    start_request()
    g.begun = time.monotonic()


def _log_answer(response: Response) -> Response:
    """One line per answer, with the route's template: paths can carry a callback key."""
    route = request.url_rule.rule if request.url_rule else "unmatched"
    if not route.startswith("/static"):
        took = round((time.monotonic() - g.begun) * 1000)
        stored = g.get("stored")
        # A line per stored callback would cost the door a tenth: it is a row of the ledger, and counted.
        write = log.info if stored is None else log.debug
        write("answered", method=request.method, route=route, status=response.status_code, ms=took, **(stored or {}))
        metrics.tally.count(metrics.ANSWERS, _method(), route, str(response.status_code))
    return response


def _method() -> str:
    """A method that HTTP does not know is the caller's own text and must not become a label."""
    return request.method if request.method in _METHODS else "other"
