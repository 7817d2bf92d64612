"""Conditional request headers, by the date of the last change and by ETag.

[A] Salesforce documents the statuses; the error codes of 400 and 412 are this sandbox's.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_conditional_requests.htm
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime

from werkzeug.http import http_date, parse_date, parse_etags

from sandbox.org.data_api.routing import ApiCall, ApiResponse
from sandbox.org.metadata.objects import ObjectType
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import ApiError
from sandbox.org.wire.exact_json import to_json
from sandbox.org.wire.times import parse_time

# Only records of these objects have an ETag.
_TAGGED = ("Account",)
CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
_ETAGS = re.compile(r'\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*')


def check_preconditions(call: ApiCall, kind: ObjectType, row: Row) -> None:
    """Check the record against the request's conditional headers. Raises ApiError: 412, or 400 for an unusable one."""
    etag = etag_of(kind, row)
    if etag and (matched := _header(call, "If-Match")):
        _check_value(call, valid=_ETAGS.fullmatch(matched) is not None, header="If-Match")
        _check_met(etag in parse_etags(matched))
    if etag and (unmatched := _header(call, "If-None-Match")):
        _check_value(call, valid=_ETAGS.fullmatch(unmatched) is not None, header="If-None-Match")
        # A GET that matches is answered with 304 instead: `not_modified`.
        _check_met(call.method == "GET" or etag not in parse_etags(unmatched))
    check_unmodified(call, modified_at=parse_time(row["LastModifiedDate"]))


def check_unmodified(call: ApiCall, *, modified_at: datetime) -> None:
    """Check If-Unmodified-Since. Raises ApiError 412, or 400 for a time that cannot be read."""
    text = _header(call, "If-Unmodified-Since")
    if text:
        since = parse_date(text)
        _check_value(call, valid=since is not None, header="If-Unmodified-Since")
        _check_met(since is None or modified_at.replace(microsecond=0) <= since)


def not_modified(call: ApiCall, *, modified_at: datetime, etag: str = "") -> ApiResponse | None:
    """Return 304 where the caller's copy is still good, None otherwise."""
    unmatched = _header(call, "If-None-Match")
    if etag and unmatched:
        return ApiResponse(304, None, {"ETag": f'"{etag}"'}) if etag in parse_etags(unmatched) else None
    since = parse_date(_header(call, "If-Modified-Since"))
    if since is not None and modified_at.replace(microsecond=0) <= since:
        return ApiResponse(304)
    return None


def validators(*, modified_at: datetime, etag: str = "") -> dict[str, str]:
    """Return the headers by which a later request may ask whether anything has changed."""
    return {"Last-Modified": http_date(modified_at)} | ({"ETag": f'"{etag}"'} if etag else {})


def etag_of(kind: ObjectType, row: Row) -> str:
    """Return a hash of the record's content, empty for objects without ETags."""
    if kind.name not in _TAGGED:
        return ""
    content = to_json({name: row[name] for name in sorted(row) if not name.startswith("_")})
    return base64.b64encode(hashlib.sha1(content.encode(), usedforsecurity=False).digest()).decode()


def _header(call: ApiCall, name: str) -> str:
    return call.headers.get(name, "")


def _check_value(call: ApiCall, *, valid: bool, header: str) -> None:
    # [A] Only a write is refused for a header that cannot be used; a read is held against what can be read of it.
    if not valid and call.method in ("PATCH", "POST"):
        raise ApiError("INVALID_INPUT", f"The {header} header is not valid")


def _check_met(met: bool) -> None:
    if not met:
        raise ApiError("PRECONDITION_FAILED", "A precondition of the request headers is not met", status=412)
