"""The signed request that Canvas posts to the app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from sandbox.org.instance.org import Org
from sandbox.org.oauth.identity import identity_url
from sandbox.org.records.store import Row

_API_VERSION = "67.0"
_APP = "PaymentConnectorCanvas"
_DEFAULT_CURRENCY = "ZAR"


def signed_request(org: Org, *, user: Row, order_id: str, launched_at: str | None = None) -> str:
    """Return `signature.context` for the user and whatever order id the browser side passed."""
    parameters = {"orderId": order_id} | ({"launchedAt": launched_at} if launched_at else {})
    context = base64.b64encode(json.dumps(_canvas_request(org, user, parameters=parameters)).encode())
    # Over the encoded text: decoding and encoding it again could give other characters.
    # https://developer.salesforce.com/docs/atlas.en-us.platform_connect.meta/platform_connect/canvas_app_unsigning_code_example.htm
    digest = hmac.new(org.keys.canvas_secret.encode(), context, hashlib.sha256).digest()
    return f"{base64.b64encode(digest).decode()}.{context.decode()}"


def _canvas_request(org: Org, user: Row, *, parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "algorithm": "HMACSHA256",
        "issuedAt": int(time.time()),
        "userId": user["Id"],
        # Two requests of the same second must differ, as they do in Salesforce.
        "nonce": secrets.token_hex(16),
        "client": {
            "instanceId": f"{_APP}:{org.keys.application_id}",
            "instanceUrl": org.instance_url,
            "targetOrigin": org.instance_url,
            # The session of the page around the frame: logging out there ends the app's access, too.
            "oauthToken": org.sessions.browser_session(user["Id"]),
            # Only with the refresh_token scope, which the shipped app does not ask for.
            "refreshToken": None,
        },
        "context": {
            "application": _application(org),
            "user": _user(org, user),
            "environment": _environment(org, parameters),
            "organization": _organization(org),
            "links": _links(org, user),
        },
    }


def _application(org: Org) -> dict[str, Any]:
    return {
        "applicationId": org.keys.application_id,
        "authType": "SIGNED_REQUEST",
        "canvasUrl": org.canvas_url,
        "developerName": _APP,
        "name": "Chat 2 Pay",
        "namespace": "",
        "options": [],
        "referenceId": org.keys.application_id,
        "samlInitiationMethod": "None",
        "version": "1.0",
        "isInstalledPersonalApp": False,
    }


def _user(org: Org, user: Row) -> dict[str, Any]:
    return {
        "userId": user["Id"],
        "userName": user["Username"],
        "email": user["Email"],
        "fullName": user["Name"],
        "firstName": user["FirstName"],
        "lastName": user["LastName"],
        "profileId": user["ProfileId"],
        "roleId": user["UserRoleId"],
        "locale": user["LocaleSidKey"],
        "language": user["LanguageLocaleKey"],
        "timeZone": user["TimeZoneSidKey"],
        "currencyISOCode": _DEFAULT_CURRENCY,
        "userType": "STANDARD",
        "accessibilityModeEnabled": False,
        "isDefaultNetwork": True,
        "networkId": None,
        "siteId": None,
        "siteUrl": None,
        "siteUrlPrefix": None,
        "profilePhotoUrl": f"{org.instance_url}/profilephoto/005/F",
        "profileThumbnailUrl": f"{org.instance_url}/profilephoto/005/T",
    }


def _environment(org: Org, parameters: dict[str, str]) -> dict[str, Any]:
    order_id = parameters["orderId"]
    return {
        "parameters": parameters,
        # [A] Always these: the extension goes by its own frame and reads none of them.
        "dimensions": {
            "width": "420px",
            "height": "760px",
            "maxWidth": "1000px",
            "maxHeight": "2000px",
            "clientWidth": "420px",
            "clientHeight": "760px",
        },
        "displayLocation": "Aura",
        "locationUrl": f"{org.instance_url}/lightning/r/Order/{order_id}/view",
        # Filled by a Visualforce page with entityFields alone; the Aura wrapper passes the id as a parameter.
        "record": {},
        "referer": None,
        "subLocation": None,
        "uiTheme": "Theme4d",
        "version": {"api": _API_VERSION, "season": "SUMMER"},
    }


def _organization(org: Org) -> dict[str, Any]:
    row = org.records.get("Organization", org.keys.org_id) or {}
    return {
        "organizationId": org.keys.org_id,
        "name": row.get("Name"),
        "multicurrencyEnabled": org.setup.multi_currency,
        "namespacePrefix": None,
        "currencyIsoCode": _DEFAULT_CURRENCY,
    }


def _links(org: Org, user: Row) -> dict[str, Any]:
    data = f"/services/data/v{_API_VERSION}"
    return {
        "enterpriseUrl": f"/services/Soap/c/{_API_VERSION}/{org.keys.org_id}",
        "metadataUrl": f"/services/Soap/m/{_API_VERSION}/{org.keys.org_id}",
        "partnerUrl": f"/services/Soap/u/{_API_VERSION}/{org.keys.org_id}",
        "restUrl": f"{data}/",
        "sobjectUrl": f"{data}/sobjects/",
        "queryUrl": f"{data}/query/",
        "searchUrl": f"{data}/search/",
        "recentItemsUrl": f"{data}/recent/",
        "loginUrl": org.instance_url,
        "userUrl": f"/{user['Id']}",
        "identityUrl": identity_url(org, user),
    }
