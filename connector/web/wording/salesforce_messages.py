"""Map Salesforce's error codes to the reasons that agents read; the codes themselves are for administrators."""

from __future__ import annotations

# The catalogue has a ``reason_…`` for each of these; a code that is in none of them is ``other``.
# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
_CODES = {
    "rule": ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_FILTER_VALIDATION_EXCEPTION", "DUPLICATES_DETECTED"),
    "locked": ("ENTITY_IS_LOCKED", "UNABLE_TO_LOCK_ROW", "RECORD_IN_USE_BY_WORKFLOW"),
    "rights": (
        "FIELD_NOT_UPDATABLE",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_TYPE",
        "ORDER_MANAGEMENT_ACTION_NOT_ALLOWED",
    ),
    "value": (
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_STATUS",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
    ),
    "gone": ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND", "NO_ORIGINAL_ORDER"),
    "automation": (
        "APEX_ERROR",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "FLOW_EXCEPTION",
    ),
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes}
REASONS = (*_CODES, "other")


def reason_of(code: str | None) -> str:
    """Return the reason for a Salesforce error code."""
    return _REASONS.get(code or "", "other")
