"""The list of resources, and describe."""

from __future__ import annotations

from sandbox.org.data_api.conditional_requests import check_unmodified, not_modified, validators
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.metadata.describe import describe_object, describe_summary
from sandbox.org.permissions.access import can_write_object


@routes.add("GET", "")
def list_resources(call: ApiCall) -> ApiResponse:
    """Answer the resources of the version."""
    names = ("query", "sobjects", "limits", "composite", "actions")
    return ApiResponse(200, {name: f"/services/data/v{call.version}/{name}" for name in names})


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
