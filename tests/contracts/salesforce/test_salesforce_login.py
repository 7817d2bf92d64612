"""A login on the wire: which flow says what to whom, and whose org its answer opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate

from connector import metrics
from connector.domain.tenants.tenant import Flow, Tenant
from connector.domain.tenants.token import LoginFailure, pause_after
from connector.errors import ErrorCode, SalesforceRefused, SalesforceUnavailable, ServiceError, TenantProblem
from connector.languages.catalogues import catalogue
from connector.salesforce.auth.certificate import KeyPair, certificate_ends_at, key_problem, make_key_pair
from connector.salesforce.auth.login import LoginFailed, audience_of, error_of, finding_of, log_in
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.factories import HOST, ORG, ORG_SHORT, make_tenant

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TENANT = make_tenant()
TOKEN = f"{HOST}/services/oauth2/token"
OTHER_ORG = "00Dyy0000002hFiEAI"


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    """A key pair made now."""
    return make_key_pair("chat2pay acme", now=NOW)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def signing(pair: KeyPair, **changes: Any) -> Tenant:
    access = replace(
        TENANT.salesforce,
        flow=Flow.JWT_BEARER,
        client_secret=None,
        username="integration@acme.example",
        private_key=pair.private_key,
        **changes,
    )
    return replace(TENANT, salesforce=access)


def logged_in(tenant: Tenant = TENANT) -> Secret:
    with PeerSession(peer="salesforce", total_timeout=2) as session:
        return log_in(tenant, session=session, now=NOW)


def answer(org_id: str = ORG, **changes: Any) -> dict[str, Any]:
    identity = f"https://login.salesforce.com/id/{org_id}/005xx000001X9ZzAAK"
    return {"access_token": "token-1", "instance_url": HOST, "id": identity, "token_type": "Bearer", **changes}


def test_a_signed_login_says_who_for_whom_and_for_how_long(wire: responses.RequestsMock, pair: KeyPair) -> None:
    wire.post(TOKEN, json=answer())
    assert logged_in(signing(pair)) == Secret("token-1")
    form = {name: values[0] for name, values in parse_qs(str(wire.calls[0].request.body)).items()}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert "client_secret" not in form
    public: Any = load_pem_x509_certificate(pair.certificate.encode()).public_key()
    claims = jwt.decode(
        form["assertion"], public, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False},
        audience="https://login.salesforce.com",
    )  # fmt: skip
    assert (claims["iss"], claims["sub"]) == ("client", "integration@acme.example")
    assert 0 < claims["exp"] - NOW.timestamp() <= 180


@pytest.mark.parametrize(
    ("host", "audience"),
    [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://sandbox.my.salesforce.com.evil.example", "https://login.salesforce.com"),
    ],
)
def test_the_audience_follows_the_kind_of_org(pair: KeyPair, host: str, audience: str) -> None:
    assert audience_of(signing(pair, host_url=host).salesforce) == audience
    given = signing(pair, host_url=host, audience="https://acme.my.site.com").salesforce
    assert audience_of(given) == "https://acme.my.site.com"


def test_a_key_pair_serves_two_years_and_its_end_is_known_from_the_key(pair: KeyPair) -> None:
    assert key_problem(pair.private_key.value) is None
    ends_at = certificate_ends_at(pair.private_key.value)
    assert ends_at is not None
    assert 700 < (ends_at - NOW).days <= 730
    certificate = load_pem_x509_certificate(pair.certificate.encode())
    # Salesforce's clock may be behind ours when the admin uploads it.
    assert NOW - timedelta(minutes=10) < certificate.not_valid_before_utc < NOW
    assert certificate.subject.rfc4514_string() == "CN=chat2pay acme"
    assert make_key_pair("n" * 80, now=NOW).certificate, "a name has 64 characters at most"
    assert "PRIVATE" not in pair.certificate
    assert "PRIVATE" not in repr(pair)


@pytest.mark.parametrize("pem", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_a_login_with_it_leaves_nothing(pem: str, wire: responses.RequestsMock) -> None:
    assert key_problem(pem) is not None
    tenant = signing(KeyPair(Secret(pem), ""))
    with pytest.raises(LoginFailed) as failed:
        logged_in(tenant)
    assert failed.value.failure is LoginFailure.REFUSED
    assert len(wire.calls) == 0


@pytest.mark.parametrize(
    ("make", "passphrase", "is_good"),
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 2048), None, True, id="RSA of 2048 bits"),
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), None, False, id="a short one"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP521R1()), None, False, id="another kind"),
        pytest.param(ed25519.Ed25519PrivateKey.generate, None, False, id="a kind of one size"),
        pytest.param(lambda: rsa.generate_private_key(65537, 2048), b"sesame", False, id="a passphrase"),
    ],
)
def test_a_login_is_signed_by_rsa_of_2048_bits_alone(
    make: Callable[[], Any], passphrase: bytes | None, is_good: bool
) -> None:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode()
    assert (key_problem(pem) is None) is is_good
    assert certificate_ends_at(pem) is None
    assert certificate_ends_at(f"{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") is None


@pytest.mark.parametrize("org_id", [ORG, ORG_SHORT])
def test_a_token_of_the_tenants_org_is_taken(wire: responses.RequestsMock, org_id: str) -> None:
    wire.post(TOKEN, json=answer(org_id))
    assert logged_in() == Secret("token-1")


def test_a_token_of_another_org_is_not_and_the_admin_learns_which(wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=answer(OTHER_ORG))
    counted = metrics.registry.counts(metrics.WRONG_ORG).get((TENANT.tenant_id, "login"), 0)
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    assert metrics.registry.counts(metrics.WRONG_ORG)[TENANT.tenant_id, "login"] == counted + 1
    assert failed.value.failure is LoginFailure.WRONG_ORG
    assert failed.value.error.code is ErrorCode.WRONG_ORG
    finding = finding_of(failed.value, TENANT)
    assert finding is not None
    assert (finding.check, OTHER_ORG in finding.problem, ORG in finding.problem) == ("cloned_org", True, True)


@pytest.mark.parametrize(
    "identity",
    [
        None,
        "",
        7,
        "https://login.salesforce.com/id/",
        f"https://login.salesforce.com/id/{ORG}",
        f"https://login.salesforce.com/{ORG}/005xx000001X9ZzAAK",
        f"https://login.salesforce.com/app/{ORG}/005xx000001X9ZzAAK",
        f"https://login.salesforce.com/id/{ORG}/005xx000001X9ZzAAK/more",
        "https://login.salesforce.com/id/acme/005xx000001X9ZzAAK",
    ],
)
def test_a_token_that_names_no_org_is_not_taken(wire: responses.RequestsMock, identity: object) -> None:
    wire.post(TOKEN, json=answer(id=identity))
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    assert failed.value.failure is LoginFailure.UNAVAILABLE


@pytest.mark.parametrize("token", [None, "", 7, ["token-1"]])
def test_a_login_without_a_token_is_none(wire: responses.RequestsMock, token: object) -> None:
    wire.post(TOKEN, json=answer(access_token=token))
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    assert failed.value.failure is LoginFailure.UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, {"error": "invalid_grant", "error_description": "private words"}, LoginFailure.REFUSED),
        (401, {"error": "invalid_client", "error_description": "private words"}, LoginFailure.REFUSED),
        (400, {"error": "<script>private</script>"}, LoginFailure.REFUSED),
        (400, {"error": "temporarily_unavailable"}, LoginFailure.UNAVAILABLE),
        (400, {"error": "unknown_error", "error_description": "retry your request"}, LoginFailure.UNAVAILABLE),
        (400, {"error": "unknown_error"}, LoginFailure.UNAVAILABLE),
        (400, {"error": "invalid_grant", "error_description": "Please try again later"}, LoginFailure.UNAVAILABLE),
        (400, {"error": "invalid_grant", "error_description": "login rate exceeded"}, LoginFailure.RATE_EXCEEDED),
        (400, {"error": "rate_limit_exceeded"}, LoginFailure.RATE_EXCEEDED),
        (400, {"error": 7, "error_description": 7}, LoginFailure.REFUSED),
        (400, {}, LoginFailure.UNAVAILABLE),
        (503, {"error": "invalid_grant"}, LoginFailure.UNAVAILABLE),
    ],
)
def test_a_refusal_stands_and_a_fault_passes(
    wire: responses.RequestsMock, status: int, body: dict[str, Any], failure: LoginFailure
) -> None:
    wire.post(TOKEN, status=status, json=body)
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    assert failed.value.failure is failure
    assert "private" not in f"{failed.value.error} {failed.value.error.facts} {finding_of(failed.value, TENANT)}"


@pytest.mark.parametrize(
    ("error", "description", "problem", "remedy"),
    [
        ("invalid_grant", "request not supported on this domain", "My Domain host", "Current My Domain URL"),
        ("unsupported_grant_type", "request not supported on this domain", "My Domain host", "Current My Domain URL"),
        ("invalid_request", "Request Not Supported On This Domain", "My Domain host", "Current My Domain URL"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "blocked the app", "Connected Apps OAuth Usage"),
        ("OAUTH_APP_BLOCKED", "", "blocked the app", "Unblock"),
        (
            "OAUTH_EC_APP_NOT_FOUND",
            "External client app is not installed in this org",
            "does not have the app",
            "this very org",
        ),
        ("invalid_grant", "user is locked out", "locked out", "Unlock"),
        ("invalid_grant", "expired password", "password has expired", "Password Policies"),
        ("invalid_grant", "login during restricted time", "login hours", "Login Hours"),
        ("invalid_grant", "expired access/refresh token", "revoked or has expired", "Connected Apps OAuth Usage"),
        ("invalid_grant", "org is locked", "org is not active", "locked or has expired"),
        ("invalid_client", "invalid client credentials", "consumer secret", "copy the secret again"),
        ("invalid_grant", "no client credentials user enabled", "no user to run as", "Run As"),
        ("invalid_grant", "“Thandi” hasn’t been admin approved; grüße", "approved users", "assign that set"),
        ("invalid_grant", "words that nobody knows", "invalid_grant", "Login History"),
    ],
)
def test_a_refusal_is_told_with_its_mend_and_never_in_salesforces_words(
    wire: responses.RequestsMock, error: str, description: str, problem: str, remedy: str
) -> None:
    wire.post(TOKEN, status=400, json={"error": error, "error_description": description})
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    finding = finding_of(failed.value, TENANT)
    assert finding is not None
    assert problem in finding.problem
    assert remedy in finding.remedy
    assert "nobody knows" not in repr((finding, failed.value.error, failed.value.error.facts))


@pytest.mark.parametrize(
    ("failure", "kind", "sentence", "reason", "ends_by_itself"),
    [
        (LoginFailure.WRONG_ORG, TenantProblem, "org_copied", "wrong_org", False),
        (LoginFailure.REFUSED, SalesforceRefused, "salesforce_login_refused", "LOGIN_REFUSED", False),
        (LoginFailure.TOKENS_REFUSED, SalesforceUnavailable, "salesforce_login_refused", "TOKENS_REFUSED", True),
        (LoginFailure.RATE_EXCEEDED, SalesforceUnavailable, "salesforce_logins_spent", "LOGIN_RATE_EXCEEDED", True),
        (LoginFailure.UNAVAILABLE, SalesforceUnavailable, None, "salesforce_unavailable", True),
    ],
)
def test_who_waits_for_a_login_reads_what_has_become_of_it(
    failure: LoginFailure, kind: type[ServiceError], sentence: str | None, reason: str, ends_by_itself: bool
) -> None:
    """The same words from the one who logged in, and from all who are spared another try."""
    told = error_of(failure, TENANT)
    assert (type(told), told.sentence, told.retryable) == (kind, sentence, ends_by_itself)
    assert (told.facts.get("reason") or told.code.value) == reason
    assert sentence is None or sentence in catalogue()


@pytest.mark.parametrize("description", ["retry your request", "login rate exceeded"])
def test_a_login_that_passes_by_itself_blames_nobody(wire: responses.RequestsMock, description: str) -> None:
    wire.post(TOKEN, status=400, json={"error": "invalid_grant", "error_description": description})
    with pytest.raises(LoginFailed) as failed:
        logged_in()
    assert finding_of(failed.value, TENANT) is None
    assert failed.value.error.retryable


def test_too_many_logins_are_waited_for_longer_than_other_faults() -> None:
    first, later = (pause_after(LoginFailure.RATE_EXCEEDED, failures) for failures in (0, 20))
    assert first >= timedelta(minutes=1)
    assert later >= timedelta(minutes=5)
    assert pause_after(LoginFailure.UNAVAILABLE, 20) < first
