"""The one question of the Tooling API that the connector asks: which validation rules there are, and what they say."""

import re
from typing import Any

from sandbox.org.calls import Answer, Call
from sandbox.org.errors import ApiError, malformed_query
from sandbox.org.resources import routes

_QUERY = re.compile(r"SELECT .+ FROM ValidationRule WHERE ValidationName = '(\w+)'", re.IGNORECASE)


@routes.add("GET", "tooling/query")
def query_rules(call: Call) -> Answer:
    """Return the version rules of all objects, as the admin left them."""
    if not call.user.get("_views_setup"):
        raise ApiError("INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id", status=403)
    found = _QUERY.fullmatch(call.param("q").strip())
    if found is None:
        raise malformed_query("this sandbox knows one query of the Tooling API: ValidationRule by its name")
    rows = [row for row in _rows(call) if row["ValidationName"] == found[1]]
    return Answer(200, {"size": len(rows), "totalSize": len(rows), "done": True, "records": rows})


def _rows(call: Call) -> list[dict[str, Any]]:
    told = [(name, rule) for name, kind in call.org.metadata.every.items() for rule in kind.rules]
    rows = []
    for name, rule in told:
        message = call.org.refusals.message_of(name, rule)
        rows.append(
            {
                "attributes": {"type": "ValidationRule"},
                "ValidationName": rule.name,
                "Active": message is not None,
                "ErrorMessage": message or rule.message,
                "EntityDefinition": {"attributes": {"type": "EntityDefinition"}, "QualifiedApiName": name},
            }
        )
    return rows
