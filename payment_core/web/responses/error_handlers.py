"""Turn every error into an answer: JSON in the words of the API, or a page for the customer.

The only place that catches every exception: Flask passes what nothing else handles to ``_on_unexpected_error``.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from foundation.database.outage import AWAY
from foundation.wsgi.error_log import log_database_outage, log_refusal, log_unforeseen
from payment_core.errors import Refusal, ServiceError, TryLater
from payment_core.services import current_core
from payment_core.web.responses.problem_page import problem_page
from payment_core.web.responses.problems import problem_body, word_of_status

_PAGES = ("/pay/", "/receipts/", "/portal")
_AWAY = "Our database cannot be reached just now. Try again in a moment."
_UNEXPECTED = "Something went wrong on our side. Nothing was lost; try again."


def register(app: Flask) -> None:
    """Register the handlers for every kind of error."""
    app.register_error_handler(ServiceError, _on_service_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unexpected_error)
    for error in AWAY:
        app.register_error_handler(error, _on_database_outage)


def is_page() -> bool:
    """Return whether the present request is answered with a page for people."""
    return request.path.startswith(_PAGES)


def _on_service_error(error: ServiceError) -> tuple[Response | str, int]:
    word, field = (error.word, error.field) if isinstance(error, Refusal) else (error.code.value.upper(), None)
    log_refusal(request.environ, error, code=word.lower())
    return _answer(error.status, word, error.message, field=field, error=error)


def _on_http_error(error: HTTPException) -> tuple[Response | str, int]:
    status = error.code or 500
    message = error.description or error.name
    answer, status = _answer(status, word_of_status(status), message)
    if isinstance(answer, Response):
        # Only Allow: werkzeug's other headers describe its own HTML body. RFC 9110 requires it with 405.
        answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer, status


def _on_database_outage(error: Exception) -> tuple[Response | str, int]:
    """Answer 503, which callers, customers and a load balancer all take as "try again later"."""
    log_database_outage(error)
    # Readiness must not go on trusting its last good check of the database.
    current_core().write_check.doubt()
    return _answer(TryLater.status, TryLater.code.value.upper(), _AWAY)


def _on_unexpected_error(error: Exception) -> tuple[Response | str, int]:
    log_unforeseen(error)
    return _answer(500, "INTERNAL_ERROR", _UNEXPECTED)


def _answer(
    status: int, word: str, message: str, *, field: str | None = None, error: Exception | None = None
) -> tuple[Response | str, int]:
    if is_page():
        return problem_page(status, message, error), status
    body: dict[str, Any] = problem_body(current_core().api, word, message, field=field)
    return jsonify(body), status
