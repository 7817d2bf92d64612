"""Extend waitress's connections: our error body for its own refusals, and a time limit for a request to arrive."""

from __future__ import annotations

import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, Error

from connector.web.responses.server_errors import REQUEST_SECONDS, server_answer


class _RequestTimeout(BadRequest):  # type: ignore[misc]
    code = 408
    reason = "Request Timeout"


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers with our error body what waitress refuses before there is a WSGI request."""

    def execute(self) -> None:
        """Write the error."""
        refused: Error = self.request.error
        headers, body = server_answer(refused.code)
        self.status = f"{refused.code} {refused.reason}"
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection, with a time limit for each of its requests."""

    error_task_class = _JsonErrorTask
    request: HTTPRequestParser | None
    _begun: float | None = None

    def readable(self) -> bool:
        """Return whether more should be read, and end a request that has taken too long."""
        # waitress has no timer per request, but its loop calls this for every connection at each turn.
        if self.request is None:
            self._begun = None
        elif self._begun is None:
            self._begun = time.monotonic()
        elif time.monotonic() - self._begun > REQUEST_SECONDS:
            self._end_request()
        return bool(super().readable())

    def _end_request(self) -> None:
        with self.requests_lock:
            late, self.request, self._begun = self.request, None, None
            if late is None or self.requests:
                return
            late.error = _RequestTimeout("")
            late.completed = True
            self.requests.append(late)
        self.server.add_task(self)


def use_channels(sockets: dict[int, Any]) -> None:
    """Make the servers of this map use our connections; a host name with two addresses has two servers."""
    for server in list(sockets.values()):
        if isinstance(server, BaseWSGIServer):
            server.channel_class = Channel
