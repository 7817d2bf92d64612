"""The front as a web application: what is its own, and the way to the core for everything else."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.core.controls import controls, core
from sandbox.core.conversations import Conversations
from sandbox.core.errors import Refusal, UnsafeSurroundings
from sandbox.core.faults import FaultDesk
from sandbox.core.network import Carrier, network
from sandbox.core.pages.gateway import gateway
from sandbox.core.pages.phones import phones
from sandbox.core.pass_through import PassThrough
from sandbox.core.store import Store
from sandbox.hosts import WRONG_HOST, is_own_host

LARGEST_BODY = 1_000_000
_PAGES = ("/phones", "/gateway")
_OWN = ("/sandbox/", *_PAGES, "/network/", "/front/")
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
log = logging.getLogger("sandbox.core")


class FrontApp(Flask):
    """Flask, except that a failure is logged by its route's name: paths hold phone numbers and tokens."""

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        log.error("failed: %s %s", request.method, request.endpoint, exc_info=exc_info)


def create_app(
    state_dir: str | Path, *, core_url: str, key: str, public_url: str, allow_other_hosts: bool = False
) -> Flask:
    """Build the front over a state folder; ``core_url`` is where the core listens, ``key`` is known to both.

    Raises:
        RefusedToStart: beside production settings, or over the state of an earlier sandbox.
    """
    if os.environ.get("CHAT2PAY_ENVIRONMENT", "").strip().lower() == "production":
        raise UnsafeSurroundings(
            "The sandbox does not run beside production settings (CHAT2PAY_ENVIRONMENT=production)."
        )
    store = Store(Path(state_dir))
    desk, conversations = FaultDesk(store), Conversations(store)
    behind = PassThrough(core_url, desk, key=key)
    # Not below /static, which is passed on: the core's pages have their files there.
    app = FrontApp(__name__, static_url_path="/front/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions.update(
        store=store,
        faults=desk,
        conversations=conversations,
        carrier=Carrier(conversations, desk, behind, key=key),
        core=behind,
    )
    for blueprint in (controls, phones, gateway, network):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "index", lambda: render_template("index.html"))
    if not allow_other_hosts:
        app.before_request(lambda: _check_host(public_url))
    # Both checks come before anything is passed on, so that the core is asked only by its own host and site.
    app.before_request(_same_site_only)
    app.before_request(_pass_on)
    app.after_request(_guard)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)
    return app


def _is_own() -> bool:
    return request.path == "/" or request.path.startswith(_OWN)


def _pass_on() -> Response | None:
    if _is_own():
        return None
    return core().pass_on()


def _check_host(public_url: str) -> None:
    if not is_own_host(request.host, public_url=public_url):
        raise Refusal(421, "MISDIRECTED_REQUEST", message=WRONG_HOST)


def _same_site_only() -> None:
    # nothing here asks who you are, so another site's page must not be able to post with your browser
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refusal(403, "CROSS_SITE", message="Another site may not do this.")


def _guard(response: Response) -> Response:
    if not _is_own():
        return response  # the core has set its own
    response.headers.setdefault("Content-Security-Policy", _POLICY)
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
    if request.path.startswith(_PAGES):
        return render_template("problem.html", status=status, message=message), status
    body = {"errorCode": code, "message": message}
    return jsonify(body | ({"field": field} if field else {})), status
