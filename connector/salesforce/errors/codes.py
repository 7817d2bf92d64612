"""Salesforce's error codes by outcome: some end by themselves, others last until the org or the record is fixed.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
(ExceptionCode and StatusCode). A code in none of these tables is ``SLOW``: Salesforce adds codes, and an unknown one must
neither be retried every second nor wait for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
# A failed trigger or flow puts its cause inside its own message, often nested several times:
# "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: …: execution of AfterUpdate caused by: … first error: UNABLE_TO_LOCK_ROW, …"
# https://github.com/SFDO-Community/declarative-lookup-rollup-summaries/issues/847
_WORD = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# Messages of Apex and flows that mean a lock and lack its code.
_LOCK_WORDS = ("unable to obtain exclusive access", "record currently unavailable")


class RecordOutcome(StrEnum):
    """The outcome of one record of a batch."""

    WRITTEN = "written"
    NEWER = "newer"
    PASSING = "passing"
    LOCKED = "locked"
    BUSY = "busy"
    LIMIT = "limit"
    SLOW = "slow"
    REFUSED = "refused"


FINISHED = frozenset({RecordOutcome.WRITTEN, RecordOutcome.NEWER})
# Of several different errors the one that lasts longest decides.
_SEVERITY: tuple[RecordOutcome, ...] = (
    RecordOutcome.PASSING,
    RecordOutcome.LOCKED,
    RecordOutcome.BUSY,
    RecordOutcome.LIMIT,
    RecordOutcome.SLOW,
    RecordOutcome.REFUSED,
)

LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"
# The record, or a parent of it, is being written at this moment.
_LOCKED = ("UNABLE_TO_LOCK_ROW", "RECORD_IN_USE_BY_WORKFLOW")
# Too much at once: it passes within seconds.
_BUSY = ("CONCURRENT_REQUESTS_LIMIT_EXCEEDED", "TOO_MANY_APEX_REQUESTS")
# A momentary fault, or one that a retry with absolute values resolves (two inserts of one external id at once).
_PASSING = (
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "BATCH_PROCESSING_HALTED",
    "DUPLICATE_VALUE",
    "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
    "INVALID_SESSION_ID",
    "ORG_IN_MAINTENANCE",
    "PROCESSING_HALTED",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "SERVER_UNAVAILABLE",
    "UNKNOWN_EXCEPTION",
)
# Refused again until the org, its permissions or the record itself is changed.
_FINAL = (
    "BAD_CUSTOM_ENTITY_PARENT_DOMAIN",
    "CIRCULAR_DEPENDENCY",
    "DUPLICATES_DETECTED",
    "DUPLICATE_EXTERNAL_ID",
    "ENTITY_IS_DELETED",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "FIELD_FILTER_VALIDATION_EXCEPTION",
    "FIELD_INTEGRITY_EXCEPTION",
    "FIELD_NOT_UPDATABLE",
    "INACTIVE_OWNER_OR_USER",
    "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INVALID_CROSS_REFERENCE_KEY",
    "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
    "INVALID_CURRENCY_ISO",
    "INVALID_FIELD",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INVALID_ID_FIELD",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_STATUS",
    "INVALID_TYPE",
    "INVALID_TYPE_FOR_OPERATION",
    "INVALID_TYPE_ON_FIELD_IN_RECORD",
    "JSON_PARSER_ERROR",
    "MALFORMED_ID",
    "MISSING_ARGUMENT",
    "NOT_FOUND",
    "NUMBER_OUTSIDE_VALID_RANGE",
    "ORDER_MANAGEMENT_ACTION_NOT_ALLOWED",
    "REQUIRED_FIELD_MISSING",
    "STRING_TOO_LONG",
)
# Listed although every unlisted code is SLOW, too: an approval process locks the record until somebody decides.
_SLOW = ("ENTITY_IS_LOCKED",)

KNOWN: Mapping[str, RecordOutcome] = {
    **dict.fromkeys(_LOCKED, RecordOutcome.LOCKED),
    **dict.fromkeys(_BUSY, RecordOutcome.BUSY),
    **dict.fromkeys(_PASSING, RecordOutcome.PASSING),
    **dict.fromkeys(_FINAL, RecordOutcome.REFUSED),
    **dict.fromkeys(_SLOW, RecordOutcome.SLOW),
    LIMIT_CODE: RecordOutcome.LIMIT,
}


def classify_error(error: Any) -> tuple[RecordOutcome, str | None]:
    """Return the outcome of one error object, and its code (None where it holds none)."""
    # Nested messages are read from the outside in: the innermost known code is the cause, the outer ones its consequences.
    outer, message = _code_of(error), message_of(error)
    known = [word for word in (outer, *_WORD.findall(message)) if word in KNOWN]
    if any(words in message.lower() for words in _LOCK_WORDS):
        known.append(_LOCKED[0])
    if not known:
        return RecordOutcome.SLOW, outer
    code = str(known[-1])
    return (_limit_kind(message) if code == LIMIT_CODE else KNOWN[code]), code


def classify_errors(errors: Sequence[Any]) -> tuple[RecordOutcome, str | None]:
    """Return the outcome of several errors together and its code; ``SLOW`` where there is no code."""
    read = [classify_error(one) for one in errors]
    worst = max((outcome for outcome, _ in read), key=_SEVERITY.index, default=RecordOutcome.SLOW)
    return worst, next((code for outcome, code in read if outcome is worst), None)


def message_of(error: Any) -> str:
    """Return the message of one error object, for searching only: it may name people and must not be logged."""
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""


def error_list(content: Any) -> list[Any]:
    """Return the errors of an answer."""
    # Usually a list, sometimes a single object, and a page of HTML from a proxy in front of Salesforce.
    return content if isinstance(content, list) else [content] if isinstance(content, dict) else []


def _code_of(error: Any) -> str | None:
    """Return an error's code: ``statusCode`` for records, ``errorCode`` for calls."""
    if not isinstance(error, dict):
        return None
    code = error.get("statusCode") or error.get("errorCode")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None


def _limit_kind(message: str) -> RecordOutcome:
    """Distinguish the two limits that share one code: too many calls at once, and too many in 24 hours.

    Seen: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "ConcurrentPerOrgLongTxn Limit exceeded.",
    "TotalRequests Limit exceeded.". https://github.com/SalesforceLabs/OrgCheck/issues/432 and 181
    """
    return RecordOutcome.BUSY if "concurrent" in message.lower() else RecordOutcome.LIMIT
