"""Make a payment link for a caller whose key is known."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from foundation.wsgi.access_log import ROUTE
from payment_core.services import Core
from payment_core.web.api.bodies import read_object
from payment_core.web.api.caller import merchant_of_key
from payment_core.web.api.routes import made_link
from payment_core.web.doors.behind import is_plain, leave_error, length_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STATUS = {200: "200 OK", 201: "201 CREATED"}


class LinkDoor:
    """WSGI middleware that answers the request for a link with the link; any other request is Flask's."""

    def __init__(self, app: WSGIApplication, core: Core, *, largest: int) -> None:
        self._app = app
        self._core = core
        self._largest = largest
        operation = core.api.operation("send_payment_link")
        self._method, self._path = operation.method, operation.path
        self._key = f"HTTP_{core.api.key_header.upper().replace('-', '_')}"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        is_ours = environ["PATH_INFO"] == self._path and environ["REQUEST_METHOD"] == self._method
        made = self._made(environ) if is_ours and is_plain(environ) else None
        if made is None:
            return self._app(environ, start_response)
        body, status = made
        environ[ROUTE] = self._path
        start_response(_STATUS[status], [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _made(self, environ: WSGIEnvironment) -> tuple[bytes, int] | None:
        """Return the answer; None where Flask has to say what is wrong."""
        length = length_of(environ)
        if length is None or length > self._largest:
            return None
        try:
            merchant = merchant_of_key(self._core, environ.get(self._key, ""))
            if merchant is None:
                return None
            body = environ["wsgi.input"].read(length)
            if len(body) == length:
                return made_link(self._core, merchant, read_object(body))
        except Exception as error:  # whatever it is: Flask raises it again, logs it and answers
            leave_error(environ, error)
            return None
        environ["wsgi.input"] = io.BytesIO(body)
        return None
