"""The security schemes of the OpenAPI documents."""

from __future__ import annotations

from typing import Any

from connector.web.openapi.parts.operation import Caller

SCHEMES: dict[str, dict[str, Any]] = {
    "launchToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token of an open page: one user, one order, 15 minutes. It opens no other order. Apex, whose "
        "`Authorization` holds its key of the scope `apex`, sends it as `X-Chat2Pay-Launch` beside the key.",
    },
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "c2p_api_…",
        "description": "A key of the tenant, made by `chat2pay rotate-key api`, with scopes: `apex` opens launches, `flow` sends "
        "and cancels, `read` lists and looks, `capture` takes money that is held, `supervise` releases orders.",
    },
    "callbackProof": {
        "type": "http",
        "scheme": "basic",
        "description": "What the payment core was given with the callback address. Two are valid during a rotation.",
    },
    "webhookId": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-id",
        "description": "Standard Webhooks: the message's id. Goes together with the other two.",
    },
    "webhookTimestamp": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-timestamp",
        "description": "Standard Webhooks: seconds since 1970, at most 300 s away from our clock.",
    },
    "webhookSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body; several by spaces.",
    },
    "metricsToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "`CHAT2PAY_METRICS_TOKEN`; a scrape from the same machine needs none.",
    },
}
PAGE = Caller(("launchToken",))
NOBODY = Caller(())


def key(scope: str) -> Caller:
    """Return the caller that uses an API key with this scope."""
    return Caller(("apiKey",), (scope,))
