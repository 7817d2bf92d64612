"""Calls, responses, and the table of routes that the web and Composite share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from werkzeug.datastructures import Headers

from sandbox.org.instance.org import Org
from sandbox.org.metadata.objects import Metadata
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError, not_found


@dataclass(frozen=True)
class ApiCall:
    """A call below /services/data/vNN.N; also one subrequest of a composite."""

    org: Org
    user: Row
    version: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Headers = field(default_factory=Headers)
    inside_composite: bool = False
    # False where the text of the call cannot hold a reference to another subrequest.
    has_references: bool = True

    @property
    def metadata(self) -> Metadata:
        """Return objects and fields as the caller's user sees them."""
        return self.org.permissions.metadata_for(self.user)

    def json_object(self) -> dict[str, Any]:
        """Return the body's object. Raises ApiError JSON_PARSER_ERROR."""
        if not isinstance(self.body, dict):
            raise ApiError("JSON_PARSER_ERROR", "the body must be a JSON object")
        return self.body

    def param(self, name: str) -> str:
        """Return a required parameter. Raises ApiError MISSING_ARGUMENT."""
        if not self.params.get(name):
            raise ApiError("MISSING_ARGUMENT", f"The required parameter {name} is missing")
        return self.params[name]


@dataclass(frozen=True)
class ApiResponse:
    """A status, a body (None: empty; a text: HTML), and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Action: TypeAlias = Callable[..., ApiResponse]


class Routes:
    """Paths to actions; one table serves the web and the composite resource alike."""

    def __init__(self) -> None:
        self._routes: list[tuple[re.Pattern[str], str, Action]] = []

    def add(self, method: str, pattern: str) -> Callable[[Action], Action]:
        """Register the action for a pattern such as `sobjects/{object_name}/{record_id}`."""
        named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)

        def register(action: Action) -> Action:
            self._routes.append((re.compile(named), method, action))
            # `sobjects/Order/describe` is no record id: the pattern with fewer placeholders is tried first.
            self._routes.sort(key=lambda route: len(route[0].groupindex))
            return action

        return register

    def dispatch(self, call: ApiCall) -> ApiResponse:
        """Return what the action of the path and method answers. Raises ApiError NOT_FOUND or METHOD_NOT_ALLOWED."""
        path = call.path.strip("/")
        tried = ((pattern.fullmatch(path), method, action) for pattern, method, action in self._routes)
        matching = [(found, method, action) for found, method, action in tried if found]
        for found, method, action in matching:
            if method == call.method:
                return action(call, **found.groupdict())
        if matching:
            allowed = ",".join(method for _, method, _ in matching)
            message = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
            raise ApiError("METHOD_NOT_ALLOWED", message, status=405)
        # [A] A path that no route has is answered as a record that is not there.
        raise not_found()


routes = Routes()
