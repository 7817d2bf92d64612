"""Knows how the sandbox becomes a web application: routes, headers, error pages; refuses to start in production."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.core.api import register_api
from sandbox.core.checkout import checkout
from sandbox.core.controls import controls
from sandbox.core.errors import Refusal, RefusedToStart
from sandbox.core.parts import build_core, current_core
from sandbox.core.phones import phones
from sandbox.core.portal import portal
from sandbox.exact_json import exact_json
from sandbox.hosts import WRONG_HOST, is_own_host

LARGEST_BODY = 1_000_000
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
log = logging.getLogger("sandbox.core")


class ExactAmounts(DefaultJSONProvider):
    """An amount is a number with its own digits, never a float."""

    def dumps(self, obj: Any, **options: Any) -> str:
        return exact_json(obj, **options)


class CoreApp(Flask):
    """Flask, except that a failure is logged by its route's name: paths hold phone numbers and tokens."""

    json_provider_class = ExactAmounts

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        log.error("failed: %s %s", request.method, request.endpoint, exc_info=exc_info)


def create_app(
    state_dir: str | Path,
    *,
    public_url: str = "http://localhost:8020",
    background: bool = True,
    allow_other_hosts: bool = False,
) -> Flask:
    """This function will make the sandbox over a state folder; without background nothing is sent by itself.

    Raises: RefusedToStart beside production settings.
    """
    if os.environ.get("CHAT2PAY_ENVIRONMENT", "").strip().lower() == "production":
        raise RefusedToStart("The sandbox does not run beside production settings (CHAT2PAY_ENVIRONMENT=production).")
    core = build_core(Path(state_dir), public_url=public_url.rstrip("/"))
    app = CoreApp(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["core"] = core
    register_api(app, core.manifest)
    for pages in (controls, checkout, phones, portal):
        app.register_blueprint(pages)
    app.add_url_rule("/", "index", lambda: render_template("index.html"))
    if not allow_other_hosts:
        app.before_request(lambda: _check_host(public_url))
    app.before_request(_same_site_only)
    app.after_request(_guard)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)
    if background:
        core.start()
    return app


def _check_host(public_url: str) -> None:
    if not is_own_host(request.host, public_url=public_url):
        raise Refusal(421, "MISDIRECTED_REQUEST", message=WRONG_HOST)


def _same_site_only() -> None:
    # nothing here asks who you are, so another site's page must not be able to post with your browser
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refusal(403, "CROSS_SITE", message="Another site may not do this.")


def _guard(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # same-origin keeps tokens in addresses from leaving with a tapped link
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return _problem(refusal.status, refusal.code, message=refusal.message, field=refusal.field)


def _failed(problem: HTTPException) -> ResponseReturnValue:
    response = problem.get_response()
    if response.status_code < 400:
        return problem
    code = problem.name.upper().replace(" ", "_")
    return _problem(response.status_code, code, message=problem.description or problem.name, field=None)


def _problem(status: int, code: str, *, message: str, field: str | None) -> ResponseReturnValue:
    if not request.path.startswith(("/api/", "/sandbox/")):
        return render_template("problem.html", status=status, message=message), status
    manifest = current_core().manifest
    body = {manifest.error_code: code, manifest.error_message: message}
    return jsonify(body | ({"field": field} if field else {})), status
