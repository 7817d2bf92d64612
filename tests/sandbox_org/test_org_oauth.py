"""The org's OAuth endpoints."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
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
    assert client.put("/sandbox/certificate", json={"pem": pem}).status_code == 204


def assertion(credentials: dict[str, Any], **changes: Any) -> str:
    claims = {
        "iss": credentials["client_id"],
        "sub": next(user["username"] for user in credentials["users"] if user["kind"] == "integration"),
        "aud": "https://test.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    return jwt.encode({**claims, **changes}, KEY, algorithm="RS256")


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
        ({"iss": "somebody"}, "invalid_client_id"),
        ({"sub": "nobody@example.com"}, "invalid_grant"),
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"exp": int(time.time()) - 10}, "invalid_grant"),
        ({"exp": int(time.time()) + 3600}, "invalid_grant"),
    ],
)
def test_an_assertion_with_one_wrong_claim_is_refused(
    client: FlaskClient, credentials: Any, changes: Any, error: str
) -> None:
    status, body = ask(client, grant_type=GRANT, assertion=assertion(credentials, **changes))
    assert (status, body["error"]) == (400, error)


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
    assert client.post("/services/oauth2/introspect", data={**form, "token": token}).get_json()["active"] is True
    assert client.post("/services/oauth2/introspect", data={**form, "token": "none"}).get_json() == {"active": False}
