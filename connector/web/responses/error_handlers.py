"""Every error as an answer: the one JSON error body, or a page inside Salesforce.

One of the two places that catch everything: Flask hands every unforeseen exception to ``_unforeseen``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.errors import Conflict, Invalid, ServiceError, TooMany, TryLater, UntrustedMessage
from connector.services import current_services
from connector.web.responses.error_pages import message_of, refusal_page, sentence_of
from connector.web.responses.exact_paths import begins_with_slashes
from connector.web.responses.server_errors import bare_body, error_of
from foundation.database.outage import AWAY, reason_of
from foundation.log import PROBED, get_logger

log = get_logger()
_IN_FRAME = {405: "not_an_order", 408: "try_later", 413: "launch_too_large", 429: "try_later", 503: "try_later"}
_API_CHALLENGE = 'Bearer realm="chat2pay"'
_CALLBACK_CHALLENGE = 'Basic realm="chat2pay-callbacks", charset="UTF-8"'


def register(app: Flask) -> None:
    """Make every error of this app go through here."""
    app.register_error_handler(ServiceError, _foreseen)
    app.register_error_handler(HTTPException, _by_status)
    app.register_error_handler(Exception, _unforeseen)
    for error in AWAY:
        app.register_error_handler(error, _database_away)


def error_body(error: ServiceError) -> dict[str, Any]:
    """Return the one error body."""
    body = {**bare_body(error), "message": message_of(error)}
    sentence = sentence_of(error)
    if sentence:
        body["sentence"] = {"id": sentence.id, "values": sentence.as_json()["values"]}
    if isinstance(error, Invalid):
        body["fields"] = error.fields
    if isinstance(error, Conflict) and error.reference:
        body["reference"] = error.reference
    return {"error": body}


def _foreseen(error: ServiceError) -> tuple[Response | str, int]:
    write = log.debug if PROBED in request.environ else log.error if error.status >= 500 else log.warning
    write("refused", code=error.code.value, status=error.status, **_loggable(error))
    if _in_frame():
        told = sentence_of(error)
        return refusal_page(told.id, values=told.values) if told else refusal_page("internal_error"), error.status
    answer = jsonify(error_body(error))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = _challenge(error)
    return answer, error.status


def _challenge(error: ServiceError) -> str:
    """Say which credential is asked for, and whether the one that came is no good (RFC 6750, section 3)."""
    if isinstance(error, UntrustedMessage):
        return _CALLBACK_CHALLENGE
    return f'{_API_CHALLENGE}, error="invalid_token"' if "Authorization" in request.headers else _API_CHALLENGE


def _by_status(error: HTTPException) -> tuple[Response | str, int]:
    status = error.code or 500
    if _in_frame():
        page = refusal_page(_IN_FRAME.get(status, "internal_error" if status >= 500 else "launch_unreadable"))
        return _with_allow(Response(page), error), status
    return _with_allow(jsonify(error_body(error_of(status))), error), status


def _with_allow(response: Response, error: HTTPException) -> Response:
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


def _database_away(error: Exception) -> tuple[Response | str, int]:
    """The core, the page and a balancer all know what 503 means: not now, and not our fault."""
    log.error("database_away", error=type(error).__name__, reason=reason_of(error))
    current_services().write_check.doubt()
    if _in_frame():
        return refusal_page("database_away"), TryLater.status
    away = TryLater("Our database cannot be reached just now. Try again in a moment.")
    return jsonify(error_body(away.with_sentence("database_away"))), away.status


def _unforeseen(error: Exception) -> tuple[Response | str, int]:
    trace, last = error.__traceback__, None
    while trace is not None:
        last, trace = trace, trace.tb_next
    where = f"{last.tb_frame.f_code.co_name}:{last.tb_lineno}" if last else "?"
    log.error("unforeseen", error=type(error).__name__, where=where)
    if _in_frame():
        return refusal_page("internal_error"), 500
    return jsonify(error_body(ServiceError("Something went wrong on our side. Nothing was lost; try again."))), 500


def _in_frame() -> bool:
    """Say whether a person looks at this answer inside Salesforce: an error there must be a page, or it stays invisible.

    The path says so: a method that the door does not take leaves no endpoint.
    """
    return request.path == "/launch" and not begins_with_slashes(request.environ)


def _loggable(error: ServiceError) -> dict[str, Any]:
    return {name: value for name, value in error.facts.items() if value is not None and name not in ("status", "code")}
