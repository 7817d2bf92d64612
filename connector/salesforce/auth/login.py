"""One login as the integration user, by client credentials or JWT bearer, on the tenant's My Domain host.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from connector import metrics
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Flow, SalesforceAccess, Tenant, is_salesforce_id, long_id
from connector.domain.tenants.token import LoginFailure
from connector.errors import ErrorCode, SalesforceRefused, SalesforceUnavailable, ServiceError, TenantProblem
from connector.salesforce.auth.login_errors import read_refusal
from connector.salesforce.errors.remedies import RefusalMeaning
from foundation.http.session import PeerSession, calling_for
from foundation.log import get_logger
from foundation.secret import Secret

if TYPE_CHECKING:
    from authlib.oauth2.client import OAuth2Client

log = get_logger()
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Sources disagree whether Salesforce takes 3 or 5 minutes; its clock and ours may differ by half a minute.
_ASSERTION_SECONDS = 150
_TEST_HOSTS = (".sandbox.my.salesforce.com", ".scratch.my.salesforce.com")
_CODE = re.compile(r"[A-Za-z_]{1,40}")


class LoginFailed(Exception):
    """A login that returned no token: how it failed, the error for the caller, and the remedy if an admin can do something."""

    def __init__(
        self,
        failure: LoginFailure,
        error: ServiceError,
        *,
        code: str = "",
        org_id: str = "",
        remedy: RefusalMeaning | None = None,
    ) -> None:
        super().__init__(failure)
        self.failure, self.error, self.code, self.org_id, self.remedy = failure, error, code, org_id, remedy


def log_in(tenant: Tenant, *, session: PeerSession, now: datetime) -> Secret:
    """Return a new token for the tenant's own org.

    Raises:
        LoginFailed: refused, no answer, or a token for another org.
    """
    answer = login_answer(tenant, session=session, now=now)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise LoginFailed(LoginFailure.UNAVAILABLE, _unreadable())
    _check_org(answer, tenant)
    log.info("salesforce_login", tenant=tenant.tenant_id)
    return Secret(token)


def login_answer(tenant: Tenant, *, session: PeerSession, now: datetime) -> dict[str, Any]:
    """Log in and return the whole answer, whichever org its token is for.

    Raises:
        LoginFailed: refused, or no answer.
    """
    url = f"{tenant.salesforce.host_url}/services/oauth2/token"
    client, form = _grant(tenant.salesforce, session=session, now=now)
    try:
        with calling_for("login"):
            answer: dict[str, Any] = client.fetch_token(url, **form)
    except (requests.RequestException, ValueError) as error:
        raise LoginFailed(LoginFailure.UNAVAILABLE, _unanswered()) from error
    if answer.get("error"):
        raise _refused(str(answer["error"]), str(answer.get("error_description") or ""), tenant)
    return answer


def _refused(error: str, description: str, tenant: Tenant) -> LoginFailed:
    # The code goes into log lines and findings, so a text of any other form is not repeated.
    code = error if _CODE.fullmatch(error) else "unknown"
    refusal = read_refusal(code, description, tenant.salesforce)
    if refusal.failure is LoginFailure.UNAVAILABLE:
        log.info("salesforce_login_postponed", tenant=tenant.tenant_id, code=code)
        # Maintenance and overload also come as OAuth errors: no admin can do anything about those.
        later: ServiceError = SalesforceUnavailable("Salesforce asks to try the login again.", operation="login")
        return LoginFailed(refusal.failure, later, code=code)
    # Only our reading of the description is logged: Salesforce's text can name users.
    log.warning("salesforce_login_refused", tenant=tenant.tenant_id, code=code, reason=refusal.failure.value)
    error_for_caller = error_of(refusal.failure, tenant, code=code)
    return LoginFailed(refusal.failure, error_for_caller, code=code, remedy=refusal.remedy)


def audience_of(access: SalesforceAccess) -> str:
    """Return the audience of an assertion: test.salesforce.com for sandboxes and scratch orgs, login.salesforce.com for others.

    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
    """
    host = urlsplit(access.host_url).hostname or ""
    return access.audience or f"https://{'test' if host.endswith(_TEST_HOSTS) else 'login'}.salesforce.com"


def _grant(access: SalesforceAccess, *, session: PeerSession, now: datetime) -> tuple[OAuth2Client, dict[str, str]]:
    """Return the client for the tenant's flow, and the form fields of its token request."""
    signs = access.flow is Flow.JWT_BEARER
    secret = access.client_secret.value if access.client_secret and not signs else ""
    method = "none" if signs else "client_secret_post"
    client = _token_client()(session, access.client_id, secret, token_endpoint_auth_method=method)
    if signs:
        return client, {"grant_type": _JWT_GRANT, "assertion": _assertion(access, now)}
    return client, {"grant_type": "client_credentials"}


def _assertion(access: SalesforceAccess, now: datetime) -> str:
    from authlib.oauth2.rfc7523.assertion import sign_jwt_bearer_assertion  # noqa: PLC0415 as in _token_client
    from joserfc.jwk import RSAKey  # noqa: PLC0415

    try:
        key = RSAKey.import_key(access.private_key.value if access.private_key else "")
    except ValueError as error:
        problem = TenantProblem("The private key of this tenant cannot be read.").with_sentence("setup_wrong")
        remedy = read_refusal("unreadable_key", "", access).remedy
        raise LoginFailed(LoginFailure.REFUSED, problem, code="unreadable_key", remedy=remedy) from error
    signed: str = sign_jwt_bearer_assertion(
        key,
        issuer=access.client_id,
        subject=access.username,
        audience=audience_of(access),
        issued_at=int(now.timestamp()),
        expires_in=_ASSERTION_SECONDS,
        alg="RS256",
    )
    return signed


