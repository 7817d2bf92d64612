"""The descriptions of the endpoints that the payment core posts to; field names are the core's own."""

from __future__ import annotations

from connector.errors import ErrorCode
from connector.web.openapi.parts.operation import JSON, Answer, Caller, Endpoint, Parameter, RawBody

_EXAMPLE = {
    "orderNumber": "00000102",
    "paymentLinkRef": "5b0e0c5e-0000-4000-8000-000000000001",
    "paymentStatus": "PAYMENT_RECEIVED",
    "paymentStatusId": 3,
    "paymentGatewayResponseTimestamp": "2026-11-21T10:44:11.512+0000",
    "totalAmount": 115.00,
    "currency": "ZAR",
    "additionalData": {"reference": "c2p_abcdefghijklmnopabcdefghij"},
    "environment": "SANDBOX",
}

ENDPOINTS = (
    Endpoint(
        "post", "/callbacks/{callback_key}/{kind}", "receiveNotification", "Take the payment core's news", "Callbacks",
        description="200 says that it is stored, for good; a duplicate is 200 too. What it means is found out afterwards. "
        "Anything else should be repeated. An unknown key and a wrong proof are one answer; only another `kind` is not found.",
        callers=(Caller(("callbackProof",)), Caller(("webhookId", "webhookTimestamp", "webhookSignature"))),
        parameters=(
            Parameter("callback_key", "path", "Finds the tenant and grants nothing.",
                      {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}, required=True),
            Parameter("kind", "path", "Which of the core's three addresses; both shapes are taken at each.",
                      {"type": "string", "enum": ["transaction-status", "payment-status", "settings"]}, required=True,
                      example="payment-status"),
        ),
        body=RawBody(JSON, {"description": "The core's notification, at most 64 KiB, stored as it came."}, {"paid": _EXAMPLE}),
        answers={200: Answer("Stored.")},
        refuses=frozenset({
            ErrorCode.UNTRUSTED, ErrorCode.NOT_FOUND, ErrorCode.TOO_LARGE, ErrorCode.REQUEST_TIMEOUT,
            ErrorCode.ENCODING_REFUSED, ErrorCode.TRY_LATER, ErrorCode.TENANT_DISABLED, ErrorCode.LIMIT_REACHED,
        }),
    ),
)  # fmt: skip
