"""The composite resource."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.datastructures import Headers

from sandbox.org.composite.references import InvalidReference, resolve_references
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError

MAX_SUBREQUESTS = 25
MAX_QUERIES_AND_COLLECTIONS = 5
_URL = re.compile(r"/services/data/v(\d\d\.\d)/(.+)")
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}
_HALTED = ApiError(
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)


@dataclass(frozen=True)
class Subrequest:
    reference_id: str
    method: str
    version: str
    path: str
    params: dict[str, str]
    body: Any
    headers: Headers

    @property
    def is_query_or_collection(self) -> bool:
        """A query or a collection: the kinds of which only five fit in one call."""
        return self.path.startswith(("query", "composite/sobjects"))

    def group(self) -> tuple[str, str]:
        return self.method, re.sub(r"/[0-9a-zA-Z]{15,18}$", "", self.path)


@routes.add("POST", "composite")
def run_composite(call: ApiCall) -> ApiResponse:
    """Return 200 whatever the subrequests answered, as Salesforce does."""
    if call.inside_composite:
        raise ApiError("INVALID_INPUT", "a composite cannot hold a composite")
    body = call.json_object()
    subrequests = _read_subrequests(body.get("compositeRequest"))
    all_or_none = body.get("allOrNone", False) is True
    answers: dict[str, ApiResponse] = {}
    savepoint = call.org.records.savepoint()
    for subrequest in _in_order(subrequests, collated=_is_collated(call)):
        answers[subrequest.reference_id] = _answer(call, subrequest, answers=answers, all_or_none=all_or_none)
        if all_or_none and not _succeeded(answers[subrequest.reference_id]):
            call.org.records.rollback_to(savepoint)
            answers = _halt_all_but(subrequest, subrequests, answers=answers)
            break
    return ApiResponse(200, {"compositeResponse": [_rendered(one, answers[one.reference_id]) for one in subrequests]})


def _read_subrequests(items: Any) -> list[Subrequest]:
    if not isinstance(items, list) or not items:
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    if len(items) > MAX_SUBREQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_SUBREQUESTS} subrequests, not {len(items)}")
    subrequests = [_read_subrequest(item) for item in items]
    lists = sum(one.is_query_or_collection for one in subrequests)
    if lists > MAX_QUERIES_AND_COLLECTIONS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_QUERIES_AND_COLLECTIONS} queries and collections, not {lists}")
    names = [one.reference_id for one in subrequests]
    if len(set(names)) != len(names):
        raise ApiError("INVALID_INPUT", "Provided referenceId must be unique for each subrequest")
    return subrequests


def _read_subrequest(item: Any) -> Subrequest:
    if not isinstance(item, dict):
        raise ApiError("JSON_PARSER_ERROR", "each subrequest must be an object")
    reference_id, method, url = item.get("referenceId"), item.get("method"), item.get("url")
    if not isinstance(reference_id, str) or not re.fullmatch(r"[A-Za-z0-9]\w*", reference_id):
        raise ApiError("INVALID_INPUT", "Provided referenceId must hold letters, numbers and _ only")
    if method not in _METHODS:
        raise ApiError("INVALID_INPUT", f"{reference_id}: method must be one of {', '.join(sorted(_METHODS))}")
    parts = urlsplit(url if isinstance(url, str) else "")
    found = _URL.fullmatch(parts.path)
    if found is None:
        raise ApiError("INVALID_INPUT", f"{reference_id}: url must begin with /services/data/vXX.X/")
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Subrequest(reference_id, method, found[1], unquote(found[2]), params, item.get("body"), _headers(item))


def _headers(item: dict[str, Any]) -> Headers:
    headers = item.get("httpHeaders") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ApiError("JSON_PARSER_ERROR", "httpHeaders must be an object of texts")
    return Headers(headers)


def _in_order(subrequests: list[Subrequest], *, collated: bool) -> list[Subrequest]:
    """Return the order of execution: collating bundles equal kinds, so the caller's order may change."""
    if not collated:
        return subrequests
    groups: dict[tuple[str, str], list[Subrequest]] = {}
    for one in subrequests:
        groups.setdefault(one.group(), []).append(one)
    return [one for group in groups.values() for one in group]


def _is_collated(call: ApiCall) -> bool:
    # Subrequests that refer to others keep their order in any case.
    return not call.has_references and call.json_object().get("collateSubrequests", True) is not False


def _answer(
    call: ApiCall, subrequest: Subrequest, *, answers: dict[str, ApiResponse], all_or_none: bool
) -> ApiResponse:
    try:
        filled: Any = (subrequest.path, subrequest.params, subrequest.body)
        if call.has_references:
            filled = resolve_references(list(filled), answers)
    except InvalidReference as error:
        return ApiResponse(400, ApiError("PROCESSING_HALTED", str(error)).as_body())
    path, params, body = filled
    if all_or_none and isinstance(body, dict) and "records" in body:
        body = body | {"allOrNone": True}
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


def _succeeded(answer: ApiResponse) -> bool:
    if answer.status >= 400:
        return False
    results = answer.body if isinstance(answer.body, list) else []
    return all(result.get("success", True) for result in results if isinstance(result, dict))


def _halt_all_but(
    failed: Subrequest, subrequests: list[Subrequest], *, answers: dict[str, ApiResponse]
) -> dict[str, ApiResponse]:
    halted = ApiResponse(400, _HALTED.as_body())
    return {one.reference_id: answers[one.reference_id] if one is failed else halted for one in subrequests}


def _rendered(subrequest: Subrequest, answer: ApiResponse) -> dict[str, Any]:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": subrequest.reference_id,
    }
