"""What every address is guarded by, and every page: its content security policy, its own host, and no posts from other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from foundation.http.egress import is_local
from foundation.wsgi.always_headers import set_policy
from foundation.wsgi.exact_paths import holds_null
from payment_core.errors import NotFound, Refusal
from payment_core.services import Core
from payment_core.web.responses.error_handlers import is_page

# A form may end on the gateway's own page: browsers apply form-action to the redirect, too. Logos come from the merchant.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https:; connect-src 'self'; "
    "form-action 'self' https:%s; frame-ancestors 'none'; base-uri 'none'"
)
_READS = ("GET", "HEAD", "OPTIONS")


def policy_of(core: Core) -> str:
    """Return the content security policy of every page."""
    plain = core.settings.stripe_url.startswith("http://")  # a stand-in on this machine, in a demo
    return _POLICY % (f" {core.settings.stripe_url}" if plain else "")


def guard_pages(app: Flask, core: Core) -> None:
    """Guard the pages of an app."""
    host, policy = urlsplit(core.public_url).hostname, policy_of(core)

    @app.before_request
    def _check() -> None:
        if holds_null(request.environ):
            raise NotFound
        if not is_page():
            return
        # The front of a demo has checked the host, and may be reached under any.
        if not core.settings.is_demo and not _is_own(host):
            raise Refusal(421, "MISDIRECTED_REQUEST", "This address is not served here.")
        # Nothing on these pages asks who somebody is, so another site's page must not post with a customer's browser.
        if request.method not in _READS and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Refusal(403, "CROSS_SITE", "Another site may not do this.")

    @app.after_request
    def _set_policy(response: Response) -> Response:
        if response.mimetype == "text/html":
            set_policy(request.environ, policy)
        return response


def _is_own(host: str | None) -> bool:
    try:
        given = urlsplit(f"//{request.host}").hostname
    except ValueError:
        return False
    return given == host or is_local(given)
