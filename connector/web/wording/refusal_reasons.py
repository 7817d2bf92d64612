"""Map Salesforce's error codes to the reasons that agents read; the codes themselves are for administrators."""

from __future__ import annotations

# The catalogue has a ``reason_…`` for each of these; a code that is in none of them is ``other``.
# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
_CODES = {
    "rule": (
        "DUPLICATES_DETECTED",
        "DUPLICATE_EXTERNAL_ID",
        "DUPLICATE_VALUE",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
    ),
    "locked": ("ENTITY_IS_LOCKED", "UNABLE_TO_LOCK_ROW", "RECORD_IN_USE_BY_WORKFLOW"),
    "rights": (
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "FIELD_NOT_UPDATABLE",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_TYPE",
        "INVALID_TYPE_FOR_OPERATION",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "ORDER_MANAGEMENT_ACTION_NOT_ALLOWED",
    ),
    "value": (
        "BAD_CUSTOM_ENTITY_PARENT_DOMAIN",
        "CIRCULAR_DEPENDENCY",
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        "INVALID_CURRENCY_ISO",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_STATUS",
        "JSON_PARSER_ERROR",
        "MISSING_ARGUMENT",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
    ),
    "gone": (
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_ID_FIELD",
        "MALFORMED_ID",
        "NOT_FOUND",
        "NO_ORIGINAL_ORDER",
        "ORDER_NOT_IN_ORG",
    ),
    "automation": (
        "APEX_ERROR",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "FLOW_EXCEPTION",
        "TXN_SECURITY_METERING_ERROR",
    ),
    "owner": ("INACTIVE_OWNER_OR_USER",),
    "total": ("ORDER_TOTAL_UNREADABLE",),
    "login": ("INVALID_SESSION_ID", "LOGIN_REFUSED"),
    "limit": ("CONCURRENT_REQUESTS_LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED", "TOO_MANY_APEX_REQUESTS"),
    "storage": ("STORAGE_LIMIT_EXCEEDED",),
    "version": ("UNSUPPORTED_API_VERSION",),
    "busy": (
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "BATCH_PROCESSING_HALTED",
        "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "ORG_IN_MAINTENANCE",
        "PROCESSING_HALTED",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
    ),
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes}
REASONS = (*_CODES, "other")


def reason_of(code: str | None) -> str:
    """Return the reason for a Salesforce error code."""
    return _REASONS.get(code or "", "other")
