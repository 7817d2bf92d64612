"""Check that an answer is one that the document promises."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from connector.web.openapi.document import build
from foundation.wsgi.access_log import template
from foundation.wsgi.exact_paths import begins_with_slashes

DOCUMENT = build("https://c2p.acme.example")


def template_of(rule: Rule) -> str:
    """Return a route's path as OpenAPI writes it."""
    return template(rule.rule)


def assert_documented(answer: TestResponse, app: Flask) -> None:
    """Fail unless the document has this operation, this status, this type and a body of this shape."""
    asked = answer.request
    if begins_with_slashes(asked.environ):
        return  # werkzeug's path is not the one that was written
    try:
        rule, _ = app.url_map.bind("c2p.acme.example").match(asked.path, method=asked.method, return_rule=True)
    except HTTPException:
        return  # no operation at all
    method = {"HEAD": "get"}.get(asked.method, asked.method.lower())
    if method == "options" or rule.endpoint == "static":
        return
    path, status = template_of(rule), answer.status_code
    if path not in DOCUMENT["paths"]:
        return  # a test's own; that each of ours is there, tests/journeys/web/test_openapi_endpoints.py asks
    promised = DOCUMENT["paths"][path][method]["responses"].get(str(status))
    assert promised is not None, (
        f"{method} {path} answered {status}, which /openapi.json does not say: {answer.text[:300]}"
    )
    for name in promised["headers"]:
        assert name in answer.headers, f"{method} {path} {status} promises {name}"
    if not answer.data:
        assert "content" not in promised or asked.method == "HEAD", f"{method} {path} {status} promises a body"
        return
    content = promised.get("content", {})
    assert answer.mimetype in content, f"{method} {path} {status} answered {answer.mimetype}"
    if answer.is_json:
        told = [str(fault) for fault in _validator(path, method, status).iter_errors(answer.json)]
        assert told == [], f"{method} {path} {status}: the body is not what /openapi.json says"


@cache
def _validator(path: str, method: str, status: int) -> Any:
    content = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"]
    schema = content["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, validate_formats=True
    )  # fmt: skip
