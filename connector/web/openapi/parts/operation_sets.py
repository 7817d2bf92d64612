"""The endpoints for operators and developers: health, metrics and the OpenAPI documents."""

from __future__ import annotations

from marshmallow import fields, validate

from connector.errors import ErrorCode
from connector.web.openapi.parts.operation import JSON, Answer, Caller, Endpoint, Parameter
from connector.web.openapi.parts.schemes import NOBODY
from connector.web.schemas.shapes import Shape
from foundation.database.write_check import WriteAbility

_GROUP = "Operations"
_IF_NONE_MATCH = Parameter("If-None-Match", "header", "The `ETag` of the answer before.")
_DOCUMENT = ("ETag", "Cache-Control")


class LiveShape(Shape):
    """This process answers."""

    status = fields.String(required=True, validate=validate.Equal("ok"))
    recognition = fields.String()


class ReadyShape(Shape):
    """Whether this process can store what it is sent."""

    status = fields.String(required=True, validate=validate.OneOf(["ok", "unavailable"]))
    database = fields.String(required=True, validate=validate.OneOf([one.value for one in WriteAbility]))


_READY = ReadyShape()


def _document(path: str, name: str, summary: str) -> Endpoint:
    return Endpoint(
        "get", path, name, summary, _GROUP,
        callers=(NOBODY,), parameters=(_IF_NONE_MATCH,),
        answers={
            200: Answer("The document.", media=JSON, headers=_DOCUMENT),
            304: Answer("You have it.", headers=_DOCUMENT),
        },
    )  # fmt: skip


ENDPOINTS = (
    Endpoint(
        "get", "/health/live", "live", "This process answers", _GROUP,
        callers=(NOBODY,),
        parameters=(
            Parameter("nonce", "query", "32 hex digits, to be recognised by `chat2pay doctor`.", example="0" * 32),
        ),
        answers={200: Answer("It does.", LiveShape())},
    ),
    Endpoint(
        "get", "/health/ready", "ready", "This process can store what it is sent", _GROUP,
        callers=(NOBODY,),
        answers={
            200: Answer("It can.", _READY),
            503: Answer("It cannot: the database is not reached, or takes no writes.", _READY),
        },
    ),
    Endpoint(
        "get", "/metrics", "metrics", "Counts and levels for Prometheus", _GROUP,
        callers=(NOBODY, Caller(("metricsToken",))),
        answers={200: Answer("The text format of Prometheus.", media="text/plain")},
        refuses=frozenset({ErrorCode.UNAUTHENTICATED}),
    ),
    _document("/openapi.json", "openapi", "This document"),
    _document("/openapi-salesforce.json", "openapiSalesforce", "The slim document for Salesforce External Services"),
)  # fmt: skip
