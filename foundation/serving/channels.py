"""Extend waitress's connections: our own error bodies, a time limit for a request to arrive, 304 without a new connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error

from foundation.serving.late_body import REQUEST_SECONDS

# Returns headers and body of an error that a server answers before the app is reached, by its HTTP status.
ServerAnswer = Callable[[int], tuple[list[tuple[str, str]], bytes]]


class _RequestTimeout(BadRequest):  # type: ignore[misc]
    code = 408
    reason = "Request Timeout"


class _OwnErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers with our error body what waitress refuses before there is a WSGI request."""

    answer: ServerAnswer

    def execute(self) -> None:
        """Write the error."""
        refused: Error = self.request.error
        headers, body = type(self).answer(refused.code)
        self.status = f"{refused.code} {refused.reason}"
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _KeepingTask(WSGITask):  # type: ignore[misc]
    """Answers a request, and leaves the connection open behind an answer that has no body."""

    def set_close_on_finish(self) -> None:
        """Close the connection behind this answer, where the client or HTTP wants it closed."""
        # waitress closes behind every answer without Content-Length, also where HTTP forbids one (RFC 9110, section 8.6).
        # An open page's polls are mostly answered 304: each would need a new connection.
        wants_it = self.version != "1.1" or self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or wants_it:
            super().set_close_on_finish()


class TimedChannel(HTTPChannel):  # type: ignore[misc]
    """One connection, with a time limit for each of its requests."""

    task_class = _KeepingTask
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


def use_channels(sockets: dict[int, Any], answer: ServerAnswer) -> None:
    """Make the servers of this map use our connections; a host name with two addresses has two servers."""
    task = type("_ErrorTask", (_OwnErrorTask,), {"answer": staticmethod(answer)})
    channel = type("_Channel", (TimedChannel,), {"error_task_class": task})
    for server in list(sockets.values()):
        if isinstance(server, BaseWSGIServer):
            server.channel_class = channel
