"""The bearer token of a request, and the identity of a user."""

from typing import Any

from flask import request

from sandbox.org.instance.org import Org
from sandbox.org.oauth.errors import OAuthError
from sandbox.org.records.store import Row


def identity_url(org: Org, user: Row) -> str:
    return f"{org.instance_url}/id/{org.keys.org_id}/{user['Id']}"


def bearer_token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("bearer", "oauth") else ""


def user_info(org: Org, user: Row) -> dict[str, Any]:
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


def check_user(org: Org, user: Row) -> Row:
    if not user["IsActive"]:
        raise OAuthError("invalid_grant", "inactive user")
    if org.refuses_address(user):
        raise OAuthError("invalid_grant", "ip restricted")
    return user
