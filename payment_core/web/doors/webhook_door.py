"""Store what a provider reports."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from werkzeug.datastructures import EnvironHeaders

from foundation.log import STORED
from foundation.wsgi.access_log import ROUTE
from payment_core.journeys.webhooks.receive_webhook import WebhookRequest, receive_webhook
from payment_core.services import Core
from payment_core.web.doors.behind import is_plain, length_of
from payment_core.web.webhooks import READ_AT_ONCE, RULE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A part of the rule, as Flask reads it, of the letters that our own addresses have.
_PLACE = re.compile(r"/hooks/([\w-]+)/([\w-]+)", re.ASCII).fullmatch


class WebhookDoor:
    """WSGI middleware that answers what it has stored. All else is Flask's, which tries again and says what is wrong."""

    def __init__(self, app: WSGIApplication, core: Core, *, largest: int) -> None:
        self._app = app
        self._core = core
        self._largest = largest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        place = _PLACE(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        length = length_of(environ) if place is not None and is_plain(environ) else None
        if place is None or length is None or length > self._largest:
            return self._app(environ, start_response)
        body: bytes = environ["wsgi.input"].read(length)
        if len(body) < length or place[1] in READ_AT_ONCE or not self._is_stored(environ, place, body):
            environ["wsgi.input"] = io.BytesIO(body)
            return self._app(environ, start_response)
        environ[ROUTE] = RULE
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")])
        return ()

    def _is_stored(self, environ: WSGIEnvironment, place: re.Match[str], body: bytes) -> bool:
        query = environ.get("QUERY_STRING", "")
        url = f"{self._core.public_url}{place[0]}{'?' if query else ''}{query}"
        arrival = WebhookRequest(body, cast(Mapping[str, str], EnvironHeaders(environ)), url)
        try:
            added = receive_webhook(self._core, place[1], place[2], arrival)
        except Exception:  # whatever it is: Flask meets it again, logs it and answers
            return False
        environ[STORED] = {"kind": place[1], "count": len(added)}
        return True
