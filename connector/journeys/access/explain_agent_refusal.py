"""Which sentence an agent reads when Salesforce refuses the agent's own session."""

from __future__ import annotations

from connector.errors import OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, TenantProblem

# What a query asks for and Salesforce does not show this user is, to them, not there.
# https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
_BY_CODE = {
    "INVALID_FIELD": "fields_hidden",
    "INVALID_TYPE": "fields_hidden",
    "API_DISABLED_FOR_ORG": "api_off",
    "API_CURRENTLY_DISABLED": "api_off",
}


def explain_agent_refusal(error: SalesforceRefused | SalesforceUnavailable | TenantProblem) -> str:
    """Return the id of the sentence.

    A session that came with the launch of this very moment is not over: the same 401 is how Salesforce says that its rules
    for addresses keep us out.
    """
    match error:
        case OrgSessionExpired():
            return "agent_not_accepted"
        case SalesforceRefused():
            return _BY_CODE.get(error.reason or "", "salesforce_refused")
        case SalesforceUnavailable():
            return error.sentence or "salesforce_down"
        case _:
            return error.sentence or "setup_wrong"
