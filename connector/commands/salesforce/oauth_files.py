"""The OAuth files of the External Client Apps, which never enter source control, in the format of the Metadata API.

Elements: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_extlclntappglobaloauthsettings.htm ,
meta_extlclntappoauthsettings.htm , meta_extlclntappoauthconfigurablepolicies.htm , meta_extlclntappconfigurablepolicies.htm .
No consumer key is in them, so that the org makes one; no `oauthLink`, which would refer to another org.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.sax.saxutils import escape

from connector.commands.salesforce.values import PLACEHOLDER_URL, OrgValues
from manifests import load

FOLDER = PurePosixPath("oauth")
_API_VERSION = "67.0"
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# type -> (folder, suffix, ending of the component's name)
_KINDS = {
    "ExtlClntAppConfigurablePolicies": ("extlClntAppPolicies", "ecaPlcy", "plcy"),
    "ExtlClntAppGlobalOauthSettings": ("extlClntAppGlobalOauthSets", "ecaGlblOauth", "glbloauth"),
    "ExtlClntAppOauthConfigurablePolicies": ("extlClntAppOauthPolicies", "ecaOauthPlcy", "oauthPlcy"),
    "ExtlClntAppOauthSettings": ("extlClntAppOauthSettings", "ecaOauth", "oauth"),
}
Elements = dict[str, str | bool | None]


def oauth_files(values: OrgValues) -> dict[PurePosixPath, str]:
    """Return the four files of every app, and the package.xml that names them."""
    apps: Mapping[str, Any] = load("salesforce/external_client_apps.json")["apps"]
    whole: dict[PurePosixPath, str] = {}
    named: dict[str, list[str]] = {}
    for app, rights in apps.items():
        for kind, elements in _of_app(rights, values):
            folder, suffix, ending = _KINDS[kind]
            name = f"{app}_{ending}"
            named.setdefault(kind, []).append(name)
            whole[FOLDER / folder / f"{name}.{suffix}"] = _component(kind, app, name, elements)
    whole[FOLDER / "package.xml"] = _package(named)
    return whole


def _of_app(rights: Mapping[str, Any], values: OrgValues) -> Iterator[tuple[str, Elements]]:
    as_itself = "client_credentials" in rights["flows"]
    yield (
        "ExtlClntAppConfigurablePolicies",
        {
            "isCanvasPluginEnabled": rights["canvas"],
            "isEnabled": True,
            "isOauthPluginEnabled": True,
        },
    )
    yield (
        "ExtlClntAppGlobalOauthSettings",
        {
            "callbackUrl": values.connector_url or PLACEHOLDER_URL,
            "isClientCredentialsFlowEnabled": as_itself,
            "isConsumerSecretOptional": False,
            "isPkceRequired": rights["pkce"],
            "isSecretRequiredForRefreshToken": True,
        },
    )
    yield (
        "ExtlClntAppOauthConfigurablePolicies",
        {
            "clientCredentialsFlowUser": values.run_as if as_itself else None,
            "commaSeparatedPermissionSet": ",".join(rights["permission_sets"]),
            "ipRelaxationPolicyType": "Enforce",
            # Without its user the flow would be refused, and the deploy with it.
            "isClientCredentialsFlowEnabled": as_itself and values.run_as is not None,
            "permittedUsersPolicyType": "AdminApprovedPreAuthorized",
            "refreshTokenPolicyType": "Zero",
        },
    )
    yield "ExtlClntAppOauthSettings", {"commaSeparatedOauthScopes": ", ".join(rights["scopes"])}


def _component(kind: str, app: str, name: str, elements: Elements) -> str:
    whole = {**elements, "externalClientApplication": app, "label": name}
    lines = [f"    <{one}>{_text(value)}</{one}>\n" for one, value in sorted(whole.items()) if value is not None]
    return f'{_HEAD}<{kind} xmlns="{_NAMESPACE}">\n{"".join(lines)}</{kind}>\n'


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(value)


def _package(named: dict[str, list[str]]) -> str:
    types = [
        "    <types>\n"
        + "".join(f"        <members>{name}</members>\n" for name in sorted(names))
        + f"        <name>{kind}</name>\n    </types>\n"
        for kind, names in sorted(named.items())
    ]
    version = f"    <version>{_API_VERSION}</version>\n"
    return f'{_HEAD}<Package xmlns="{_NAMESPACE}">\n{"".join(types)}{version}</Package>\n'
