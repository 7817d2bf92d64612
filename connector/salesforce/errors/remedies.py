"""The remedy for each of Salesforce's error codes, and where in Setup an admin finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_SET = "Setup → Permission Sets → Chat 2 Pay Integration"
_RULES = "Setup → Object Manager → the object → Validation Rules"


@dataclass(frozen=True)
class RefusalMeaning:
    """Why Salesforce refuses a record, as the end of a sentence, and what to do about it."""

    problem: str
    remedy: str


_ACCESS = RefusalMeaning(
    "the integration user may not edit it",
    f"{_SET} → Object Settings: Edit on the object; if the order is activated: System Permissions → Edit Activated Orders.",
)
_FIELD = RefusalMeaning(
    "the integration user may not edit a field that is written, or does not see it",
    f"{_SET} → Object Settings → the object: Read and Edit on the field. If it is missing, deploy the Salesforce project.",
)
_GONE = RefusalMeaning(
    "it, or a record that it belongs to, was deleted or is hidden from the integration user",
    f"Look in the org's recycle bin; {_SET} → Object Settings: View All on the object.",
)
_AUTOMATION = RefusalMeaning(
    "a trigger or flow of the org fails at it",
    "Setup → Debug Logs, for the integration user, and Setup → Paused and Failed Flow Interviews name the trigger or flow; "
    "it must let the connector's fields pass.",
)
_NO_API = RefusalMeaning(
    "the org or the integration user may not use the API",
    f"{_SET} → System Permissions: tick “API Enabled”; the org's edition must have the API.",
)
REMEDIES: Mapping[str, RefusalMeaning] = {
    "API_CURRENTLY_DISABLED": _NO_API,
    "API_DISABLED_FOR_ORG": _NO_API,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _AUTOMATION,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _AUTOMATION,
    "DUPLICATES_DETECTED": RefusalMeaning(
        "a duplicate rule of the org stops it", "Setup → Duplicate Rules: leave out the integration user."
    ),
    "DUPLICATE_VALUE": RefusalMeaning(
        "another record has a value that must be unique",
        "Look at the unique fields of the object; ours is the reference.",
    ),
    "ENTITY_IS_DELETED": _GONE,
    "ENTITY_IS_LOCKED": RefusalMeaning(
        "an approval process holds it", "Setup → Approval Processes: let the integration user edit locked records."
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": RefusalMeaning(
        "a validation rule or trigger of the org stops it", f"{_RULES}: leave out the integration user."
    ),
    "FIELD_FILTER_VALIDATION_EXCEPTION": RefusalMeaning(
        "a lookup filter of the org stops it",
        "Setup → Object Manager → the object → the lookup field: make its filter optional.",
    ),
    "FIELD_INTEGRITY_EXCEPTION": RefusalMeaning(
        "Salesforce refuses a change of this record as it is now",
        f"If the order is activated: {_SET} → System Permissions → Edit Activated Orders.",
    ),
    "INSUFFICIENT_ACCESS": _ACCESS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": RefusalMeaning(
        "the integration user may not edit what it belongs to",
        f"{_SET} → Object Settings → Accounts: Read; and sharing rules for the account.",
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": _ACCESS,
    "INVALID_CROSS_REFERENCE_KEY": _GONE,
    "INVALID_FIELD": _FIELD,
    "INVALID_FIELD_FOR_INSERT_UPDATE": _FIELD,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": RefusalMeaning(
        "a restricted picklist does not have a value that is written",
        "Deploy the Salesforce project, or add the value to the picklist; `chat2pay tenant map --check` names it.",
    ),
    "JSON_PARSER_ERROR": RefusalMeaning(
        "a value does not fit the type of the field that it is mapped to",
        "`chat2pay tenant map --check` names the field.",
    ),
    "LOGIN_REFUSED": RefusalMeaning("Salesforce refuses the login", "See the finding about the login."),
    "NOT_FOUND": _GONE,
    "NO_ORIGINAL_ORDER": RefusalMeaning(
        "the summary's original order is not known, and only that takes payment fields in this org",
        "Let the integration user edit our fields on the order summary, or read its original order.",
    ),
    "ORDER_NOT_IN_ORG": RefusalMeaning(
        "Salesforce no longer shows us the order",
        "`chat2pay reconcile` says whether it was deleted: take it out of Salesforce's recycle bin, or let the integration user "
        "view it.",
    ),
    "ORDER_TOTAL_UNREADABLE": RefusalMeaning(
        "the order shows no total or no currency that can be read, so nobody knows whether it is paid",
        "Fill in the order's total and currency; `chat2pay tenant map` shows from which fields they are read.",
    ),
    "REQUIRED_FIELD_MISSING": RefusalMeaning(
        "a field that the org requires is empty",
        "Give the field a default value, or require it on page layouts only.",
    ),
    "STORAGE_LIMIT_EXCEEDED": RefusalMeaning(
        "the org's data storage is full", "Setup → Storage Usage: make room, or buy some."
    ),
    "STRING_TOO_LONG": RefusalMeaning(
        "a text is longer than its field", "`chat2pay tenant map --check` names the field."
    ),
    "TXN_SECURITY_METERING_ERROR": RefusalMeaning(
        "the org's transaction security policies take too long",
        "Setup → Transaction Security Policies: exempt the integration user.",
    ),
    "UNABLE_TO_LOCK_ROW": RefusalMeaning(
        "somebody else is writing it, or a record above it, whenever it is tried",
        "Setup → Apex Jobs shows long-running jobs on orders and accounts; many orders of one account lock each other.",
    ),
    "UNSUPPORTED_API_VERSION": RefusalMeaning(
        "this version of Salesforce's API is retired there", "Install a newer version of the connector."
    ),
}
_UNKNOWN = RefusalMeaning(
    "of a reason that only the code and its sentence tell", "Setup → Debug Logs, for the integration user, says more."
)


def remedy_of(code: str | None) -> RefusalMeaning:
    """Return the remedy for a code; an unlisted code has a general one."""
    # Of this family one code is listed for all.
    known = "TXN_SECURITY_METERING_ERROR" if code and code.startswith("TXN_SECURITY") else code
    return REMEDIES.get(known or "", _UNKNOWN)
