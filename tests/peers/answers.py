"""What a peer answers, and what its caller sees where no answer comes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

Answer = tuple[int, dict[str, str], str]


def refused_connection(request: requests.PreparedRequest) -> requests.ConnectionError:
    """What requests raises when nobody listens: proof that nothing left."""
    host = urlsplit(str(request.url)).hostname or ""
    reason = NewConnectionError(HTTPSConnection(host), "Connection refused")
    return requests.ConnectionError(MaxRetryError(None, str(request.url), reason), request=request)  # type: ignore[arg-type]


def lost_answer(request: requests.PreparedRequest) -> requests.ReadTimeout:
    """What requests raises when the answer does not come."""
    return requests.ReadTimeout("Read timed out.", request=request)


def json_answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body)
