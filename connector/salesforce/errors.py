"""Knows what Salesforce's refusals mean for a whole call and for one record; refuses to show Salesforce's own text.

Whole calls: https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
    401                          OrgSessionExpired      fetch a new token, try once more
    403 REQUEST_LIMIT_EXCEEDED   OrgLimitReached        pause the org
    400 403 404 410              SalesforceRefused      final; ``reason`` is the error code
    everything else              SalesforceUnavailable  repeat later (our writes are absolute values, so that is safe)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from connector.errors import OrgLimitReached, OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, UpstreamError

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_FINAL = frozenset({400, 403, 404, 410})
# What a query says of an id in its filter that has the form of one and is none ("invalid ID field").
# https://github.com/restforce/restforce/issues/557
REFUSED_IDS = frozenset({"INVALID_QUERY_FILTER_OPERATOR", "MALFORMED_ID"})


class RecordOutcome(StrEnum):
    """What became of one record of a batch."""

    WRITTEN = "written"
    NEWER = "newer"
    LOCKED = "locked"
    LIMIT = "limit"
    PASSING = "passing"
    SLOW = "slow"
    REFUSED = "refused"


# Per-record error codes. What is not listed is REFUSED: an unknown refusal is shown to a person, not repeated for ever.
RECORD_ERRORS: Mapping[str, RecordOutcome] = {
    "UNABLE_TO_LOCK_ROW": RecordOutcome.LOCKED,
    "REQUEST_LIMIT_EXCEEDED": RecordOutcome.LIMIT,
    "SERVER_UNAVAILABLE": RecordOutcome.PASSING,
    "UNKNOWN_EXCEPTION": RecordOutcome.PASSING,
    "INVALID_SESSION_ID": RecordOutcome.PASSING,
    "DUPLICATE_VALUE": RecordOutcome.PASSING,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": RecordOutcome.PASSING,
    "PROCESSING_HALTED": RecordOutcome.PASSING,
    "ENTITY_IS_LOCKED": RecordOutcome.SLOW,
}
FINISHED = frozenset({RecordOutcome.WRITTEN, RecordOutcome.NEWER})


def call_error(fault: Exception, operation: str) -> UpstreamError:
    """Translate what simple-salesforce or the session raised for a whole call."""
    from simple_salesforce.exceptions import SalesforceError  # late, as in client.py

    if not isinstance(fault, SalesforceError):
        return SalesforceUnavailable("Salesforce did not answer.", operation=operation)
    status, code = int(fault.status), error_code(fault.content)
    if status == 401:
        return OrgSessionExpired("Salesforce no longer accepts this session.", operation=operation, status=status)
    if code == "REQUEST_LIMIT_EXCEEDED":
        sentence = "This org's Salesforce API allowance is used up for now."
        return OrgLimitReached(sentence, operation=operation, status=status, reason=code)
    if status in _FINAL:
        return SalesforceRefused("Salesforce refused this.", operation=operation, status=status, reason=code)
    return SalesforceUnavailable("Salesforce cannot serve just now.", operation=operation, status=status, reason=code)


def record_outcome(errors: Any, *, version_rule_text: str) -> tuple[RecordOutcome, str | None]:
    """Return what a record's error list means, and the error code that says so."""
    code = error_code(errors, name="statusCode") or "UNKNOWN"
    if code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" and version_rule_text in _message(errors):
        return RecordOutcome.NEWER, code
    return RECORD_ERRORS.get(code, RecordOutcome.REFUSED), code


def error_code(content: Any, *, name: str = "errorCode") -> str | None:
    """Return the first error's code from a Salesforce error list, if it looks like one."""
    first = content[0] if isinstance(content, list) and content else content
    code = first.get(name) or first.get("errorCode") if isinstance(first, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _message(errors: Any) -> str:
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("message", "")) if isinstance(first, dict) else ""
