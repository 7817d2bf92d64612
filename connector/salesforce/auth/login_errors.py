"""The meaning of a failed login: it ends by itself, or what an admin must change and where in Setup.

Salesforce's own text is searched and never shown. The description decides before the code: one code, ``invalid_grant``, is
used for twenty different causes.
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.tenants.tenant import Flow, SalesforceAccess
from connector.domain.tenants.token import LoginFailure
from connector.salesforce.errors.remedies import RefusalMeaning

_APP = "Setup → External Client App Manager → the server app"
_USER = "Setup → Users → the integration user"


@dataclass(frozen=True)
class LoginRefusal:
    """How a login failed, and the remedy where an admin must act."""

    failure: LoginFailure
    remedy: RefusalMeaning | None = None


_PASSING = LoginRefusal(LoginFailure.UNAVAILABLE)
_TOO_MANY = LoginRefusal(LoginFailure.RATE_EXCEEDED)


def _refusal(problem: str, remedy: str) -> LoginRefusal:
    return LoginRefusal(LoginFailure.REFUSED, RefusalMeaning(problem, remedy))


_NOT_APPROVED = _refusal(
    "the integration user is not among the app's approved users",
    f"{_APP} → Policies: choose the integration permission set; then assign that set to the integration user.",
)
_INACTIVE = _refusal("the integration user is not active", f"{_USER} → Edit → Active.")
_NO_ORG = _refusal("the org is not active", "Ask whoever pays for the org: it is locked or has expired.")
_SECRET = _refusal(
    "Salesforce does not accept the consumer secret of this tenant: it is wrong, or was rotated and has expired",
    f"{_APP} → Settings → Consumer Key and Secret: copy the secret again and give it with `chat2pay tenant add`.",
)
_KEY = _refusal(
    "Salesforce does not know the consumer key of this tenant",
    f"{_APP} → Settings → Consumer Key and Secret: copy the key again. A new app takes ten minutes to be known.",
)
_BLOCKED = _refusal(
    "an admin has blocked the app",
    "Setup → Connected Apps OAuth Usage → the server app → Unblock. With API Access Control on: install the app, too.",
)
_DOMAIN = _refusal(
    "this host does not take logins of this kind: they go to the org's own My Domain host",
    "Setup → My Domain → Current My Domain URL: give it as the tenant's host with `chat2pay tenant add`.",
)
_NOT_THERE = _refusal(
    "the org does not have the app that this consumer key belongs to",
    "Deploy or install the External Client App in this very org, or give the host and keys of the org that has it.",
)
_ADDRESS = _refusal(
    "IP rules keep the connector's address out",
    "Add the connector's outgoing address to the login IP ranges of the integration user's profile (Setup → Profiles). "
    "Setup → Login History shows the address with the refused login.",
)
_HOURS = _refusal(
    "the login hours of the integration user's profile keep it out at this time",
    "Setup → Profiles → the integration user's profile → Login Hours: leave them empty.",
)
_LOCKED_OUT = _refusal("the integration user is locked out", f"{_USER} → Unlock.")
_PASSWORD = _refusal(
    "the integration user's password has expired",
    f"{_USER} → Reset Password; Setup → Profiles → its profile → Password Policies: never expires.",
)
_API = _refusal(
    "the integration user may not use the API",
    "Setup → Permission Sets → Chat 2 Pay Integration → System Permissions: tick “API Enabled”.",
)
_AUDIENCE = _refusal(
    "the login is addressed to the wrong audience",
    "Leave “audience” out of the tenant's values: production is https://login.salesforce.com, a sandbox "
    "https://test.salesforce.com.",
)
_NO_RUN_AS = _refusal(
    "the app has no user to run as",
    f"{_APP} → Policies → OAuth Flows: enable the client credentials flow and give the integration user under Run As.",
)
_FLOW = _refusal(
    "the app does not allow this kind of login",
    f"{_APP} → Policies → OAuth Flows: enable the flow that this tenant uses.",
)
_REVOKED = _refusal(
    "the app's access was revoked or has expired",
    f"{_APP} → Policies: refresh and session policies; Setup → Connected Apps OAuth Usage shows who revoked it.",
)
_LATE = _refusal(
    "the signed login came too late: the clocks differ, or the certificate has expired",
    f"Switch on time synchronisation here. If the clock is right: make a new certificate, {_APP} → Settings → upload it.",
)
_NO_CERTIFICATE = _refusal(
    "the app has no certificate for signed logins, or an expired one",
    f"{_APP} → Settings → JWT bearer flow: upload the certificate of the tenant's key.",
)
_SIGNATURE = _refusal(
    "the certificate in Salesforce does not belong to the tenant's key",
    f"{_APP} → Settings → JWT bearer flow: upload the certificate of the key that this tenant signs with.",
)
_SCOPE = _refusal(
    "the app does not cover the API", f"{_APP} → Settings → OAuth Scopes: “Manage user data via APIs (api)”."
)
_HISTORY = _refusal(
    "Salesforce does not let the integration user in", "Setup → Login History shows why, at the integration user."
)
_UNREADABLE_KEY = _refusal(
    "the private key of this tenant cannot be read",
    "Give the key in PEM form, without a passphrase, with `chat2pay tenant add`.",
)

# Parts of a description in lower case, whatever the code. The first match counts, so the more specific ones come first:
# "invalid client credentials" before "client credentials", "certificate expired" counts as expired.
_BY_DESCRIPTION: tuple[tuple[str, LoginRefusal], ...] = (
    ("rate exceeded", _TOO_MANY),
    ("too many login", _TOO_MANY),
    ("not supported on this domain", _DOMAIN),
    ("blocked by admin", _BLOCKED),
    ("app is blocked", _BLOCKED),
    ("app must be installed", _NOT_THERE),
    ("not installed in this org", _NOT_THERE),
    ("app not found", _NOT_THERE),
    ("ip restricted", _ADDRESS),
    ("restricted ip", _ADDRESS),
    ("login hours", _HOURS),
    ("restricted time", _HOURS),
    ("locked out", _LOCKED_OUT),
    ("user is locked", _LOCKED_OUT),
    ("inactive user", _INACTIVE),
    ("user is inactive", _INACTIVE),
    ("inactive org", _NO_ORG),
    ("org is locked", _NO_ORG),
    ("trial", _NO_ORG),
    ("password", _PASSWORD),
    ("api is not enabled", _API),
    ("api is disabled", _API),
    ("approved", _NOT_APPROVED),
    ("audience", _AUDIENCE),
    ("client identifier", _KEY),
    ("invalid client credentials", _SECRET),
    ("client credentials", _NO_RUN_AS),
    ("access/refresh token", _REVOKED),
    ("revoked", _REVOKED),
    ("expir", _LATE),
    ("certificate", _NO_CERTIFICATE),
    ("assertion", _SIGNATURE),
    ("signature", _SIGNATURE),
    ("authentication failure", _HISTORY),
    ("maintenance", _PASSING),
    ("retry", _PASSING),
    ("try again", _PASSING),
    ("unavailable", _PASSING),
)
# The meaning of a code where the description is unknown.
_BY_ERROR: dict[str, LoginRefusal] = {
    "access_denied": _NOT_APPROVED,
    "inactive_org": _NO_ORG,
    "inactive_user": _INACTIVE,
    "invalid_app_access": _NOT_APPROVED,
    "invalid_client": _SECRET,
    "invalid_client_credentials": _SECRET,
    "invalid_client_id": _KEY,
    "invalid_scope": _SCOPE,
    "oauth_app_access_denied": _NOT_APPROVED,
    "oauth_app_blocked": _BLOCKED,
    "oauth_ec_app_not_found": _NOT_THERE,
    "rate_limit_exceeded": _TOO_MANY,
    "server_error": _PASSING,
    "temporarily_unavailable": _PASSING,
    "unauthorized_client": _FLOW,
    "unknown_error": _PASSING,
    "unreadable_key": _UNREADABLE_KEY,
    "unsupported_grant_type": _FLOW,
}
_UNKNOWN = "Setup → Login History and the app's policies say more; then run `chat2pay doctor` again."


def read_refusal(error: str, description: str, access: SalesforceAccess) -> LoginRefusal:
    """Return the meaning of a login's error; an unknown one is reported to the admin by its code."""
    text = description.lower()
    found = next((refusal for piece, refusal in _BY_DESCRIPTION if piece in text), None)
    flow = "signed login (JWT bearer)" if access.flow is Flow.JWT_BEARER else "client credentials"
    unknown = _refusal(f"Salesforce refuses the login by {flow} with “{error}”", _UNKNOWN)
    return found or _BY_ERROR.get(error.lower(), unknown)
