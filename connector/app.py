"""Build the Flask apps of a server and of a worker."""

from __future__ import annotations

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from callbacks import routes as callback_routes
from connector import metrics
from connector.languages.reader import forget_reader
from connector.services import Services
from connector.web.flow import routes as flow_routes
from connector.web.launching import api_launches, launch
from connector.web.monitoring import health
from connector.web.monitoring import metrics as metrics_endpoint
from connector.web.openapi import routes as openapi_routes
from connector.web.requests import (
    hand_overs,
    listing,
    message_previews,
    notes,
    operations,
    order_phones,
    payments,
    releases,
)
from connector.web.requests import phone_readings as numbers_endpoint
from connector.web.responses import error_handlers
from foundation.wsgi.access_log import AccessLog
from foundation.wsgi.always_headers import AlwaysHeaders
from foundation.wsgi.plain_flask import plain_flask

# Twice what a launch or a callback may have: those are refused as too large by their own routes, with a page or a reason.
LARGEST_BODY = 128 * 1024


def create_app(services: Services) -> Flask:
    """Build the app of a server; nothing is started."""
    return _built(
        services,
        launch.blueprint,
        api_launches.blueprint,
        payments.blueprint,
        numbers_endpoint.blueprint,
        message_previews.blueprint,
        notes.blueprint,
        order_phones.blueprint,
        operations.blueprint,
        releases.blueprint,
        hand_overs.blueprint,
        listing.blueprint,
        flow_routes.blueprint,
        callback_routes.blueprint,
        health.blueprint,
        metrics_endpoint.blueprint,
        openapi_routes.blueprint,
    )


def create_worker_app(services: Services) -> Flask:
    """Build the app of a worker, with health and metrics only."""
    return _built(services, health.blueprint, metrics_endpoint.blueprint)


def _built(services: Services, *blueprints: Blueprint) -> Flask:
    app = plain_flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.extensions["chat2pay"] = services
    if services.settings.trusted_proxies:
        hops = services.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = AlwaysHeaders(app.wsgi_app, strict_transport=not services.settings.is_demo)  # type: ignore[method-assign]
    app.wsgi_app = AccessLog(  # type: ignore[method-assign]
        app.wsgi_app, metrics.registry, answers=metrics.ANSWERS, seconds=metrics.REQUEST_SECONDS
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    error_handlers.register(app)
    app.before_request(forget_reader)
    return app
