"""Map Salesforce's refusals of an agent's own session to the sentence that the agent reads."""

from __future__ import annotations

from connector.errors import OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, TenantProblem

# Salesforce answers as if objects and fields did not exist that this user may not see.
# https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
_BY_CODE = {
    "INVALID_FIELD": "fields_hidden",
    "INVALID_TYPE": "fields_hidden",
    "API_DISABLED_FOR_ORG": "api_off",
    "API_CURRENTLY_DISABLED": "api_off",
}


def explain_agent_refusal(error: SalesforceRefused | SalesforceUnavailable | TenantProblem) -> str:
    """Return the id of the sentence for a refusal."""
    match error:
        case OrgSessionExpired():
            # The session arrived with this very launch, so it has not expired: Salesforce answers the same 401 where its
            # IP restrictions exclude our address.
            return "agent_not_accepted"
        case SalesforceRefused():
            return _BY_CODE.get(error.reason or "", "salesforce_refused")
        case SalesforceUnavailable():
            return error.sentence or "salesforce_down"
        case _:
            return error.sentence or "setup_wrong"
