"""The OAuth endpoints."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any

from flask import Blueprint, Response, request

from sandbox.org.instance.org import Org, current_org
from sandbox.org.oauth.errors import IdentityError, OAuthError
from sandbox.org.oauth.identity import bearer_token, check_user, identified_user, identity, identity_url, user_info
from sandbox.org.oauth.jwt_bearer import jwt_bearer_user
from sandbox.org.records.store import Row
from sandbox.org.wire.exact_json import to_json
from sandbox.org.wire.versions import NEWEST_VERSION

blueprint = Blueprint("oauth", __name__)
SCOPE = "id api"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@blueprint.errorhandler(OAuthError)
def render_oauth_error(error: OAuthError) -> Response:
    """Render a refused grant as 400."""
    return _json({"error": error.error, "error_description": error.description}, status=400)


def _json(body: Any, *, status: int = 200) -> Response:
    response = Response(to_json(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/services/oauth2/token")
def issue_token() -> Response:
    """Answer a token to the client credentials or the JWT bearer grant."""
    org = current_org()
    refused = org.refusals.logins
    # Before the grant is looked at: what an admin set is refused, whoever asks.
    if refused is not None:
        return _json(refused.body, status=refused.status)
    match request.form.get("grant_type"):
        case "client_credentials":
            user = _client_credentials_user(org)
        case grant if grant == _JWT_GRANT:
            user = jwt_bearer_user(org, request.form.get("assertion", ""))
        case _:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
    org.counts.add(logins=1)
    return _json(token_response(org, user))


def token_response(org: Org, user: Row) -> dict[str, str]:
    """Return the seven documented members; Salesforce reports no expiry of the token."""
    url = identity_url(org, user)
    issued_at = str(int(time.time() * 1000))
    digest = hmac.new(org.keys.client_secret.encode(), (url + issued_at).encode(), hashlib.sha256).digest()
    return {
        # No expires_in, so a client finds out by a 401 or by asking for introspection.
        "access_token": org.sessions.issue(user["Id"]),
        "signature": base64.b64encode(digest).decode(),
        "scope": SCOPE,
        "instance_url": org.instance_url,
        "id": url,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def _client_in_request() -> tuple[str, str]:
    basic = request.authorization
    # Both forms of RFC 6749, section 2.3.1, which Salesforce takes alike.
    if basic is not None and basic.type == "basic":
        return basic.username or "", basic.password or ""
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def _check_client(org: Org) -> None:
    client_id, client_secret = _client_in_request()
    # Its own code: the connector names the key or the secret as wrong by it.
    if client_id != org.keys.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    same = hmac.compare_digest(client_secret.encode(), org.keys.client_secret.encode())
    if not same or org.setup.client_secret_expired:
        raise OAuthError("invalid_client", "invalid client credentials")


def _client_credentials_user(org: Org) -> Row:
    _check_client(org)
    # Whoever has key and secret acts as the one user whom the admin chose, whatever name is sent:
    # https://help.salesforce.com/s/articleView?id=xcloud.meta_configure_client_credentials_flow_for_external_client_apps.htm
    user = next((user for user in org.users() if user.get("_runs_integration")), None)
    if user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return check_user(org, user)


@blueprint.route("/services/oauth2/userinfo", methods=["GET", "POST"])
def show_user() -> Response:
    """Answer who the token's user is."""
    org = current_org()
    user = org.user(org.sessions.user_id(bearer_token()))
    if user is None or org.refuses_address(user):
        # A text and 403, unlike the data API, which answers JSON and 401.
        return Response("Bad_OAuth_Token", status=403, mimetype="text/html")
    return _json(user_info(org, user))


@blueprint.get("/id/<org_id>/<user_id>")
def show_identity(org_id: str, user_id: str) -> Response:
    """Answer an identity URL."""
    org = current_org()
    token = bearer_token() or request.args.get("oauth_token", "")
    user = identified_user(org, org_id=org_id, user_id=user_id, token=token)
    asserted = user["Id"] == org.sessions.user_id(token)
    return _json(identity(org, user, version=_version(), asserted=asserted))


def _version() -> str:
    """Return the API version that the addresses shall hold, empty where none is asked for. Raises IdentityError."""
    version = request.args.get("version", "")
    if version == "latest":
        return NEWEST_VERSION
    if version and not re.fullmatch(r"\d\d\.0", version):
        raise IdentityError("Invalid_Version", status=406)
    return version


@blueprint.errorhandler(IdentityError)
def render_identity_error(error: IdentityError) -> Response:
    """Render the code of a refused identity URL alone, as Salesforce does."""
    return Response(error.code, status=error.status, mimetype="text/html")


@blueprint.route("/services/oauth2/revoke", methods=["GET", "POST"])
def revoke_token() -> Response:
    """End a token."""
    if not current_org().sessions.end(request.values.get("token", "")):
        raise OAuthError("unsupported_token_type", "this token type is not supported")
    return Response(status=200)


@blueprint.post("/services/oauth2/introspect")
def introspect_token() -> Response:
    """Answer whether a token is live, and whose it is."""
    org = current_org()
    _check_client(org)
    token = request.form.get("token", "")
    user = org.user(org.sessions.user_id(token))
    # RFC 7662, section 2.2: of a token that is not live nothing else may be said.
    if user is None:
        return _json({"active": False})
    issued_at, ends_at = org.sessions.times(token)
    facts = {"active": True, "scope": SCOPE, "client_id": org.keys.client_id, "token_type": "access_token"}
    named = {"username": user["Username"], "sub": identity_url(org, user)}
    return _json(facts | named | {"exp": ends_at, "iat": issued_at, "nbf": issued_at})
