"""The error codes of the API."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """One code per kind of error. Callers branch on codes, so a published one never changes."""

    INVALID = "invalid"
    INVALID_JSON = "invalid_json"
    CARD_NUMBER_REFUSED = "card_number_refused"
    TOO_LARGE = "too_large"
    REQUEST_TIMEOUT = "request_timeout"
    ENCODING_REFUSED = "encoding_refused"
    UNAUTHENTICATED = "unauthenticated"
    LAUNCH_EXPIRED = "launch_expired"
    FORBIDDEN = "forbidden"
    WRONG_ORG = "wrong_org"
    NO_ACCESS = "no_access"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    ANOTHER_LIVE = "another_live"
    ORDER_CHANGED = "order_changed"
    ORDER_NOT_PAYABLE = "order_not_payable"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    PHONE_AMBIGUOUS = "phone_ambiguous"
    CHANNEL_REFUSED = "channel_refused"
    CONSENT_NEEDED = "consent_needed"
    LIMIT_REACHED = "limit_reached"
    NO_RIGHT = "no_right"
    NOT_YOURS = "not_yours"
    CORE_REFUSED = "core_refused"
    CORE_UNAVAILABLE = "core_unavailable"
    SALESFORCE_UNAVAILABLE = "salesforce_unavailable"
    SALESFORCE_REFUSED = "salesforce_refused"
    TENANT_DISABLED = "tenant_disabled"
    UNTRUSTED = "untrusted"
    TRY_LATER = "try_later"
    MISCONFIGURED = "misconfigured"
    INTERNAL = "internal"
