"""The org's OAuth endpoints."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask.testing import FlaskClient

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ask(client: FlaskClient, **form: str) -> tuple[int, dict[str, Any]]:
    answer = client.post("/services/oauth2/token", data=form)
    return answer.status_code, answer.get_json()


def ask_with_secret(client: FlaskClient, credentials: dict[str, Any], **changes: str) -> tuple[int, dict[str, Any]]:
    form = {name: credentials[name] for name in ("client_id", "client_secret")}
    return ask(client, **{"grant_type": "client_credentials", **form, **changes})


@pytest.fixture
def registered(client: FlaskClient) -> None:
    shape = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = KEY.public_key().public_bytes(*shape).decode()
    assert client.put("/sandbox/certificate", json={"certificate": pem}).status_code == 204


def assertion(credentials: dict[str, Any], key: rsa.RSAPrivateKey = KEY, **changes: Any) -> str:
    claims = {
        "iss": credentials["client_id"],
        "sub": next(user["username"] for user in credentials["users"] if user["kind"] == "integration"),
        "aud": "https://test.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    return jwt.encode({**claims, **changes}, key, algorithm="RS256")


def test_client_credentials_answer_has_exactly_the_documented_members(client: FlaskClient, credentials: Any) -> None:
    status, body = ask_with_secret(client, credentials)
    members = {"access_token", "instance_url", "id", "token_type", "issued_at", "signature", "scope"}
    assert (status, set(body)) == (200, members)


def test_client_credentials_also_come_as_basic(client: FlaskClient, credentials: Any) -> None:
    auth = (credentials["client_id"], credentials["client_secret"])
    answer = client.post("/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant_is_refused_in_oauth_words(
    client: FlaskClient, credentials: Any, changes: Any, error: str
) -> None:
    status, body = ask_with_secret(client, credentials, **changes)
    assert (status, body["error"], set(body)) == (400, error, {"error", "error_description"})


@pytest.mark.usefixtures("registered")
def test_a_signed_assertion_gives_a_token(client: FlaskClient, credentials: Any) -> None:
    status, body = ask(client, grant_type=GRANT, assertion=assertion(credentials))
    assert status == 200
    assert "expires_in" not in body


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "somebody"}, "invalid_client_id: client identifier invalid"),
        ({"sub": "nobody@example.com"}, "invalid_grant: user hasn't approved this consumer"),
        ({"sub": "thandi.nkosi@karoo-trading.example"}, "invalid_grant: user hasn't approved this consumer"),
        ({"aud": "https://example.com"}, "invalid_grant: audience is invalid"),
        ({"exp": int(time.time()) - 10}, "invalid_grant: expired authorization code"),
        ({"exp": int(time.time()) + 36000}, "invalid_grant: invalid assertion"),
    ],
)
def test_an_assertion_with_one_wrong_claim_is_refused(
    client: FlaskClient, credentials: Any, changes: Any, error: str
) -> None:
    status, body = ask(client, grant_type=GRANT, assertion=assertion(credentials, **changes))
    assert (status, f"{body['error']}: {body['error_description']}") == (400, error)


@pytest.mark.usefixtures("registered")
def test_an_assertion_signed_by_another_key_is_refused(client: FlaskClient, credentials: Any) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    status, body = ask(client, grant_type=GRANT, assertion=assertion(credentials, key=other))
    assert (status, body["error_description"]) == (400, "invalid assertion")


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("path", "body", "description"),
    [
        ("users/{id}", {"active": False}, "inactive user"),
        ("users/{id}", {"permission_sets": []}, "user hasn't approved this consumer"),
        ("org", {"ip_refused": "everyone"}, "ip restricted"),
    ],
)
def test_an_admin_may_shut_the_integration_out(
    client: FlaskClient, credentials: Any, user: Callable[[str], Any], path: str, body: Any, description: str
) -> None:
    changed = client.patch(f"/sandbox/{path.format(id=user('Integration')['id'])}", json=body)
    assert changed.status_code == 200
    status, refused = ask(client, grant_type=GRANT, assertion=assertion(credentials))
    assert (status, refused["error_description"]) == (400, description)


def test_an_x509_certificate_is_as_good_as_its_public_key(client: FlaskClient, credentials: Any) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(KEY, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    assert client.put("/sandbox/certificate", json={"certificate": pem}).status_code == 204
    assert ask(client, grant_type=GRANT, assertion=assertion(credentials, aud="http://localhost:8010"))[0] == 200


@pytest.mark.parametrize("body", [{}, {"certificate": "-----BEGIN CERTIFICATE-----"}, {"certificate": 7}])
def test_anything_else_is_no_certificate(client: FlaskClient, body: Any) -> None:
    answer = client.put("/sandbox/certificate", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["certificate"])


def test_an_expired_secret_is_refused_like_a_wrong_one(client: FlaskClient, credentials: Any) -> None:
    client.patch("/sandbox/org", json={"client_secret_expired": True})
    status, body = ask_with_secret(client, credentials)
    assert (status, body["error"]) == (400, "invalid_client")


def test_a_token_ends_when_its_session_does(client: FlaskClient, credentials: Any) -> None:
    token = ask_with_secret(client, credentials)[1]["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/services/data/v67.0/limits", headers=headers).status_code == 200
    client.patch("/sandbox/org", json={"session_s": 1})
    time.sleep(2.1)
    assert client.get("/services/data/v67.0/limits", headers=headers).status_code == 401


def test_login_ip_ranges_refuse_agents_like_a_dead_session(client: FlaskClient, api: Any, user: Any) -> None:
    client.patch("/sandbox/org", json={"ip_refused": True})
    headers = {"Authorization": f"Bearer {user('Thandi')['access_token']}"}
    refused = client.get("/services/data/v67.0/limits", headers=headers)
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert client.get("/services/oauth2/userinfo", headers=headers).status_code == 403
    assert api.call("GET", "limits").status_code == 200


def test_an_assertion_needs_a_registered_certificate(client: FlaskClient, credentials: Any) -> None:
    assert ask(client, grant_type=GRANT, assertion=assertion(credentials))[0] == 400


def test_a_revoked_token_is_dead(client: FlaskClient, user: Callable[[str], Any]) -> None:
    token = user("Thandi")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/services/oauth2/userinfo", headers=headers).get_json()["name"] == "Thandi Nkosi"
    assert client.post("/services/oauth2/revoke", data={"token": token}).status_code == 200
    assert client.get("/services/oauth2/userinfo", headers=headers).status_code == 403
    refused = client.get("/services/data/v67.0/limits", headers=headers)
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_introspection_tells_live_from_dead(client: FlaskClient, credentials: Any) -> None:
    form = {name: credentials[name] for name in ("client_id", "client_secret")}
    token = credentials["users"][0]["access_token"]
    said = client.post("/services/oauth2/introspect", data={**form, "token": token}).get_json()
    assert (said["active"], said["username"], said["exp"] - said["iat"]) == (
        True,
        "thandi.nkosi@karoo-trading.example",
        7200,
    )
    assert {"scope", "client_id", "sub", "token_type", "nbf"} < set(said)
    assert client.post("/services/oauth2/introspect", data={**form, "token": "none"}).get_json() == {"active": False}


# JWT bearer: what Salesforce's own examples send
# https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 180},
        {"aud": "https://login.salesforce.com/"},
        {"aud": "http://localhost:8010/"},
        {"aud": ["https://test.salesforce.com/"]},
    ],
)
def test_an_assertion_may_be_written_as_in_the_examples(client: FlaskClient, credentials: Any, changes: Any) -> None:
    if "exp" in changes:  # as text, and from now on: tests are collected long before they run
        changes = {"exp": str(int(time.time()) + changes["exp"])}
    assert ask(client, grant_type=GRANT, assertion=assertion(credentials, **changes))[0] == 200


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"exp": str(int(time.time()) - 10)}, "expired authorization code"),
        ({"exp": str(int(time.time()) + 36000)}, "invalid assertion"),
        ({"exp": "soon"}, "invalid assertion"),
        ({"exp": "1e400"}, "invalid assertion"),
        ({"exp": None}, "invalid assertion"),
        ({"exp": [1]}, "invalid assertion"),
        ({"sub": 7}, "invalid assertion"),
        ({"aud": "https://login.salesforce.com//"}, "audience is invalid"),
        ({"aud": 7}, "audience is invalid"),
    ],
)
def test_a_claim_of_another_form_is_refused(
    client: FlaskClient, credentials: Any, changes: Any, description: str
) -> None:
    status, body = ask(client, grant_type=GRANT, assertion=assertion_unchecked(credentials, **changes))
    assert (status, body["error_description"]) == (400, description)


def assertion_unchecked(credentials: dict[str, Any], **changes: Any) -> str:
    """Return a signed assertion with claims that the library would not encode."""
    sound = jwt.decode(assertion(credentials), options={"verify_signature": False})
    payload = json.dumps({**sound, **changes}).encode()
    return jwt.PyJWS().encode(payload, KEY, algorithm="RS256")
