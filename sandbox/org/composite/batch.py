"""The composite batch resource: independent subrequests, each committed by itself.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
"""

from __future__ import annotations

from typing import Any

from sandbox.org.composite.subrequests import Subrequest, check_not_nested, read_request, run
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError

MAX_SUBREQUESTS = 25
# Of those that the page lists for a batch, what this org has.
_RESOURCES = ("actions", "limits", "query", "sobjects")
_HALTED = ApiError("BATCH_PROCESSING_HALTED", "Batch processing halted per request", status=412)


@routes.add("POST", "composite/batch")
def run_batch(call: ApiCall) -> ApiResponse:
    """Return 200 whatever the subrequests answered; with haltOnError none runs after the first failure."""
    check_not_nested(call)
    body = call.json_object()
    subrequests = _read(body.get("batchRequests"))
    # Each subrequest counts against the limits; the first is the call itself, which has been counted.
    call.org.counts.add(used=len(subrequests) - 1)
    halts = body.get("haltOnError", False) is True
    results: list[dict[str, Any]] = []
    has_errors = False
    for one in subrequests:
        answer = ApiResponse(_HALTED.status, _HALTED.as_body()) if halts and has_errors else _run(call, one)
        has_errors = has_errors or answer.status >= 400
        results.append({"statusCode": answer.status, "result": answer.body})
    return ApiResponse(200, {"hasErrors": has_errors, "results": results})


def _run(call: ApiCall, subrequest: Subrequest) -> ApiResponse:
    return run(call, subrequest, path=subrequest.path, params=subrequest.params, body=subrequest.body)


def _read(items: Any) -> list[Subrequest]:
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise ApiError("JSON_PARSER_ERROR", "batchRequests must be a list of subrequests")
    if len(items) > MAX_SUBREQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_SUBREQUESTS} subrequests, not {len(items)}")
    return [_subrequest(item, place=place) for place, item in enumerate(items, start=1)]


def _subrequest(item: dict[str, Any], *, place: int) -> Subrequest:
    url = item.get("url")
    if isinstance(url, str) and url.startswith("v"):
        # The documented form is v67.0/sobjects/…, without what all addresses share.
        item = item | {"url": f"/services/data/{url}"}
    subrequest = read_request(item, name=f"subrequest {place}", body=item.get("richInput"))
    if not subrequest.path.startswith(_RESOURCES):
        raise ApiError("INVALID_INPUT", f"subrequest {place}: the resource cannot be part of a batch")
    return subrequest
