"""Turn every error into an answer: the JSON error body, or a page inside Salesforce.

One of the three places that catch every exception: Flask passes what nothing else handles to ``_on_unexpected_error``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.errors import Conflict, Invalid, ServiceError, TooMany, TryLater, UntrustedMessage
from connector.services import current_services
from connector.web.responses.error_pages import message_of, refusal_page, sentence_of
from connector.web.responses.http_status_errors import bare_body, error_of
from foundation.database.outage import AWAY
from foundation.wsgi.error_log import log_database_outage, log_refusal, log_unforeseen
from foundation.wsgi.exact_paths import begins_with_slashes

# The sentence of the refusal page, by the HTTP status that Flask or Werkzeug raised; every other one is an unreadable request.
_IN_FRAME = {405: "not_an_order", 408: "try_later", 413: "launch_too_large"}
_API_CHALLENGE = 'Bearer realm="chat2pay"'
_CALLBACK_CHALLENGE = 'Basic realm="chat2pay-callbacks", charset="UTF-8"'


def register(app: Flask) -> None:
    """Register the handlers for every kind of error."""
    app.register_error_handler(ServiceError, _on_service_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unexpected_error)
    for error in AWAY:
        app.register_error_handler(error, _on_database_outage)


def error_body(error: ServiceError) -> dict[str, Any]:
    """Return the JSON error body."""
    body = {**bare_body(error), "message": message_of(error)}
    sentence = sentence_of(error)
    if sentence:
        body["sentence"] = {"id": sentence.id, "values": sentence.as_json()["values"]}
    if isinstance(error, Invalid):
        body["fields"] = error.fields
    if isinstance(error, Conflict) and error.reference:
        body["reference"] = error.reference
    return {"error": body}


def _on_service_error(error: ServiceError) -> tuple[Response | str, int]:
    log_refusal(request.environ, error, code=error.code.value)
    if _in_frame():
        sentence = sentence_of(error)
        page = refusal_page(sentence.id, values=sentence.values) if sentence else refusal_page("internal_error")
        return page, error.status
    answer = jsonify(error_body(error))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = _challenge(error)
    return answer, error.status


def _challenge(error: ServiceError) -> str:
    """Return the ``WWW-Authenticate`` challenge: which credential is required, and whether one came that is not valid."""
    if isinstance(error, UntrustedMessage):
        return _CALLBACK_CHALLENGE
    # RFC 6750, section 3.1: no error code where the request carried no credential at all.
    return f'{_API_CHALLENGE}, error="invalid_token"' if "Authorization" in request.headers else _API_CHALLENGE


def _on_http_error(error: HTTPException) -> tuple[Response | str, int]:
    status = error.code or 500
    if _in_frame():
        return _with_allow(Response(refusal_page(_IN_FRAME.get(status, "launch_unreadable"))), error), status
    return _with_allow(jsonify(error_body(error_of(status))), error), status


def _with_allow(response: Response, error: HTTPException) -> Response:
    # Only Allow: werkzeug's other headers describe its own HTML body, which is not sent. RFC 9110 requires it with 405.
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


def _on_database_outage(error: Exception) -> tuple[Response | str, int]:
    """Answer 503, which the payment core, the page and a load balancer all take as "try again later"."""
    log_database_outage(error)
    # Readiness must not go on trusting its last good check of the database.
    current_services().write_check.doubt()
    if _in_frame():
        return refusal_page("database_away"), TryLater.status
    away = TryLater("Our database cannot be reached just now. Try again in a moment.")
    return jsonify(error_body(away.with_sentence("database_away"))), away.status


def _on_unexpected_error(error: Exception) -> tuple[Response | str, int]:
    log_unforeseen(error)
    if _in_frame():
        return refusal_page("internal_error"), 500
    return jsonify(error_body(ServiceError("Something went wrong on our side. Nothing was lost; try again."))), 500


def _in_frame() -> bool:
    """Return whether this answer is shown in the frame inside Salesforce, where an error must be a page."""
    # By path and not by endpoint: a request with a method that is not allowed matches no endpoint.
    return request.path == "/launch" and not begins_with_slashes(request.environ)
