"""Translate the failure of a whole call; Salesforce's own text is never shown.

https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
The codes decide before the status: a 400 may be a lock, and a 403 too many calls in one second.
    401, INVALID_SESSION_ID      OrgSessionExpired      fetch a new token, try once more
    REQUEST_LIMIT_EXCEEDED       OrgLimitReached        the day's calls are used up: pause the org
                                 OrgBusy                too many at once: there is room in seconds
    a code that passes           SalesforceUnavailable  repeat later (our writes are absolute values, so that is safe)
    any other code, 4xx          SalesforceRefused      ``reason`` is the code
    everything else              SalesforceUnavailable
"""

from __future__ import annotations

from connector.errors import (
    OrgBusy,
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    SalesforceUnavailable,
    UpstreamError,
)
from connector.salesforce.errors.codes import RecordOutcome, classify_errors, error_list

# The codes of a query whose filter holds an id of the right form that is none ("invalid ID field").
# https://github.com/restforce/restforce/issues/557
REFUSED_IDS = frozenset({"INVALID_QUERY_FILTER_OPERATOR", "MALFORMED_ID"})
_SESSION_OVER = "INVALID_SESSION_ID"
# 4xx that say "not now": a time-out, a conflict, a precondition, a lock, too early, too many.
_NOT_NOW = frozenset({408, 409, 412, 423, 425, 429})


def no_answer_error(operation: str) -> UpstreamError:
    """Return the error of a call without an answer, or with one that cannot be read."""
    return SalesforceUnavailable("Salesforce did not answer.", operation=operation)


def answer_error(status: int, content: object, operation: str) -> UpstreamError:
    """Return the error for the answer to a failed call. ``content``: the body, parsed if it is JSON."""
    outcome, code = classify_errors(error_list(content))
    if status == 401 or code == _SESSION_OVER:
        return OrgSessionExpired("Salesforce no longer accepts this session.", operation=operation, status=status)
    match outcome:
        case RecordOutcome.LIMIT:
            sentence = "This org's Salesforce API allowance is used up for now."
            return OrgLimitReached(sentence, operation=operation, status=status, reason=code)
        case RecordOutcome.BUSY:
            sentence = "Salesforce has too many calls of this org at once."
            return OrgBusy(sentence, operation=operation, status=status, reason=code)
        case RecordOutcome.REFUSED | RecordOutcome.SLOW if 400 <= status < 500 and status not in _NOT_NOW:
            return SalesforceRefused("Salesforce refused this.", operation=operation, status=status, reason=code)
    return SalesforceUnavailable("Salesforce cannot serve just now.", operation=operation, status=status, reason=code)
