"""The error body for a bare HTTP status, from Flask or from the WSGI server before the app is reached."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from connector.errors import ErrorCode, ServiceError, TryLater
from foundation.log import request_id, start_request
from foundation.wsgi.always_headers import bare_headers

_CODES = {
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    408: ErrorCode.REQUEST_TIMEOUT,
    413: ErrorCode.TOO_LARGE,
    431: ErrorCode.TOO_LARGE,
}
_MESSAGES = {
    404: "There is nothing here.",
    405: "This address does not take that method.",
    408: "This took too long to come. Send it again.",
    413: "This is too large.",
    431: "The headers are too large.",
}


def error_of(status: int) -> ServiceError:
    """Return the error for a bare HTTP status."""
    # Of these only a slow request may be repeated as it was: nothing of it was done.
    kind = TryLater if status == HTTPStatus.REQUEST_TIMEOUT else ServiceError
    return kind(_MESSAGES.get(status, HTTPStatus(status).phrase), code=_CODES.get(status, ErrorCode.INVALID))


def bare_body(error: ServiceError) -> dict[str, Any]:
    """Return the fields that every error body has."""
    return {
        "code": error.code.value,
        "message": error.message,
        "retryable": error.retryable,
        "request_id": request_id(),
    }


def server_answer(status: int) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of an error that the server answers before the app is reached."""
    start_request()
    return bare_headers(), json.dumps({"error": bare_body(error_of(status))}).encode()
