"""The JSON body of an error, and the error of a bare HTTP status from the server before the app is reached."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from foundation.log import start_request
from foundation.wsgi.always_headers import bare_headers
from payment_core.api_manifest import ApiManifest, read_api_manifest


def problem_body(api: ApiManifest, word: str, message: str, *, field: str | None = None) -> dict[str, Any]:
    """Return the JSON body of an error under the API's names."""
    body = {api.error_code: word, api.error_message: message}
    return body | {"field": field} if field else body


def word_of_status(status: int) -> str:
    """Return the error code of a bare HTTP status: ``NOT_FOUND``."""
    return HTTPStatus(status).phrase.upper().replace(" ", "_")


def server_answer(status: int) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of an error that the server answers before the app is reached."""
    # No request of Flask's has begun, and the answer carries an id all the same.
    start_request()
    body = problem_body(read_api_manifest(), word_of_status(status), HTTPStatus(status).phrase)
    return bare_headers(), json.dumps(body).encode()
