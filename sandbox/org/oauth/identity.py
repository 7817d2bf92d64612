"""The bearer token of a request, the checks of its user, and the user's OAuth identity."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from sandbox.org.instance.org import Org
from sandbox.org.oauth.errors import IdentityError, OAuthError
from sandbox.org.records.store import Row
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import parse_time


def identity_url(org: Org, user: Row) -> str:
    """Return the user's identity URL."""
    return f"{org.instance_url}/id/{org.keys.org_id}/{user['Id']}"


def bearer_token() -> str:
    """Return the token of the Authorization header, empty where there is none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    # Salesforce takes OAuth as the scheme, too, for clients of before RFC 6750.
    return token.strip() if kind.lower() in ("bearer", "oauth") else ""


def check_user(org: Org, user: Row) -> Row:
    """Return the user if they may log in. Raises OAuthError."""
    if not user["IsActive"]:
        # The words are Salesforce's own, by which the connector tells an operator what is wrong with the user.
        raise OAuthError("invalid_grant", "inactive user")
    if org.refuses_address(user):
        raise OAuthError("invalid_grant", "ip restricted")
    return user


def identified_user(org: Org, *, org_id: str, user_id: str, token: str) -> Row:
    """Return the user that an identity URL names, as the token's user may see it. Raises IdentityError.

    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
    """
    if not token:
        raise IdentityError("Missing_OAuth_Token", status=403)
    caller = org.user(org.sessions.user_id(token))
    if caller is None or not caller["IsActive"] or org.refuses_address(caller):
        raise IdentityError("Bad_OAuth_Token", status=403)
    try:
        named_org, named_user = canonical_id(org_id), canonical_id(user_id)
    except MalformedId as error:
        raise IdentityError("Bad_Id", status=404) from error
    # Before the user: an id of another org must not show whether there is such a user here.
    if named_org != org.keys.org_id:
        raise IdentityError("Wrong_Org", status=403)
    user = org.user(named_user)
    if user is None:
        raise IdentityError("Bad_Id", status=404)
    # One's own identity is always there; that of others needs the API.
    if user["Id"] != caller["Id"] and not caller.get("_api_enabled"):
        raise IdentityError("No_Access", status=404)
    # Last of all refusals: it says that this user exists.
    if not user["IsActive"]:
        raise IdentityError("Inactive", status=404)
    return user


def identity(org: Org, user: Row, *, version: str, asserted: bool) -> dict[str, Any]:
    """Return what an identity URL answers; without a version the addresses hold the text {version}."""
    zone = ZoneInfo(user["TimeZoneSidKey"])
    offset = parse_time(user["CreatedDate"]).astimezone(zone).replace(month=1, day=1).utcoffset()
    return {
        "id": identity_url(org, user),
        "asserted_user": asserted,
        "user_id": user["Id"],
        "organization_id": org.keys.org_id,
        "username": user["Username"],
        "nick_name": user["Alias"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "photos": {
            "picture": f"{org.instance_url}/profilephoto/005/F",
            "thumbnail": f"{org.instance_url}/profilephoto/005/T",
        },
        "addr_street": None,
        "addr_city": None,
        "addr_state": None,
        "addr_country": None,
        "addr_zip": None,
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(org, user, version=version or "{version}"),
        "active": user["IsActive"],
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        # In milliseconds, without the hour of summer time.
        "utcOffset": int(offset.total_seconds() * 1000) if offset else 0,
        "last_modified_date": user["LastModifiedDate"],
        "is_app_installed": True,
    }


def _urls(org: Org, user: Row, *, version: str) -> dict[str, str]:
    soap, data = f"{org.instance_url}/services/Soap", f"{org.instance_url}/services/data/v{version}"
    return {
        "enterprise": f"{soap}/c/{version}/{org.keys.org_id}",
        "metadata": f"{soap}/m/{version}/{org.keys.org_id}",
        "partner": f"{soap}/u/{version}/{org.keys.org_id}",
        "rest": f"{data}/",
        "sobjects": f"{data}/sobjects/",
        "search": f"{data}/search/",
        "query": f"{data}/query/",
        "recent": f"{data}/recent/",
        "profile": f"{org.instance_url}/{user['Id']}",
        "custom_domain": org.instance_url,
    }


def user_info(org: Org, user: Row) -> dict[str, Any]:
    """Return what the userinfo endpoint answers."""
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
