"""The OAuth endpoints: knows client credentials and JWT bearer, and refuses to know what a token is used for."""

import base64
import hashlib
import hmac
import time
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Blueprint, Response, request

from sandbox.org.org import Org, current_org
from sandbox.org.permissions import INTEGRATION_SET
from sandbox.org.records import Row
from sandbox.org.wire import to_json

door = Blueprint("oauth", __name__)
SCOPE = "id api"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_JWT_S = 300
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class OAuthError(Exception):
    """One refused grant, as {error, error_description}."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@door.errorhandler(OAuthError)
def refuse(error: OAuthError) -> Response:
    return _json({"error": error.error, "error_description": error.description}, status=400)


def _json(body: Any, *, status: int = 200) -> Response:
    response = Response(to_json(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@door.post("/services/oauth2/token")
def issue_token() -> Response:
    org = current_org()
    refused = org.refusals.logins
    if refused is not None:
        return _json(refused.body, status=refused.status)
    match request.form.get("grant_type"):
        case "client_credentials":
            user = _client_credentials_user(org)
        case grant if grant == _JWT_GRANT:
            user = _jwt_user(org, request.form.get("assertion", ""))
        case _:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
    org.counts.add(logins=1)
    return _json(token_answer(org, user))


def token_answer(org: Org, user: Row) -> dict[str, str]:
    """Return the seven documented members; Salesforce never says when the token expires."""
    identity = identity_url(org, user)
    issued_at = str(int(time.time() * 1000))
    digest = hmac.new(org.keys.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": org.tokens.issue(user["Id"]),
        "signature": base64.b64encode(digest).decode(),
        "scope": SCOPE,
        "instance_url": org.instance_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def identity_url(org: Org, user: Row) -> str:
    return f"{org.instance_url}/id/{org.keys.org_id}/{user['Id']}"


def _client_in_request() -> tuple[str, str]:
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        return basic.username or "", basic.password or ""
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def _check_client(org: Org) -> None:
    client_id, client_secret = _client_in_request()
    if client_id != org.keys.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    same = hmac.compare_digest(client_secret.encode(), org.keys.client_secret.encode())
    if not same or org.setup.client_secret_expired:
        raise OAuthError("invalid_client", "invalid client credentials")


def _client_credentials_user(org: Org) -> Row:
    _check_client(org)
    user = next((user for user in org.users() if user.get("_runs_integration")), None)
    if user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return _checked_user(org, user)


def _checked_user(org: Org, user: Row) -> Row:
    if not user["IsActive"]:
        raise OAuthError("invalid_grant", "inactive user")
    if org.refuses_address(user):
        raise OAuthError("invalid_grant", "ip restricted")
    return user


def public_key(pem: str) -> RSAPublicKey:
    """Return the key of a certificate, or of a bare public key. Raises ValueError."""
    raw = pem.encode()
    try:
        certified = "BEGIN CERTIFICATE" in pem
        key = x509.load_pem_x509_certificate(raw).public_key() if certified else load_pem_public_key(raw)
    except UnsupportedAlgorithm as error:
        raise ValueError("unsupported key") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 one error for every unusable certificate
    return key


def _jwt_user(org: Org, assertion: str) -> Row:
    pem = org.records.setting("certificate")
    if pem is None:
        raise OAuthError("invalid_grant", "no certificate is registered for this consumer")
    claims = _jwt_claims(org, assertion, key=public_key(pem))
    if claims["iss"] != org.keys.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if claims["exp"] > time.time() + _LONGEST_JWT_S:
        raise OAuthError("invalid_grant", "invalid assertion")
    user = next((user for user in org.users() if user["Username"] == claims["sub"]), None)
    # Admin-approved users are pre-authorised: those who hold the permission set that the app's policy names.
    if user is None or INTEGRATION_SET not in org.permissions.names_of(user):
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return _checked_user(org, user)


def _jwt_claims(org: Org, assertion: str, *, key: RSAPublicKey) -> dict[str, Any]:
    required = ["iss", "sub", "aud", "exp"]
    audiences = [*_AUDIENCES, org.instance_url]
    try:
        return jwt.decode(assertion, key, algorithms=["RS256"], audience=audiences, options={"require": required})
    except jwt.ExpiredSignatureError as error:
        raise OAuthError("invalid_grant", "expired authorization code") from error
    except jwt.InvalidAudienceError as error:
        raise OAuthError("invalid_grant", "audience is invalid") from error
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error


def bearer_token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else ""


@door.route("/services/oauth2/userinfo", methods=["GET", "POST"])
def show_user() -> Response:
    org = current_org()
    user = org.user(org.tokens.user_id(bearer_token()))
    if user is None or org.refuses_address(user):
        return Response("Bad_OAuth_Token", status=403, mimetype="text/html")
    return _json(_user_info(org, user))


@door.get("/id/<org_id>/<user_id>")
def show_identity(org_id: str, user_id: str) -> Response:
    org = current_org()
    user = org.user(org.tokens.user_id(bearer_token()))
    if user is None or org_id != org.keys.org_id or user["Id"] != user_id:
        return Response("Bad_OAuth_Token", status=403, mimetype="text/html")
    named = {"id": identity_url(org, user), "username": user["Username"], "display_name": user["Name"]}
    return _json(_user_info(org, user) | named)


def _user_info(org: Org, user: Row) -> dict[str, Any]:
    return {
        "sub": identity_url(org, user),
        "user_id": user["Id"],
        "organization_id": org.keys.org_id,
        "preferred_username": user["Username"],
        "nickname": user["Alias"],
        "name": user["Name"],
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "email": user["Email"],
        "email_verified": True,
        "zoneinfo": user["TimeZoneSidKey"],
        "locale": user["LocaleSidKey"],
        "language": user["LanguageLocaleKey"],
        "user_type": "STANDARD",
        "active": user["IsActive"],
        "urls": {"rest": f"{org.instance_url}/services/data/v{{version}}/"},
    }


@door.route("/services/oauth2/revoke", methods=["GET", "POST"])
def revoke_token() -> Response:
    if not current_org().tokens.end(request.values.get("token", "")):
        raise OAuthError("unsupported_token_type", "this token type is not supported")
    return Response(status=200)


@door.post("/services/oauth2/introspect")
def introspect_token() -> Response:
    org = current_org()
    _check_client(org)
    token = request.form.get("token", "")
    user = org.user(org.tokens.user_id(token))
    if user is None:
        return _json({"active": False})
    issued_at, ends_at = org.tokens.times(token)
    facts = {"active": True, "scope": SCOPE, "client_id": org.keys.client_id, "token_type": "access_token"}
    named = {"username": user["Username"], "sub": identity_url(org, user)}
    return _json(facts | named | {"exp": ends_at, "iat": issued_at, "nbf": issued_at})
