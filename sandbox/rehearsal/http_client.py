"""Knows how to talk HTTP to one address over kept-alive connections; refuses to know what is said."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import urllib3

_WITHIN_S = 20.0
_INSIST_S = 60.0
_PAUSE_S = 0.1


class NoResponse(Exception):
    """The request may or may not have arrived; nothing came back."""


class RehearsalAborted(Exception):
    """A peer did not do in time what the rehearsal cannot go on without."""


@dataclass(frozen=True)
class Response:
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
    """One address, shared by threads."""

    def __init__(self, port: int, *, connections: int = 24) -> None:
        self.port = port
        self._pool = urllib3.HTTPConnectionPool(
            "127.0.0.1", port, maxsize=connections, block=False, retries=False, timeout=urllib3.Timeout(_WITHIN_S)
        )

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send once. Raises NoAnswer."""
        try:
            answer = self._pool.request(method, path, body=body, headers=dict(headers or {}), redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoResponse(type(error).__name__) from error
        return Response(answer.status, answer.data, answer.headers.get("Location"))

    def send_json(
        self, method: str, path: str, *, given: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a JSON body once. Raises NoAnswer."""
        told = {"Content-Type": "application/json", **(headers or {})}
        return self.ask(method, path, body=json.dumps({} if given is None else given).encode(), headers=told)

    def send_form(self, path: str, fields: Mapping[str, str]) -> Response:
        """Post a form once. Raises NoAnswer."""
        told = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body=urlencode(fields).encode(), headers=told)

    def insist(
        self, method: str, path: str, *, given: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Repeat what may be repeated until it is answered by anything but a passing failure. Raises GaveUp."""
        until, last = time.monotonic() + _INSIST_S, "nothing"
        while time.monotonic() < until:
            try:
                answer = self._once(method, path, given=given, headers=headers)
            except NoResponse as error:
                last = str(error)
            else:
                if answer.status < 500:
                    return answer
                last = str(answer.status)
            time.sleep(_PAUSE_S)
        raise RehearsalAborted(f"{method} {path.partition('?')[0]} on port {self.port}: {last} for {_INSIST_S:.0f} s")

    def _once(self, method: str, path: str, *, given: object, headers: Mapping[str, str] | None) -> Response:
        if given is None:
            return self.ask(method, path, headers=headers)
        return self.send_json(method, path, given=given, headers=headers)
