"""Knows what Salesforce's login refusals mean for the admin, and where in Setup each is mended; refuses to repeat its text.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.tenant import Flow, SalesforceAccess

_APP = "Setup → External Client App Manager → the server app"


@dataclass(frozen=True)
class Meaning:
    """What a refusal means and how it is mended."""

    wrong: str
    mend: str


# (error, a piece of its description in small letters, meaning): the first that fits, an empty piece fits every description.
_MEANINGS: tuple[tuple[str, str, Meaning], ...] = (
    (
        "invalid_client_id",
        "",
        Meaning(
            "Salesforce does not know the consumer key of this tenant",
            f"{_APP} → Settings → Consumer Key and Secret: copy the key again. A new app takes ten minutes to be "
            "known.",
        ),
    ),
    (
        "invalid_client",
        "",
        Meaning(
            "Salesforce does not accept the consumer secret of this tenant: it is wrong, or was rotated and has "
            "expired",
            f"{_APP} → Settings → Consumer Key and Secret: copy the secret again and give it with `chat2pay "
            "tenant add`.",
        ),
    ),
    (
        "invalid_app_access",
        "",
        Meaning(
            "the integration user is not among the app's approved users",
            f"{_APP} → Policies: choose the integration permission set; then assign that set to the integration user.",
        ),
    ),
    (
        "invalid_grant",
        "approved",
        Meaning(
            "the integration user is not among the app's approved users",
            f"{_APP} → Policies: choose the integration permission set; then assign that set to the integration user.",
        ),
    ),
    (
        "invalid_grant",
        "audience",
        Meaning(
            "the login is addressed to the wrong audience",
            "Leave “audience” out of the tenant's values: production is https://login.salesforce.com, a sandbox "
            "https://test.salesforce.com.",
        ),
    ),
    (
        "invalid_grant",
        "inactive user",
        Meaning("the integration user is not active", "Setup → Users → the integration user → Edit → Active."),
    ),
    (
        "inactive_user",
        "",
        Meaning("the integration user is not active", "Setup → Users → the integration user → Edit → Active."),
    ),
    (
        "inactive_org",
        "",
        Meaning("the org is not active", "Ask whoever pays for the org: it is locked or has expired."),
    ),
    (
        "invalid_grant",
        "inactive org",
        Meaning("the org is not active", "Ask whoever pays for the org: it is locked or has expired."),
    ),
    (
        "invalid_grant",
        "ip restricted",
        Meaning(
            "IP rules keep the connector's address out",
            "Add the connector's outgoing address to the login IP ranges of the integration user's profile "
            "(Setup → Profiles). Setup → Login History shows the address with the refused login.",
        ),
    ),
    (
        "invalid_grant",
        "client credentials",
        Meaning(
            "the app has no user to run as",
            f"{_APP} → Policies → OAuth Flows: enable the client credentials flow and give the integration user "
            "under Run As.",
        ),
    ),
    (
        "invalid_grant",
        "expir",
        Meaning(
            "the signed login came too late: the clocks differ, or the certificate has expired",
            f"Switch on time synchronisation here. If the clock is right: make a new certificate, {_APP} → "
            "Settings → upload it.",
        ),
    ),
    (
        "invalid_grant",
        "certificate",
        Meaning(
            "the app has no certificate for signed logins, or an expired one",
            f"{_APP} → Settings → JWT bearer flow: upload the certificate of the tenant's key.",
        ),
    ),
    (
        "invalid_grant",
        "assertion",
        Meaning(
            "the certificate in Salesforce does not belong to the tenant's key",
            f"{_APP} → Settings → JWT bearer flow: upload the certificate of the key that this tenant signs with.",
        ),
    ),
    (
        "invalid_grant",
        "authentication failure",
        Meaning(
            "Salesforce does not let the integration user in",
            "Setup → Login History shows why, at the integration user.",
        ),
    ),
    (
        "unsupported_grant_type",
        "",
        Meaning(
            "the app does not allow this kind of login",
            f"{_APP} → Policies → OAuth Flows: enable the flow that this tenant uses.",
        ),
    ),
    (
        "unreadable_key",
        "",
        Meaning(
            "the private key of this tenant cannot be read",
            "Give the key in PEM form, without a passphrase, with `chat2pay tenant add`.",
        ),
    ),
)
_UNKNOWN = "Setup → Login History and the app's policies say more; then run `chat2pay doctor` again."


def meaning_of(error: str, description: str, access: SalesforceAccess) -> Meaning:
    """Return what a refusal means. The description is Salesforce's own text: it is searched and never shown."""
    told = description.lower()
    found = next((meaning for code, piece, meaning in _MEANINGS if code == error and piece in told), None)
    flow = "signed login (JWT bearer)" if access.flow is Flow.JWT_BEARER else "client credentials"
    return found or Meaning(f"Salesforce refuses the login by {flow} with “{error}”", _UNKNOWN)
