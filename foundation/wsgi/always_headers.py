"""The security headers of every answer."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from foundation.log import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOTHING = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))
_POLICY = "chat2pay.content_security_policy"


def set_policy(environ: MutableMapping[str, Any], policy: str) -> None:
    """Give the answer to the request of ``environ`` a content security policy of its own."""
    environ[_POLICY] = policy


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
                # A page sets its own policy; any other answer loads nothing and may be framed by nobody.
                added.append(("Content-Security-Policy", environ.get(_POLICY, NOTHING)))
            if "Cache-Control" not in present:
                # Answers hold customers' data and tokens; only the static files and documents set their own caching.
                added.append(("Cache-Control", "no-store"))
            return start_response(status, added, exc_info) if exc_info else start_response(status, added)

        return self._app(environ, start)


def bare_headers() -> list[tuple[str, str]]:
    """Return the headers of a JSON answer that a server gives before the app is reached."""
    return [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", NOTHING),
        ("X-Request-Id", request_id()),
        *ALWAYS,
    ]
