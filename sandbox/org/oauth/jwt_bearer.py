"""The JWT bearer flow."""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sandbox.org.instance.org import Org
from sandbox.org.oauth.errors import OAuthError
from sandbox.org.oauth.identity import check_user
from sandbox.org.permissions.permission_sets import INTEGRATION_SET
from sandbox.org.records.store import Row

_LONGEST_JWT_S = 300
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


def load_rsa_key(pem: str) -> RSAPublicKey:
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


def jwt_bearer_user(org: Org, assertion: str) -> Row:
    """Return the user of a signed assertion. Raises OAuthError."""
    pem = org.records.setting("certificate")
    if pem is None:
        raise OAuthError("invalid_grant", "no certificate is registered for this consumer")
    claims, expires_at = _claims(org, assertion, key=load_rsa_key(pem))
    if claims["iss"] != org.keys.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if expires_at > time.time() + _LONGEST_JWT_S:
        raise OAuthError("invalid_grant", "invalid assertion")
    user = next((user for user in org.users() if user["Username"] == claims["sub"]), None)
    # Admin-approved users are pre-authorised: those who hold the permission set that the app's policy names.
    if user is None or INTEGRATION_SET not in org.permissions.names_of(user):
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return check_user(org, user)


def _claims(org: Org, assertion: str, *, key: RSAPublicKey) -> tuple[dict[str, Any], int]:
    """Return the claims and when they expire. Raises OAuthError."""
    try:
        claims = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            # [A] An address is the same address with a slash at its end.
            audience=[form for one in (*_AUDIENCES, org.instance_url) for form in (one, f"{one}/")],
            options={"require": ["iss", "sub", "aud", "exp"]},
        )
        # A text of digits, too, as all of Salesforce's examples write it:
        # https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
        return claims, int(claims["exp"])
    except jwt.ExpiredSignatureError as error:
        raise OAuthError("invalid_grant", "expired authorization code") from error
    except jwt.InvalidAudienceError as error:
        raise OAuthError("invalid_grant", "audience is invalid") from error
    except (jwt.InvalidTokenError, ValueError, OverflowError, TypeError) as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
