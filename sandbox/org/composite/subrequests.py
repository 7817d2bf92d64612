"""The subrequests of a composite call: their form, their execution and their responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.datastructures import Headers

from sandbox.org.composite.references import InvalidReference, resolve_references
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError

_URL = re.compile(r"/services/data/v(\d\d\.\d)/(.+)")
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}
# One message for all that were undone: a client finds the reason at the only one that has another code.
_HALTED = ApiError(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)


@dataclass(frozen=True)
class Subrequest:
    """One subrequest of a composite call."""

    reference_id: str
    method: str
    version: str
    path: str
    params: dict[str, str]
    body: Any
    headers: Headers

    @property
    def is_query_or_collection(self) -> bool:
        """Return whether it is of the kinds of which only five fit in one call."""
        # https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html
        return self.path.startswith(("query", "composite/sobjects"))

    def group(self) -> tuple[str, str]:
        """Return what collated subrequests have in common: the method, and the path without a record's id."""
        # What is sent to one type of object is done together, whatever its order in the request:
        # https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite.htm
        return self.method, re.sub(r"/[0-9a-zA-Z]{15,18}$", "", self.path)


def read_subrequests(items: Any, *, most: int) -> list[Subrequest]:
    """Return at most ``most`` subrequests, each with a reference id of its own. Raises ApiError."""
    if not isinstance(items, list) or not items:
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    if len(items) > most:
        raise ApiError("LIMIT_EXCEEDED", f"at most {most} subrequests, not {len(items)}")
    subrequests = [_read_subrequest(item) for item in items]
    names = [one.reference_id for one in subrequests]
    if len(set(names)) != len(names):
        raise ApiError("INVALID_INPUT", "Provided referenceId must be unique for each subrequest")
    return subrequests


def _read_subrequest(item: Any) -> Subrequest:
    if not isinstance(item, dict):
        raise ApiError("JSON_PARSER_ERROR", "each subrequest must be an object")
    reference_id = item.get("referenceId")
    if not isinstance(reference_id, str) or not re.fullmatch(r"[A-Za-z0-9]\w*", reference_id):
        raise ApiError("INVALID_INPUT", "Provided referenceId must hold letters, numbers and _ only")
    return read_request(item, name=reference_id, body=item.get("body"))


def read_request(item: dict[str, Any], *, name: str, body: Any) -> Subrequest:
    """Return the method, the address and the headers of one subrequest. Raises ApiError."""
    method, url = item.get("method"), item.get("url")
    if method not in _METHODS:
        raise ApiError("INVALID_INPUT", f"{name}: method must be one of {', '.join(sorted(_METHODS))}")
    parts = urlsplit(url if isinstance(url, str) else "")
    found = _URL.fullmatch(parts.path)
    if found is None:
        raise ApiError("INVALID_INPUT", f"{name}: url must begin with /services/data/vXX.X/")
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Subrequest(name, method, found[1], unquote(found[2]), params, body, _headers(item))


def _headers(item: dict[str, Any]) -> Headers:
    headers = item.get("httpHeaders") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ApiError("JSON_PARSER_ERROR", "httpHeaders must be an object of texts")
    try:
        return Headers(headers)
    except ValueError as error:
        raise ApiError("INVALID_INPUT", f"httpHeaders: {error}") from error


def run_all(call: ApiCall, subrequests: list[Subrequest], *, all_or_none: bool) -> dict[str, ApiResponse]:
    """Return the responses by reference id; with `all_or_none` one failure rolls everything back."""
    answers: dict[str, ApiResponse] = {}
    savepoint = call.org.records.savepoint()
    for subrequest in subrequests:
        answers[subrequest.reference_id] = _run(call, subrequest, answers=answers, all_or_none=all_or_none)
        if all_or_none and not succeeded(answers[subrequest.reference_id]):
            call.org.records.rollback_to(savepoint)
            return _halt_all_but(subrequest, subrequests, answers=answers)
    return answers


def _run(call: ApiCall, subrequest: Subrequest, *, answers: dict[str, ApiResponse], all_or_none: bool) -> ApiResponse:
    try:
        filled: Any = (subrequest.path, subrequest.params, subrequest.body)
        if call.has_references:
            filled = resolve_references(list(filled), answers)
    except InvalidReference as error:
        # Without its reference the subrequest is not run at all, whatever `allOrNone` says.
        return ApiResponse(400, ApiError("PROCESSING_HALTED", str(error)).as_body())
    path, params, body = filled
    if all_or_none and isinstance(body, dict) and "records" in body:
        # A collection inside is part of the whole: one refused record of it must undo all subrequests, too.
        body = body | {"allOrNone": True}
    return run(call, subrequest, path=path, params=params, body=body)


def run(call: ApiCall, subrequest: Subrequest, *, path: str, params: dict[str, str], body: Any) -> ApiResponse:
    """Return the response of one subrequest, whatever it is; a refusal leaves nothing behind."""
    # As the same user, but in the version of its own address: subrequests may be of several versions.
    inner = ApiCall(
        org=call.org,
        user=call.user,
        version=subrequest.version,
        method=subrequest.method,
        path=path,
        params=params,
        body=body,
        headers=subrequest.headers,
        inside_composite=True,
    )
    savepoint = call.org.records.savepoint()
    try:
        return routes.dispatch(inner)
    except ApiError as error:
        call.org.records.rollback_to(savepoint)
        return ApiResponse(error.status, error.as_body())


def succeeded(answer: ApiResponse) -> bool:
    """Return whether a response holds no error, in its results neither."""
    if answer.status >= 400:
        return False
    # A collection answers 200 even where each of its records was refused.
    results = answer.body if isinstance(answer.body, list) else []
    return all(result.get("success", True) for result in results if isinstance(result, dict))


def _halt_all_but(
    failed: Subrequest, subrequests: list[Subrequest], *, answers: dict[str, ApiResponse]
) -> dict[str, ApiResponse]:
    # Those that had succeeded are shown as halted, too: they were rolled back.
    halted = ApiResponse(400, _HALTED.as_body())
    return {one.reference_id: answers[one.reference_id] if one is failed else halted for one in subrequests}


def rendered(subrequests: list[Subrequest], answers: dict[str, ApiResponse]) -> list[dict[str, Any]]:
    """Return the compositeResponse, in the order of the request."""
    return [
        {
            "body": answers[one.reference_id].body,
            "httpHeaders": dict(answers[one.reference_id].headers),
            "httpStatusCode": answers[one.reference_id].status,
            "referenceId": one.reference_id,
        }
        for one in subrequests
    ]


def check_not_nested(call: ApiCall) -> None:
    """Refuse a composite call that came as a subrequest. Raises ApiError."""
    if call.inside_composite:
        raise ApiError("INVALID_INPUT", "a composite cannot hold a composite")
