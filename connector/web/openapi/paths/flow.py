"""The descriptions of the endpoints for Flow and Agentforce; no header parameters, which a flow cannot set."""

from __future__ import annotations

from connector.errors import ErrorCode
from connector.web.flow import flow_request_schemas, flow_response_schemas
from connector.web.openapi.parts.codes import BODY, KEY, TENANT
from connector.web.openapi.parts.operation import Answer, Body, Endpoint
from connector.web.openapi.parts.schemes import key

_GROUP = "Flow and Agentforce"
_REFUSES = KEY | BODY | TENANT | {ErrorCode.NOT_FOUND}
_ORG, _ORDER, _OTHER_ORDER, _REFERENCE = (
    "00Dxx0000001gEhEAI",
    "801xx0000000001AAA",
    "801xx0000000002AAA",
    "c2p_abcdefghijklmnopabcdefghij",
)

ENDPOINTS = (
    Endpoint(
        "post", "/flow/send", "sendPaymentLink", "Send a payment link for an order", _GROUP,
        description="Sends the customer of a Salesforce order a message with a link to pay. Number, amount and currency are "
        "read from Salesforce. Outcomes: sent; unknown (it may have gone out: do not send again, look with getPaymentStatus); "
        "another_live (an earlier link is still open, reference names it); refused (sentence says why, repeating does not help); "
        "try_later (nothing went out, the same call may be repeated).",
        callers=(key("flow"),),
        body=Body((flow_request_schemas.FLOW_SEND,), examples={
            "flow": {"org_id": _ORG, "order_id": _ORDER, "channel": "sms", "idempotency_key": "order-00000102-try-1"},
        }),
        answers={200: Answer("What became of it.", flow_response_schemas.FLOW_SENT)},
        refuses=_REFUSES | {ErrorCode.IDEMPOTENCY_KEY_REUSED},
    ),
    Endpoint(
        "post", "/flow/send-many", "sendPaymentLinks", "Send payment links for up to 50 orders", _GROUP,
        description="Sends one payment link per item, one after the other, as sendPaymentLink does. results holds one result per "
        "item, in the order of the items; what is wrong in one item, its type included, is refused in its own result and fails "
        "no other. What is not reached within 15 s, or within the key's calls of this minute (each item is one), is try_later: "
        "repeat the same items with the same keys.",
        callers=(key("flow"),),
        body=Body((flow_request_schemas.FLOW_SEND_MANY,), examples={
            "flow": {"org_id": _ORG, "items": [
                {"order_id": _ORDER, "channel": "sms", "idempotency_key": "order-00000102-try-1"},
                {"order_id": _OTHER_ORDER, "idempotency_key": "order-00000103-try-1"},
            ]},
        }),
        answers={200: Answer("What became of each.", flow_response_schemas.FLOW_RESULTS)},
        refuses=KEY | BODY,
    ),
    Endpoint(
        "post", "/flow/status", "getPaymentStatus", "Tell how a payment stands", _GROUP,
        description="Looks at one payment request by its reference, or at the latest of an order: send one of the two. The "
        "outcome is its status, or not_requested where the order has none. sentence can be said to a person as it is.",
        callers=(key("flow"),),
        body=Body((flow_request_schemas.FLOW_STATUS,), examples={"flow": {"org_id": _ORG, "order_id": _ORDER}}),
        answers={200: Answer("How it stands.", flow_response_schemas.FLOW_STATUS)},
        refuses=_REFUSES,
    ),
    Endpoint(
        "post", "/flow/cancel", "cancelPaymentLink", "Cancel a payment link", _GROUP,
        description="Closes a link that was not opened yet and tells the customer. The outcome is always what is true: "
        "cancelled, or why it could not be (already_clicked, paid, expired and others), refused or try_later.",
        callers=(key("flow"),),
        body=Body((flow_request_schemas.FLOW_CANCEL,), examples={"flow": {"org_id": _ORG, "reference": _REFERENCE}}),
        answers={200: Answer("What became of it.", flow_response_schemas.FLOW_CANCELLED)},
        refuses=_REFUSES | {ErrorCode.IDEMPOTENCY_KEY_REUSED},
    ),
)  # fmt: skip
