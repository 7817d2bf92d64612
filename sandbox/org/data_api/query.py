"""The query and queryAll resources."""

from __future__ import annotations

from typing import Any

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes


@routes.add("GET", "query(All)?")
def run_query(call: ApiCall) -> ApiResponse:
    """Answer the first page of a query."""
    return ApiResponse(200, _queried(call))


def _queried(call: ApiCall) -> dict[str, Any]:
    text = call.param("q")
    if call.params.get("columns", "").lower() == "true":
        return call.org.queries.columns(text, metadata=call.metadata)
    deleted_too = call.path.startswith("queryAll")
    return call.org.queries.run(
        text, user=call.user, metadata=call.metadata, version=call.version, with_deleted=deleted_too
    )


@routes.add("GET", "query(All)?/{locator}")
def next_page(call: ApiCall, *, locator: str) -> ApiResponse:
    """Answer a further page of a query, by its locator."""
    return ApiResponse(200, call.org.queries.more(locator, user=call.user, version=call.version))
