"""The composite resource."""

from __future__ import annotations

from sandbox.org.composite.subrequests import Subrequest, check_not_nested, read_subrequests, rendered, run_all
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError

MAX_SUBREQUESTS = 25
MAX_QUERIES_AND_COLLECTIONS = 5


@routes.add("POST", "composite")
def run_composite(call: ApiCall) -> ApiResponse:
    """Return 200 whatever the subrequests answered, as Salesforce does."""
    check_not_nested(call)
    body = call.json_object()
    subrequests = read_subrequests(body.get("compositeRequest"), most=MAX_SUBREQUESTS)
    lists = sum(one.is_query_or_collection for one in subrequests)
    if lists > MAX_QUERIES_AND_COLLECTIONS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_QUERIES_AND_COLLECTIONS} queries and collections, not {lists}")
    in_order = _collated(subrequests) if _is_collated(call) else subrequests
    answers = run_all(call, in_order, all_or_none=body.get("allOrNone", False) is True)
    return ApiResponse(200, {"compositeResponse": rendered(subrequests, answers)})


def _collated(subrequests: list[Subrequest]) -> list[Subrequest]:
    """Return the subrequests in the order of their execution."""
    # Collating bundles equal kinds, which is the default, so the caller's order may change:
    # https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm
    groups: dict[tuple[str, str], list[Subrequest]] = {}
    for one in subrequests:
        groups.setdefault(one.group(), []).append(one)
    return [one for group in groups.values() for one in group]


def _is_collated(call: ApiCall) -> bool:
    # Subrequests that refer to others keep their order in any case.
    return not call.has_references and call.json_object().get("collateSubrequests", True) is not False