def _check_org(answer: dict[str, Any], tenant: Tenant) -> None:
    """Check that the identity URL of a token names the tenant's org: ``…/id/<org id>/<user id>``.

    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
    """
    steps = urlsplit(str(answer.get("id") or "")).path.strip("/").split("/")
    if len(steps) != 3 or steps[0] != "id" or not is_salesforce_id(steps[1]):
        raise LoginFailed(LoginFailure.UNAVAILABLE, _unreadable())
    org_id = long_id(steps[1])
    # A sandbox that was refreshed from production holds production's keys.
    if org_id != tenant.org_id:
        log.error("salesforce_wrong_org", tenant=tenant.tenant_id, expected=tenant.org_id, found=org_id, where="login")
        metrics.registry.count(metrics.WRONG_ORG, tenant.tenant_id, "login")
        raise LoginFailed(LoginFailure.WRONG_ORG, error_of(LoginFailure.WRONG_ORG, tenant), org_id=org_id)
    # Calls go to the tenant's configured host, never to one that an answer names: that would send the token anywhere.
    given = urlsplit(str(answer.get("instance_url") or "")).hostname
    if given not in (None, urlsplit(tenant.salesforce.host_url).hostname):
        log.info("salesforce_names_another_host", tenant=tenant.tenant_id)


def error_of(failure: LoginFailure, tenant: Tenant, *, code: str = "") -> ServiceError:
    """Return the caller's error for a failed login, also for one that is only remembered."""
    match failure:
        case LoginFailure.WRONG_ORG:
            sentence = "The login of this tenant opens another Salesforce org than the one that is connected."
            facts = {"tenant": tenant.tenant_id, "reason": "wrong_org"}
            return TenantProblem(sentence, code=ErrorCode.WRONG_ORG, facts=facts).with_sentence("org_copied")
        case LoginFailure.REFUSED:
            sentence = f"Salesforce refused the connector's login{f' ({code})' if code else ''}."
            refused = SalesforceRefused(sentence, operation="login", reason="LOGIN_REFUSED")
            return refused.with_sentence("salesforce_login_refused")
        case LoginFailure.TOKENS_REFUSED:
            sentence = "Salesforce lets the connector log in, but accepts no call with what the login gives."
            useless = SalesforceUnavailable(sentence, operation="login", reason="TOKENS_REFUSED")
            return useless.with_sentence("salesforce_login_refused")
        case LoginFailure.RATE_EXCEEDED:
            sentence = (
                "Salesforce takes no more logins of the integration user for now: there were too many in an hour."
            )
            spent = SalesforceUnavailable(sentence, operation="login", reason="LOGIN_RATE_EXCEEDED")
            return spent.with_sentence("salesforce_logins_spent")
        case LoginFailure.UNAVAILABLE:
            return _unanswered()


def finding_of(error: LoginFailed, tenant: Tenant) -> Finding | None:
    """Return the finding for the admin; None for a failure that ends by itself."""
    stopped = "Orders in Salesforce are not updated until then; payments go on, and nothing is lost."
    match error.failure:
        case LoginFailure.WRONG_ORG:
            return Finding(
                check="cloned_org",
                level=Level.WRONG,
                problem=f"The login of {tenant.name} opened the org {error.org_id}, not {tenant.org_id}. Nothing was sent to it.",
                remedy="Run `chat2pay tenant add` with the host and keys of the org that is connected; in a copied org, delete "
                "the External Client App's keys.",
                impact=stopped,
                subject="login",
            )
        case LoginFailure.REFUSED if error.remedy is not None:
            return Finding(
                check="login",
                level=Level.WRONG,
                problem=f"The connector cannot log in to {tenant.name}: {error.remedy.problem} ({error.code}).",
                remedy=error.remedy.remedy,
                impact=stopped,
                subject="login",
            )
    return None


def _unanswered() -> SalesforceUnavailable:
    return SalesforceUnavailable("Salesforce did not answer the login.", operation="login")


def _unreadable() -> SalesforceUnavailable:
    return SalesforceUnavailable("Salesforce's login answer could not be read.", operation="login")


@cache
def _token_client() -> type[OAuth2Client]:
    """Return authlib's client class over our own session, so that its calls have our time limits too."""
    # Imported at the first login: until then an idle server saves 3 MiB, joserfc included.
    from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth  # noqa: PLC0415
    from authlib.oauth2.client import OAuth2Client  # noqa: PLC0415

    class TokenClient(OAuth2Client):
        client_auth_class = OAuth2ClientAuth

        def parse_response_token(self, resp: requests.Response) -> dict[str, Any]:
            """Return the answer, errors included."""
            # authlib's own parser raises for an error text that holds a quote or a letter outside ASCII.
            if resp.status_code >= 500:
                resp.raise_for_status()
            answer = resp.json()
            if not isinstance(answer, dict):
                raise requests.JSONDecodeError("not an object", "", 0)
            return answer

    return TokenClient
