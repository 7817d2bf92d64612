"""The list of resources, limits and describe."""

from __future__ import annotations

from sandbox.org.data_api.conditional_requests import check_unmodified, not_modified, validators
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.metadata.describe import describe_object, describe_summary
from sandbox.org.permissions.access import can_write_object
from sandbox.org.wire.errors import ApiError


@routes.add("GET", "")
def list_resources(call: ApiCall) -> ApiResponse:
    """Answer the resources of the version."""
    names = ("query", "sobjects", "limits", "composite", "actions")
    return ApiResponse(200, {name: f"/services/data/v{call.version}/{name}" for name in names})


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


@routes.add("GET", "sobjects")
def list_objects(call: ApiCall) -> ApiResponse:
    """Answer the objects that the user sees."""
    unchanged = _unchanged(call)
    if unchanged is not None:
        return unchanged
    objects = [describe_summary(kind, version=call.version) for kind in call.metadata.objects.values()]
    return ApiResponse(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}, _validators(call))


@routes.add("GET", "sobjects/{object_name}")
def show_object(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Answer a short description of an object; nothing was viewed lately."""
    kind = call.metadata.object_named(object_name)
    return ApiResponse(200, {"objectDescribe": describe_summary(kind, version=call.version), "recentItems": []})


@routes.add("GET", "sobjects/{object_name}/describe")
def show_describe(call: ApiCall, *, object_name: str) -> ApiResponse:
    """Answer the description of an object, as far as the user sees it."""
    kind = call.metadata.object_named(object_name)
    unchanged = _unchanged(call)
    if unchanged is not None:
        return unchanged
    writable = can_write_object(call.user, kind)
    body = describe_object(kind, metadata=call.metadata, version=call.version, writable=writable)
    return ApiResponse(200, body, _validators(call))


def _unchanged(call: ApiCall) -> ApiResponse | None:
    """Return 304 where the metadata is what the caller has already. Raises ApiError 412."""
    check_unmodified(call, modified_at=call.org.metadata_changed_at)
    return not_modified(call, modified_at=call.org.metadata_changed_at)


def _validators(call: ApiCall) -> dict[str, str]:
    return validators(modified_at=call.org.metadata_changed_at)
