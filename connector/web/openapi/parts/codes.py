"""Every error code of the API: its status, its meaning, and an example message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.errors import ErrorCode


@dataclass(frozen=True)
class Code:
    """The documentation of one error code. ``example``: a message as a person may read it."""

    status: int
    description: str
    example: str
    retryable: bool = False


CODES: Mapping[ErrorCode, Code] = {
    ErrorCode.UNAUTHENTICATED: Code(
        401, "No credential, an unknown one, or one that is over: alike on purpose.", "Reload this browser tab to continue."
    ),
    ErrorCode.LAUNCH_EXPIRED: Code(
        401, "The launch token is over. Renew it within 60 s, else launch again.", "Reload this browser tab to continue."
    ),
    ErrorCode.UNTRUSTED: Code(
        401, "The notification's proof does not hold. Why stands in our log only.", "This message could not be verified."
    ),
    ErrorCode.FORBIDDEN: Code(
        403, "The caller is known and may not do this: an API key without the scope.", "This API key has no scope for this."
    ),
    ErrorCode.WRONG_ORG: Code(
        403,
        "The call names another Salesforce org than the key's, or none. A refreshed sandbox that kept production keys?",
        "This key belongs to another Salesforce org. Nothing was done.",
    ),
    ErrorCode.NO_RIGHT: Code(
        403, "The user lacks the custom permission for this.", "You may not send payment requests. Ask Naledi in IT."
    ),
    ErrorCode.NOT_YOURS: Code(
        403, "It is a colleague's payment request, and this tenant lets everybody close only their own.",
        "Only Thandi may cancel this link.",
    ),
    ErrorCode.NOT_FOUND: Code(
        404, "Nothing of yours is here; absent and not yours are alike on purpose.", "There is nothing here for you."
    ),
    ErrorCode.ANOTHER_LIVE: Code(
        409, "Another payment link of this order is live; `reference` names it.", "Another payment link of this order is live."
    ),
    ErrorCode.ORDER_CHANGED: Code(
        409, "The order's total is not `expected_total` any more.", "The order's total has changed. Look at it and send again."
    ),
    ErrorCode.REQUEST_TIMEOUT: Code(
        408, "Headers or body took longer than 10 s to come. Nothing was done.", "This took too long to come. Send it again.",
        retryable=True,
    ),
    ErrorCode.TOO_LARGE: Code(413, "The body is too large.", "This is too large."),
    ErrorCode.ENCODING_REFUSED: Code(
        415, "The body is compressed, or chunked twice: nothing was stored. Repeat it as it is.",
        "Send the body as it is: no compression, chunked once at most.",
    ),
    ErrorCode.INVALID: Code(
        422, "A field is wrong; `fields` says which and how to fix it.", "channel: Use sms or whatsapp."
    ),
    ErrorCode.INVALID_JSON: Code(422, "The body is not one JSON object.", "body: Send one JSON object."),
    ErrorCode.CARD_NUMBER_REFUSED: Code(
        422, "A field holds what looks like a card number. It was neither kept nor logged.",
        "body: This looks like a card number. Never send card numbers here.",
    ),
    ErrorCode.NO_ACCESS: Code(
        422, "The agent can no longer see the order in Salesforce.", "You cannot see this order's payments. Ask Naledi in IT."
    ),
    ErrorCode.ORDER_NOT_PAYABLE: Code(
        422, "The order must be fixed in Salesforce first, or nothing is due.", "This order is paid in full. Nothing to send."
    ),
    ErrorCode.IDEMPOTENCY_KEY_REUSED: Code(
        422, "The idempotency key was used with another body.",
        "This idempotency key was used for another request. Use a new key for a new request.",
    ),
    ErrorCode.PHONE_AMBIGUOUS: Code(
        422, "The number can be one of two countries; `fields` names both with their plus. Send the one that is meant.",
        "This number can be read in two ways: +27687246447 (South Africa) or +687246447 (New Caledonia). Send the right one with "
        "+ and the country code.",
    ),
    ErrorCode.CHANNEL_REFUSED: Code(
        422, "The customer does not want messages on this channel.", "The customer does not want WhatsApp messages."
    ),
    ErrorCode.CONSENT_NEEDED: Code(
        422, "The customer must be asked on the call first; then send `customer_agreed`.", "Ask the customer first."
    ),
    ErrorCode.CORE_REFUSED: Code(
        422, "The payment core said a final no. Nothing went out.", "The payment core refused this request."
    ),
    ErrorCode.LIMIT_REACHED: Code(
        429, "More than the tenant allows in this time; `Retry-After` says when there is room again.",
        "This API key calls too often. Try again in 12 s.", retryable=True,
    ),
    ErrorCode.INTERNAL: Code(
        500, "A fault of ours.", "Something went wrong on our side. Nothing was lost; try again."
    ),
    ErrorCode.CORE_UNAVAILABLE: Code(
        503, "The payment core could not be reached. Nothing went out; the idempotency key stays free.",
        "Payments cannot be sent now. Nothing went out.", retryable=True,
    ),
    ErrorCode.SALESFORCE_UNAVAILABLE: Code(
        503, "Salesforce did not answer, or its allowance is used up.", "Salesforce did not answer.", retryable=True
    ),
    ErrorCode.SALESFORCE_REFUSED: Code(
        503, "Salesforce said a final no: the connector's own set-up there needs an admin.", "Salesforce refused this."
    ),
    ErrorCode.TENANT_DISABLED: Code(
        503, "The tenant is switched off, or its set-up stands in the way; an admin can fix it.",
        "Sending is switched off for this Salesforce org.",
    ),
    ErrorCode.TRY_LATER: Code(
        503, "We cannot take this now, or our database is away; repeating it is safe.",
        "This cannot be taken now. Send it again.", retryable=True,
    ),
}  # fmt: skip
# Codes that no documented operation can answer, with the reason.
ELSEWHERE: Mapping[ErrorCode, str] = {
    ErrorCode.METHOD_NOT_ALLOWED: "405, with `Allow`: only a method that a path does not have",
    ErrorCode.MISCONFIGURED: "found at start-up, before there is a door",
}

TOKEN = frozenset({ErrorCode.UNAUTHENTICATED, ErrorCode.LAUNCH_EXPIRED})
KEY = frozenset({ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, ErrorCode.WRONG_ORG, ErrorCode.LIMIT_REACHED})
BODY = frozenset(
    {
        ErrorCode.INVALID,
        ErrorCode.INVALID_JSON,
        ErrorCode.CARD_NUMBER_REFUSED,
        ErrorCode.TOO_LARGE,
        ErrorCode.REQUEST_TIMEOUT,
    }
)
TENANT = frozenset({ErrorCode.TENANT_DISABLED})
SALESFORCE = frozenset({ErrorCode.SALESFORCE_UNAVAILABLE, ErrorCode.SALESFORCE_REFUSED})


def by_status(codes: Iterable[ErrorCode]) -> dict[int, list[ErrorCode]]:
    """Return the codes grouped by status, both in sorted order."""
    grouped: dict[int, list[ErrorCode]] = {}
    for code in sorted(codes, key=lambda one: (CODES[one].status, one.value)):
        grouped.setdefault(CODES[code].status, []).append(code)
    return grouped
