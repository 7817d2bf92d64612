"""What a server answers before the app is reached: an error like any other, with an id of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.web.responses.http_status_errors import server_answer


def answered(status: int) -> tuple[dict[str, str], dict[str, Any]]:
    headers, body = server_answer(status)
    error: dict[str, Any] = json.loads(body)["error"]
    return dict(headers), error


@pytest.mark.parametrize(
    ("status", "code", "message", "retryable"),
    [
        (404, "not_found", "There is nothing here.", False),
        (405, "method_not_allowed", "This address does not take that method.", False),
        (408, "request_timeout", "This took too long to come. Send it again.", True),
        (413, "too_large", "This is too large.", False),
        (431, "too_large", "The headers are too large.", False),
        (400, "invalid", "Bad Request", False),
    ],
)
def test_an_error_of_the_servers_has_the_shape_of_the_apps(
    status: int, code: str, message: str, retryable: bool
) -> None:
    headers, error = answered(status)
    assert error == {"code": code, "message": message, "retryable": retryable, "request_id": headers["X-Request-Id"]}
    assert headers["Content-Type"] == "application/json"


def test_each_answer_has_an_id_of_its_own_by_which_it_is_found_in_the_log() -> None:
    ids = {answered(431)[1]["request_id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(ids)
