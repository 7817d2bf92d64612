"""The one query of the Tooling API that the connector sends: validation rules by name."""

from __future__ import annotations

import re
from typing import Any

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError, malformed_query

_QUERY = re.compile(r"SELECT .+ FROM ValidationRule WHERE ValidationName = '(\w+)'", re.IGNORECASE)


@routes.add("GET", "tooling/query")
def query_rules(call: ApiCall) -> ApiResponse:
    """Return the version rules of all objects, as the admin left them."""
    # [A] That View Setup and Configuration is needed is documented, the code is not.
    if not call.user.get("_views_setup"):
        raise ApiError("INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id", status=403)
    found = _QUERY.fullmatch(call.param("q").strip())
    if found is None:
        raise malformed_query("this sandbox knows one query of the Tooling API: ValidationRule by its name")
    rows = [row for row in _rows(call) if row["ValidationName"] == found[1]]
    return ApiResponse(200, {"size": len(rows), "totalSize": len(rows), "done": True, "records": rows})


def _rows(call: ApiCall) -> list[dict[str, Any]]:
    matching = [(name, rule) for name, kind in call.org.metadata.every.items() for rule in kind.rules]
    rows = []
    for name, rule in matching:
        message = call.org.refusals.rule_message(name, rule)
        rows.append(
            {
                "attributes": {"type": "ValidationRule"},
                "ValidationName": rule.name,
                "Active": message is not None,
                # A rule that an admin has switched off keeps its message, and Setup shows it.
                "ErrorMessage": message or rule.message,
                "EntityDefinition": {"attributes": {"type": "EntityDefinition"}, "QualifiedApiName": name},
            }
        )
    return rows
