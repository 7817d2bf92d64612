"""HTTP to one address over kept-alive connections, shared by threads."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import urllib3

_TIMEOUT_S = 20.0
_RETRY_FOR_S = 60.0
_PAUSE_S = 0.1


class NoResponse(Exception):
    """The request may or may not have arrived; nothing came back."""


class RehearsalAborted(Exception):
    """A peer did not do in time what the rehearsal cannot go on without."""


@dataclass(frozen=True)
class Response:
    """A status, a body, and where a redirect leads."""

    status: int
    data: bytes
    location: str | None = None

    def json(self) -> Any:
        """Return the body read as JSON, numbers exactly as written; None where it is not JSON."""
        try:
            return json.loads(self.data, parse_float=Decimal)
        except ValueError:
            return None


class HttpClient:
    """A client of one port on this machine."""

    def __init__(self, port: int, *, connections: int = 24) -> None:
        self.port = port
        self._pool = urllib3.HTTPConnectionPool(
            # no retries of urllib3's own: whether a request is repeated is part of what is rehearsed
            "127.0.0.1",
            port,
            maxsize=connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(_TIMEOUT_S),
        )

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send once.

        Raises:
            NoResponse: nothing came back.
        """
        try:
            answer = self._pool.request(method, path, body=body, headers=dict(headers or {}), redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoResponse(type(error).__name__) from error
        return Response(answer.status, answer.data, answer.headers.get("Location"))

    def request_json(
        self, method: str, path: str, *, content: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a JSON body once.

        Raises:
            NoResponse: nothing came back.
        """
        body = json.dumps({} if content is None else content).encode()
        return self.request(method, path, body=body, headers={"Content-Type": "application/json", **(headers or {})})

    def post_form(self, path: str, fields: Mapping[str, str]) -> Response:
        """Post a form once.

        Raises:
            NoResponse: nothing came back.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, body=urlencode(fields).encode(), headers=headers)

    def retry_until_answered(
        self, method: str, path: str, *, content: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Repeat what may be repeated until it is answered by anything but a passing failure.

        Raises:
            RehearsalAborted: it was not, for a minute.
        """
        until, last = time.monotonic() + _RETRY_FOR_S, "nothing"
        while time.monotonic() < until:
            try:
                answer = self._send_once(method, path, content=content, headers=headers)
            except NoResponse as error:
                last = str(error)
            else:
                if answer.status < 500:
                    return answer
                last = str(answer.status)
            time.sleep(_PAUSE_S)
        # the query is left out: it can hold a phone number or a token
        raise RehearsalAborted(
            f"{method} {path.partition('?')[0]} on port {self.port}: {last} for {_RETRY_FOR_S:.0f} s"
        )

    def _send_once(self, method: str, path: str, *, content: object, headers: Mapping[str, str] | None) -> Response:
        if content is None:
            return self.request(method, path, headers=headers)
        return self.request_json(method, path, content=content, headers=headers)
