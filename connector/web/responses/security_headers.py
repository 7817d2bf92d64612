"""The security headers of every answer, and the origins that may frame a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask import request

from foundation.log import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANY_ORG = ("https://*.lightning.force.com", "https://*.vf.force.com", "https://*.my.salesforce.com")
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)
NOTHING = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))
_POLICY = "chat2pay.content_security_policy"


def framed_by(origins: Sequence[str]) -> None:
    """Allow these origins to frame the current answer; an empty list means any Salesforce org."""
    request.environ[_POLICY] = _PAGE + " ".join(origins or ANY_ORG)


class AlwaysHeaders:
    """WSGI middleware that adds the security headers to every answer."""

    def __init__(self, app: WSGIApplication, *, strict_transport: bool) -> None:
        self._app = app
        self._always = list(ALWAYS)
        if strict_transport:
            self._always.append(("Strict-Transport-Security", "max-age=31536000"))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""

        # On the WSGI level: through Flask's header objects this would cost a callback a tenth of its time.
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name for name, _ in headers}
            added = [*headers, *self._always, ("X-Request-Id", request_id())]
            if "Content-Security-Policy" not in present:
                # A page sets who may frame it; any other answer may be framed by nobody.
                added.append(("Content-Security-Policy", environ.get(_POLICY, NOTHING)))
            if "Cache-Control" not in present:
                # Answers hold customers' data and tokens; only the static files and documents set their own caching.
                added.append(("Cache-Control", "no-store"))
            return start_response(status, added, exc_info) if exc_info else start_response(status, added)

        return self._app(environ, start)
