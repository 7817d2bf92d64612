"""What a whole call's failure means; Salesforce's own text goes no further.

https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
The codes decide before the status: a 400 may be a lock, and a 403 a second's crowd.
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
from connector.salesforce.errors.codes import RecordOutcome, listed, read_all

# What a query says of an id in its filter that has the form of one and is none ("invalid ID field").
# https://github.com/restforce/restforce/issues/557
REFUSED_IDS = frozenset({"INVALID_QUERY_FILTER_OPERATOR", "MALFORMED_ID"})
_SESSION_OVER = "INVALID_SESSION_ID"
# 4xx that say "not now": a time-out, a conflict, a precondition, a lock, too early, too many.
_NOT_NOW = frozenset({408, 409, 412, 423, 425, 429})


def call_error(fault: Exception, operation: str) -> UpstreamError:
    """Translate what simple-salesforce or the session raised for a whole call."""
    from simple_salesforce.exceptions import SalesforceError  # late, as in client.py

    if not isinstance(fault, SalesforceError):
        return SalesforceUnavailable("Salesforce did not answer.", operation=operation)
    status = int(fault.status)
    outcome, code = read_all(listed(fault.content))
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
