"""The descriptions of the endpoints that change a payment request's link or money."""

from __future__ import annotations

from marshmallow import Schema

from connector.errors import ErrorCode
from connector.web.openapi.parts.codes import BODY, KEY, SALESFORCE, TENANT, TOKEN
from connector.web.openapi.parts.operation import Answer, Body, Endpoint
from connector.web.openapi.parts.schemes import PAGE, key
from connector.web.openapi.paths.payments import IDEMPOTENCY_KEY, REFERENCE
from connector.web.requests import hand_overs, releases
from connector.web.schemas import outcome_schemas, request_schemas

_GROUP = "Payment requests"
_MOVE_REFUSES = (
    TOKEN | KEY | BODY | TENANT
    | {
        ErrorCode.NO_RIGHT, ErrorCode.NOT_FOUND, ErrorCode.IDEMPOTENCY_KEY_REUSED, ErrorCode.CORE_UNAVAILABLE,
        ErrorCode.SALESFORCE_UNAVAILABLE, ErrorCode.TRY_LATER,
    }
)  # fmt: skip
_REPLACE_REFUSES = (
    _MOVE_REFUSES | SALESFORCE
    | {
        ErrorCode.NOT_YOURS, ErrorCode.NO_ACCESS, ErrorCode.ANOTHER_LIVE, ErrorCode.ORDER_CHANGED,
        ErrorCode.ORDER_NOT_PAYABLE, ErrorCode.CHANNEL_REFUSED, ErrorCode.CONSENT_NEEDED, ErrorCode.CORE_REFUSED,
        ErrorCode.PHONE_AMBIGUOUS,
    }
)  # fmt: skip


def _answers(shape: Schema) -> dict[int, Answer]:
    return {
        200: Answer("What became of it.", shape),
        202: Answer(
            "An earlier call is not ended: its outcome is `unknown` and is being found out. Nothing was repeated.",
            shape,
        ),
    }


_HAND_OVER_REFUSES = TOKEN | BODY | TENANT | {ErrorCode.NOT_FOUND}


def _hand_over(path: str, name: str, summary: str, description: str, *more: ErrorCode) -> Endpoint:
    return Endpoint(
        "post", f"/api/payment-requests/{{reference}}/{path}", name, summary, _GROUP, description=description,
        callers=(PAGE,), parameters=(REFERENCE,), body=Body((request_schemas.NOTHING,), required=False),
        answers={200: Answer("What became of it.", hand_overs.HANDED_OVER)}, refuses=_HAND_OVER_REFUSES | set(more),
    )  # fmt: skip


_BY_RIGHT = (ErrorCode.NO_RIGHT, ErrorCode.NOT_YOURS, ErrorCode.FORBIDDEN, ErrorCode.SALESFORCE_UNAVAILABLE)
ENDPOINTS = (
    _hand_over(
        "show-receipt", "showReceipt", "Show the receipt that the customer has",
        "For an open page. Only a payment core of one's own names it; the outcome says where it cannot.",
    ),
    _hand_over(
        "send-receipt", "sendReceipt", "Send the receipt to the customer again",
        "For an open page, at most once a minute and five times for a payment. The history says by whom.", *_BY_RIGHT,
    ),
    _hand_over(
        "copy-link", "copyLink", "Get a live link, to be given to the customer by another channel",
        "For an open page, where the tenant's policy has `copy_links`. Nothing tells whether such a link arrives; the history "
        "says who took it. An order that is not payable gives none.", *_BY_RIGHT, ErrorCode.ORDER_NOT_PAYABLE,
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/replace", "replacePaymentRequest", "Send another link in place of one", _GROUP,
        description="The old link is cancelled; only when the payment core's own record shows that it is dead is a new one "
        "sent, whose "
        "`replaces` names it. What is left out of the body stays as it was. With an idempotency key it goes on where it stopped.",
        callers=(PAGE, key("flow")), parameters=(REFERENCE, IDEMPOTENCY_KEY),
        body=Body(
            (request_schemas.REPLACE, request_schemas.KEY_REPLACE),
            required=False,
            examples={"anotherChannel": {"channel": "whatsapp"}},
        ),
        answers=_answers(outcome_schemas.REPLACED), refuses=_REPLACE_REFUSES,
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/capture", "capturePayment", "Take held money", _GROUP,
        description="Always 200 with what is true. Where the payment core does not answer, the outcome is `unknown`, its "
        "record is asked and decides; nothing is repeated. A capture ends the hold: what was not taken is released. The order is "
        "read in Salesforce first: no more than is due now is taken (`amount_too_high`), and nothing for an order that is not "
        "payable (`not_payable`) or not shown there any more (`order_gone`); release the hold, or fix the order and call again. "
        "Where Salesforce does not answer, the call is refused and nothing is taken.",
        callers=(PAGE, key("capture")), parameters=(REFERENCE, IDEMPOTENCY_KEY),
        body=Body(
            (request_schemas.CAPTURE, request_schemas.KEY_CAPTURE), required=False, examples={"aPart": {"amount": "40.00"}}
        ),
        answers=_answers(outcome_schemas.CAPTURED), refuses=_MOVE_REFUSES | SALESFORCE | {ErrorCode.NO_ACCESS},
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/reverse", "reversePayment", "Give money back, or release it", _GROUP,
        description="Always 200 with what is true. Money that is settled can only be refunded at the gateway. Open to a "
        "tenant that is switched off too.",
        callers=(PAGE, key("capture")), parameters=(REFERENCE, IDEMPOTENCY_KEY),
        body=Body((request_schemas.REVERSE, request_schemas.KEY_REVERSE), required=False),
        answers=_answers(outcome_schemas.REVERSED), refuses=_MOVE_REFUSES,
    ),
    Endpoint(
        "post", "/api/payment-requests/{reference}/release", "releasePaymentRequest",
        "Let another link be sent although nobody knows what became of this one", _GROUP,
        description="For supervisors, where the payment core cannot say what became of a request. It is asked once more "
        "first: what it "
        "holds as live is not released but cancelled. The reason and the caller's name stay in the history, and those who watch "
        "the log and the metrics are alarmed. Money that is seen later counts all the same.",
        callers=(PAGE, key("supervise")), parameters=(REFERENCE,),
        body=Body(
            (releases.RELEASE, releases.KEY_RELEASE), required=True,
            examples={"coreGone": {"reason": "The payment core has been down since noon; the customer got no message."}},
        ),
        answers={200: Answer("What became of it.", releases.RELEASED)},
        refuses=TOKEN | KEY | BODY | {
            ErrorCode.NO_RIGHT, ErrorCode.NOT_FOUND, ErrorCode.SALESFORCE_UNAVAILABLE, ErrorCode.TRY_LATER,
        },
    ),
)  # fmt: skip
