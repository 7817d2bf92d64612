"""The descriptions of the endpoints of orders and payment requests."""

from __future__ import annotations

from typing import Any

from connector.domain.payments.payment import Channel
from connector.domain.payments.status import Status
from connector.errors import ErrorCode
from connector.web.openapi.parts.codes import BODY, KEY, SALESFORCE, TENANT, TOKEN
from connector.web.openapi.parts.operation import Answer, Body, Endpoint, Parameter
from connector.web.openapi.parts.schemes import PAGE, key
from connector.web.requests import message_previews, notes, order_phones
from connector.web.schemas import body_fields, outcome_schemas, request_schemas, response_schemas
from connector.web.schemas.body_fields import RECORD_ID


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


_ORDERS, _REQUESTS = "Orders", "Payment requests"
_ORDER_ID = Parameter(
    "order_id", "path", "The order's Salesforce id, 15 or 18 characters; another order than the token's is not found.",
    _text(RECORD_ID), required=True, example="801xx0000000001AAA",
)  # fmt: skip
REFERENCE = Parameter(
    "reference",
    "path",
    "Our id of the payment request.",
    _text(body_fields.REFERENCE),
    required=True,
    example="c2p_abcdefghijklmnopabcdefghij",
)
_HIDDEN = Parameter(
    "X-Chat2Pay-Hidden",
    "header",
    "Any value: nobody sees the page now, so Salesforce is not asked whether the order changed.",
)
IF_NONE_MATCH = Parameter("If-None-Match", "header", "The `ETag` of the answer before: 304 if nothing has changed.")
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key", "header",
    "Chosen by the caller, also as `idempotency_key` in the body. Same key and body: the first answer, or the present state; "
    "same key and another body: 422 `idempotency_key_reused`. A 503 keeps the key: repeating it tries again.",
    schema={"type": "string", "pattern": r"^[A-Za-z0-9._:-]{8,128}$"}, example="order-00000102-try-1",
)  # fmt: skip
NOT_MODIFIED = Answer("Nothing has changed since `If-None-Match`.", headers=("ETag",))
_SEND_REFUSES = (
    TOKEN | KEY | BODY | SALESFORCE | TENANT
    | {
        ErrorCode.NO_RIGHT, ErrorCode.NO_ACCESS, ErrorCode.NOT_FOUND, ErrorCode.ANOTHER_LIVE, ErrorCode.ORDER_CHANGED,
        ErrorCode.ORDER_NOT_PAYABLE, ErrorCode.IDEMPOTENCY_KEY_REUSED, ErrorCode.CHANNEL_REFUSED, ErrorCode.CONSENT_NEEDED,
        ErrorCode.PHONE_AMBIGUOUS,
        ErrorCode.CORE_REFUSED, ErrorCode.CORE_UNAVAILABLE, ErrorCode.TRY_LATER,
    }
)  # fmt: skip
_CHANGE_REFUSES = TOKEN | KEY | BODY | SALESFORCE | TENANT
_CHANGE_REFUSES |= {ErrorCode.NO_RIGHT, ErrorCode.NOT_YOURS, ErrorCode.NOT_FOUND}
_PAGE_SEND = {"channel": Channel.SMS.value, "phone": "+27 83 123 4567", "expected_total": "115.00"}
_KEY_SEND = {
    "channel": Channel.WHATSAPP.value,
    "order_id": "801xx0000000001AAA",
    "idempotency_key": "order-00000102-try-1",
}

