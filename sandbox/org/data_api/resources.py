"""The list of resources, limits and describe."""

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.metadata.describe import describe_object, describe_summary


@routes.add("GET", "")
def list_resources(call: ApiCall) -> ApiResponse:
    names = ("query", "sobjects", "limits", "composite")
    return ApiResponse(200, {name: f"/services/data/v{call.version}/{name}" for name in names})


@routes.add("GET", "limits")
def show_limits(call: ApiCall) -> ApiResponse:
    limit = call.org.faults.plan.api_limit
    daily = {"Max": limit, "Remaining": max(0, limit - call.org.used_today())}
    return ApiResponse(200, {"DailyApiRequests": daily, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}})


@routes.add("GET", "sobjects")
def list_objects(call: ApiCall) -> ApiResponse:
    objects = [describe_summary(kind, version=call.version) for kind in call.metadata.objects.values()]
    return ApiResponse(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


@routes.add("GET", "sobjects/{object_name}")
def show_object(call: ApiCall, *, object_name: str) -> ApiResponse:
    kind = call.metadata.object_named(object_name)
    return ApiResponse(200, {"objectDescribe": describe_summary(kind, version=call.version), "recentItems": []})


@routes.add("GET", "sobjects/{object_name}/describe")
def show_describe(call: ApiCall, *, object_name: str) -> ApiResponse:
    kind = call.metadata.object_named(object_name)
    writable = bool(call.user.get("_edits_orders"))
    return ApiResponse(200, describe_object(kind, metadata=call.metadata, version=call.version, writable=writable))
