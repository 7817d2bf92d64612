"""The org's limits: what is left of each, and the refusal of calls beyond them."""

from __future__ import annotations

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.instance.org import Org
from sandbox.org.wire.errors import ApiError


def check_limits(org: Org) -> None:
    """Refuse calls beyond the org's limits. Raises ApiError."""
    # Salesforce lets an org go beyond its allowance for a while: with `api_used` the count is shown and nothing is refused.
    plan = org.faults.plan
    if plan.limit_exceeded or (plan.api_used is None and org.counts.used_today > plan.api_limit):
        raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    org.faults.check_concurrency()


@routes.add("GET", "limits")
def show_limits(call: ApiCall) -> ApiResponse:
    """Answer the org's limits, and what is left of each."""
    limit = call.org.faults.plan.api_limit
    daily = {"Max": limit, "Remaining": max(0, limit - call.org.used_today())}
    events = call.org.faults.plan.event_limit
    hourly = {"Max": events, "Remaining": max(0, events - call.org.writer.bus.used_this_hour())}
    return ApiResponse(
        200,
        {
            "DailyApiRequests": daily,
            "HourlyPublishedPlatformEvents": hourly,
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
        },
    )


@routes.add("GET", "limits/recordCount")
def count_records(call: ApiCall) -> ApiResponse:
    """Return the number of records of each object regardless of sharing; unknown objects are left out.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_record_count.htm
    """
    if not call.user.get("_views_setup"):
        # [A] The permission is documented, the error code is not.
        raise ApiError("INSUFFICIENT_ACCESS", "View Setup and Configuration is needed to count records", status=403)
    asked = {name.strip().lower() for name in call.params.get("sObjects", "").split(",") if name.strip()}
    names = [name for name in call.metadata.objects if not asked or name.lower() in asked]
    counts = [{"count": len(call.org.records.rows(name)), "name": name} for name in names]
    return ApiResponse(200, {"sObjects": counts})
