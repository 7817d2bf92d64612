"""The answer to what was stored: a status and no body, which costs half of what Flask's own does to send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class EmptyAnswer(Response):
    """A response without a body, whose headers need no look at what kind of answer it is."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send status and headers."""
        start_response(self.status, [*self.headers.to_wsgi_list(), ("Content-Length", "0")])
        return ()
