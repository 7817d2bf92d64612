"""The access log: a log line, a count and a duration for each answer.

It wraps the WSGI app: through Flask's hooks and proxies the same would cost a callback a tenth of its time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from foundation.log import PROBED, STORED, get_logger, is_written, start_request
from foundation.metrics.family import Family
from foundation.metrics.registry import MetricsRegistry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = get_logger()
# Matches `<callback_key>` and `<any('payment-status', …):kind>`, as Werkzeug writes placeholders in its rules.
_PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The key under which what answers before Flask names the rule that it has answered.
ROUTE = "chat2pay.route"
_PROBES = frozenset({"/health/live", "/health/ready", "/metrics"})


class AccessLog:
    """WSGI middleware that gives every request an id, and logs and counts every answer.

    ``answers`` is counted by method, route and status, ``seconds`` is timed by method and route.
    """

    def __init__(self, app: WSGIApplication, registry: MetricsRegistry, *, answers: Family, seconds: Family) -> None:
        self._app = app
        self._registry = registry
        self._answers = answers
        self._seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        start_request()
        begun = time.monotonic()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self._note(environ, status[:3], begun)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self._app(environ, start)

    def _note(self, environ: WSGIEnvironment, status: str, begun: float) -> None:
        """Log and count one answer under its route's template."""
        # The template and never the path: a path can carry a callback key.
        flask_request, rule = environ.get("werkzeug.request"), environ.get(ROUTE)
        if rule is None and flask_request is not None and flask_request.url_rule:
            rule = flask_request.url_rule.rule
        route = template(rule) if rule else "unmatched"
        if route.startswith("/static") or PROBED in environ:
            return
        seconds = time.monotonic() - begun
        # A method outside HTTP's own is the caller's text and must not become a label.
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "other"
        self._registry.count(self._answers, method, route, status)
        self._registry.time(self._seconds, method, route, seconds=seconds)
        stored = environ.get(STORED)
        # A line per stored callback would cost its endpoint a tenth of its rate, and the inbox row says the same. A poll
        # without changes and a healthy probe come every second and carry no information.
        quiet = stored is not None or status == "304" or (status == "200" and route in _PROBES)
        level = "debug" if quiet else "info"
        if is_written(level):
            took = round(seconds * 1000)
            getattr(log, level)("answered", method=method, route=route, status=int(status), ms=took, **(stored or {}))


@cache
def template(rule: str) -> str:
    """Return a Werkzeug rule in the usual notation: `/api/payment-requests/{reference}`."""
    return _PLACE.sub(r"{\1}", rule)
