"""Serve the OpenAPI documents, each built once, at the first request for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Blueprint, Response, request

from connector.services import current_services

blueprint = Blueprint("openapi", __name__)
# The documents are public and change with a version only; after an upgrade a cached one is outdated for minutes at most.
_MAX_AGE_SECONDS = 300


@blueprint.get("/openapi.json")
def complete() -> Response:
    """Serve the complete document."""
    from connector.web.openapi.document import build  # noqa: PLC0415 memory: most processes never serve the document

    return _served(build)


@blueprint.get("/openapi-salesforce.json")
def slim() -> Response:
    """Serve the document for External Services."""
    from connector.web.openapi.external_services import build  # noqa: PLC0415 as above

    return _served(build)


def _served(build: Callable[[str], dict[str, Any]]) -> Response:
    text, tag = _written(build, current_services().settings.public_url)
    answer = Response(text, content_type="application/json")
    answer.set_etag(tag)
    answer.cache_control.public = True
    answer.cache_control.max_age = _MAX_AGE_SECONDS
    answer.make_conditional(request)
    return answer


@cache
def _written(build: Callable[[str], dict[str, Any]], public_url: str) -> tuple[bytes, str]:
    text = json.dumps(build(public_url), indent=1, ensure_ascii=False, sort_keys=False).encode()
    return text, hashlib.sha256(text).hexdigest()[:32]