ENDPOINTS = (
    Endpoint(
        "get", "/api/orders/{order_id}", "getOrder", "What the agent's page shows and polls", _ORDERS,
        description="The order's amounts, phone, channels and all its payment requests. Times are absolute, so that an unchanged "
        "order is 304 however long ago it was read.",
        callers=(PAGE,), parameters=(_ORDER_ID, IF_NONE_MATCH, _HIDDEN),
        answers={200: Answer("The order as it stands.", response_schemas.ORDER, headers=("ETag",)), 304: NOT_MODIFIED},
        refuses=TOKEN | TENANT | {ErrorCode.NOT_FOUND, ErrorCode.NO_ACCESS, ErrorCode.SALESFORCE_REFUSED},
    ),
    Endpoint(
        "post", "/api/phone-readings", "readPhone", "Read a number as the order's country writes it", _ORDERS,
        description="For an open page, while an agent types. `ambiguous`: ask which of `readings` is meant; `unconfirmed`: "
        "no network is known to use it, a send takes it with its plus and `phone_confirmed`. Nothing of it is kept.",
        callers=(PAGE,), body=Body((request_schemas.PHONE_READING,), examples={"typed": {"phone": "083 123 4567"}}),
        answers={200: Answer("What it is read as.", response_schemas.PHONE_READ)},
        refuses=TOKEN | BODY | TENANT | {ErrorCode.LIMIT_REACHED},
    ),
    Endpoint(
        "post", "/api/message-previews", "previewMessage", "Show a message before it is sent", _ORDERS,
        description="For an open page: what the customer of its order would read, in the customer's language. Only a payment "
        "core of one's own shows its texts; else the outcome is `not_offered`. Nothing of it is kept.",
        callers=(PAGE,),
        body=Body((message_previews.MESSAGE_PREVIEW,), examples={"bySms": {"channel": "sms", "amount": "115.00"}}),
        answers={200: Answer("The message, or why there is none.", message_previews.PREVIEWED)},
        refuses=TOKEN | BODY | TENANT | {ErrorCode.LIMIT_REACHED, ErrorCode.NOT_FOUND},
    ),
    Endpoint(
        "post", "/api/order-notes", "writeOrderNote", "Leave a note for the next colleague", _ORDERS,
        description="For an open page: one note on its order, at most 140 characters, no card numbers. Where somebody has "
        "changed it since `version`, nothing is written and their note is answered.",
        callers=(PAGE,),
        body=Body((notes.NOTE,), examples={"first": {"text": "Calls again at three, ask for Sipho.", "version": 0}}),
        answers={200: Answer("What became of it.", notes.NOTE_WRITTEN)},
        refuses=TOKEN | BODY | TENANT,
    ),
    Endpoint(
        "post", "/api/order-phone", "saveOrderPhone", "Save the last used number in Salesforce", _ORDERS,
        description="For an open page with the agent's own Salesforce session: writes the order's `last_number` into the record "
        "that its number comes from, where that agent may change it. The caller names its ending only; repeating is harmless.",
        callers=(PAGE,),
        body=Body((order_phones.ORDER_PHONE,), examples={"shown": {"phone_ending": "4567"}}),
        answers={200: Answer("What became of it.", order_phones.ORDER_PHONE_SAVED)},
        refuses=TOKEN | BODY | TENANT | {ErrorCode.NO_RIGHT, ErrorCode.NO_ACCESS},
    ),
    Endpoint(
        "post", "/api/payment-requests", "sendPaymentRequest", "Send a payment link", _REQUESTS,
        description="The order is read again from Salesforce: amounts, currency and consent come from there. An API key (scope "
        "`flow`) names the order; its number comes from Salesforce too, unless the tenant allows another.",
        callers=(PAGE, key("flow")), parameters=(IDEMPOTENCY_KEY,),
        body=Body((request_schemas.SEND, request_schemas.KEY_SEND), examples={"page": _PAGE_SEND, "apiKey": _KEY_SEND}),
        answers={
            201: Answer("Sent.", response_schemas.REQUEST),
            202: Answer("It may have gone out, and that is being found out. Never send again; look.", response_schemas.REQUEST),
        },
        refuses=_SEND_REFUSES,
    ),
    Endpoint(
        "get", "/api/payment-requests", "listPaymentRequests", "List the tenant's payment requests, newest first", _REQUESTS,
        callers=(key("read"),),
        parameters=(
            Parameter("order_id", "query", "Of one order only.", _text(RECORD_ID), example="801xx0000000001AAA"),
            Parameter("agent", "query", "Requested by this user, or by this API key (`key_…`).",
                      _text(rf"^key_\w{{1,14}}$|{RECORD_ID}")),
            Parameter("status", "query", "In this status only.", {"type": "string", "enum": [one.value for one in Status]}),
            Parameter("since", "query", "Made at this time or later.", {"type": "string", "format": "date-time"}),
            Parameter("cursor", "query", "The `next_cursor` of the page before; opaque.", _text(r"^[A-Za-z0-9_-]{1,200}={0,2}$")),
            Parameter("limit", "query", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        ),
        answers={200: Answer("A page of the list.", response_schemas.REQUEST_LIST)},
        refuses=KEY | TENANT | {ErrorCode.INVALID},
    ),
    Endpoint(
        "get", "/api/payment-requests/{reference}", "getPaymentRequest", "Look at one payment request", _REQUESTS,
        callers=(PAGE, key("read")), parameters=(REFERENCE, IF_NONE_MATCH),
        answers={200: Answer("The payment request.", response_schemas.REQUEST, headers=("ETag",)), 304: NOT_MODIFIED},
        refuses=TOKEN | KEY | TENANT | {ErrorCode.NOT_FOUND},
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/cancel", "cancelPaymentRequest", "Cancel a payment link", _REQUESTS,
        description="Always 200 with what is true: a link that was opened, paid or is over cannot be cancelled, and "
        "`outcome` says so.",
        callers=(PAGE, key("flow")), parameters=(REFERENCE, IDEMPOTENCY_KEY),
        body=Body((request_schemas.NOTHING,), required=False),
        answers={200: Answer("What became of it.", outcome_schemas.CANCELLED)},
        refuses=_CHANGE_REFUSES | {ErrorCode.IDEMPOTENCY_KEY_REUSED},
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/refresh", "refreshPaymentRequest", "Ask the payment core now", _REQUESTS,
        description="Always 200: `core_unreachable` is an outcome, and what is shown is then as old as `proven_at`.",
        callers=(PAGE, key("read")), parameters=(REFERENCE,),
        body=Body((request_schemas.NOTHING,), required=False),
        answers={200: Answer("How fresh it is now.", outcome_schemas.REFRESHED)},
        refuses=TOKEN | KEY | BODY | TENANT | {ErrorCode.NOT_FOUND},
    ),
)  # fmt: skip
