"""Pass requests on to the core behind, byte for byte, with the faults that a tester has ordered."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import urllib3
from flask import Response, request

from sandbox.core.errors import Refusal
from sandbox.core.faults import FaultDesk

NO_ANSWER = 499
_API = "/api/"
# Of one connection only (RFC 9110, 7.6.1), or set anew for the connection to the core.
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection"})


class PassThrough:
    """The way to the core. ``origin`` is where it listens, ``key`` opens its controls for testers."""

    def __init__(self, origin: str, faults: FaultDesk, *, key: str) -> None:
        self.origin = origin
        self._faults = faults
        self._key = key
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=32, retries=False)

    def pass_on(self) -> Response:
        """Answer the present request as the core does."""
        is_api = request.path.startswith(_API)
        if is_api and self._faults.strikes(self._faults.current.http_500):
            raise Refusal(500, "INTERNAL_ERROR", message="The sandbox was told to fail.")
        answer = self._asked(request.full_path.rstrip("?"), dict(request.headers))
        if is_api and self._faults.strikes(self._faults.current.drop_answers):
            return _hang_up()
        return answer

    def control(self, path: str, *, body: bytes | None = None, method: str | None = None) -> Response:
        """Answer with what one of the core's controls for testers says; the present request's query and body go along."""
        headers = {"X-Demo-Key": self._key, "Content-Type": "application/json"}
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return self._asked(f"/demo/{path}{query}", headers, body=body, method=method)

    def is_ready(self) -> bool:
        """Return whether the core answers."""
        with suppress(urllib3.exceptions.HTTPError, OSError):
            answer = self._pool.request("GET", f"{self.origin}/health/ready", timeout=5.0, redirect=False)
            return answer.status == 200
        return False

    def _asked(
        self, path: str, headers: dict[str, str], *, body: bytes | None = None, method: str | None = None
    ) -> Response:
        sent = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        sent.pop("Content-Length", None)
        content = request.get_data() if body is None else body
        try:
            answer: Any = self._pool.request(
                method or request.method, self.origin + path, body=content, headers=sent, timeout=60.0,
                redirect=False, decode_content=False, preload_content=True,
            )  # fmt: skip
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Refusal(503, "CORE_AWAY", message="The core behind this sandbox does not answer just now.") from error
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP]
        return Response(answer.data, answer.status, kept)


def _hang_up() -> Response:
    """Close the connection, so that the work is done but its answer never leaves.

    WSGI cannot do that; waitress lends the connection's channel through this entry of its environment.
    """
    probe = request.environ.get("waitress.client_disconnected")
    if probe is not None:
        # the caller may have left already
        with suppress(OSError):
            probe.__self__.socket.shutdown(socket.SHUT_RDWR)
    # only a test client, which has no connection to lose, ever sees this
    return Response(status=NO_ANSWER)
