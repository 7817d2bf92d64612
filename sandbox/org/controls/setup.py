"""Controls for what an admin does in Setup."""

from __future__ import annotations

from typing import Any

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.instance.org import Org, current_org
from sandbox.org.metadata.objects import Field
from sandbox.org.metadata.setup import FEATURES
from sandbox.org.wire.errors import BadInput
from sandbox.org.wire.ids import MalformedId, canonical_id

_SWITCHES = (*FEATURES, "client_secret_expired")
_ADDRESSES = {False: "", True: "agents", "agents": "agents", "everyone": "everyone"}
_LONGEST_SESSION_S = 86_400


@blueprint.get("/org")
def show_setup() -> Response:
    """Answer the features and refusals."""
    return json_response(_setup_json(current_org()))


@blueprint.patch("/org")
def change_org() -> Response:
    """Switch features and refusals; everything is checked before anything changes."""
    org, body = current_org(), json_body()
    # All problems at once, so that a test that names three wrong settings reads of three.
    problems: dict[str, str] = {}
    read = {name: _checked(name, value, problems) for name, value in body.items()}
    if problems:
        raise BadInput(**problems)
    # Both are of the Organization record and no switches of the setup, which change all together below.
    is_sandbox, org_id = read.pop("is_sandbox", None), read.pop("org_id", "")
    if is_sandbox is not None:
        _update_organization(org, IsSandbox=is_sandbox)
    if org_id != "":
        org.change_org_id(org_id)
    # Before the change, after which it cannot be told from an org that had it already.
    switched_on = read.get("multi_currency") and not org.setup.multi_currency
    org.change_setup(**read)
    # Salesforce gives every record a CurrencyIsoCode when multiple currencies are switched on.
    if switched_on:
        _name_currencies(org)
    return json_response(_setup_json(org))


def _setup_json(org: Org) -> dict[str, Any]:
    organization = org.records.get("Organization", org.keys.org_id) or {}
    return {"org_id": org.keys.org_id, "is_sandbox": organization.get("IsSandbox"), **org.setup.as_json()}


def _checked(name: str, value: Any, problems: dict[str, str]) -> Any:
    """Return the value as it is stored, or add a sentence about it to `problems`."""
    if name in (*_SWITCHES, "is_sandbox"):
        if not isinstance(value, bool):
            problems[name] = "must be true or false"
    elif name == "ip_refused":
        if not isinstance(value, bool | str) or value not in _ADDRESSES:
            problems[name] = "must be false, true, agents or everyone"
        return _ADDRESSES.get(value) if isinstance(value, bool | str) else None
    elif name == "session_s":
        if type(value) is not int or not 1 <= value <= _LONGEST_SESSION_S:
            problems[name] = f"must be a whole number of seconds from 1 to {_LONGEST_SESSION_S}"
    elif name == "org_id":
        return _org_id(value, problems)
    else:
        problems[name] = "is not a setting of this org"
    return value


def _org_id(value: Any, problems: dict[str, str]) -> str | None:
    if value == "new":
        return None
    try:
        org_id = canonical_id(value)
    except MalformedId:
        org_id = ""
    # The key prefix of Organization: every id of an org begins with it.
    if not org_id.startswith("00D"):
        problems["org_id"] = "must be the id of an org, or new"
    return org_id


def _update_organization(org: Org, **values: Any) -> None:
    row = org.records.get("Organization", org.keys.org_id) or {}
    with org.records.transaction():
        org.records.put("Organization", row | values)


def _name_currencies(org: Org) -> None:
    """Give each order the currency that it has beside the standard field."""
    known = org.metadata.objects["Order"].fields["CurrencyIsoCode"].values
    with org.records.transaction():
        for order in org.orders():
            if order.get("Currency__c") in known:
                org.records.put("Order", order | {"CurrencyIsoCode": order["Currency__c"]})


@blueprint.put("/field-permissions")
def set_field_permissions() -> Response:
    """Replace what the integration user may do with single fields; an empty object opens all."""
    return _replace_field_permissions("field_permissions")


@blueprint.put("/agent-field-permissions")
def set_agent_field_permissions() -> Response:
    """Replace what everybody but the integration user may do with single fields."""
    return _replace_field_permissions("agent_field_permissions")


def _replace_field_permissions(setting: str) -> Response:
    org, body = current_org(), json_body()
    problems: dict[str, str] = {}
    for path, may in body.items():
        _check_path(org, path, problems)
        switches = may if isinstance(may, dict) else {}
        if set(switches) != {"readable", "editable"} or not all(isinstance(one, bool) for one in switches.values()):
            problems[path] = "must be {readable, editable}, each true or false"
        # Setup ticks read access with edit access; a set that edits what it cannot read does not exist.
        elif switches["editable"] and not switches["readable"]:
            problems[path] = "cannot be editable and not readable"
    if problems:
        raise BadInput(**problems)
    org.change_setup(**{setting: body})
    return json_response(body)


@blueprint.put("/picklists")
def set_picklists() -> Response:
    """Replace what is changed about picklists; an empty object leaves all as the metadata has them."""
    org, body = current_org(), json_body()
    problems: dict[str, str] = {}
    for path, change in body.items():
        field = _check_path(org, path, problems)
        if field is not None:
            _check_picklist(field, path, change, problems)
    if problems:
        raise BadInput(**problems)
    org.change_setup(picklists=body)
    return json_response(body)


def _check_path(org: Org, path: str, problems: dict[str, str]) -> Field | None:
    object_name, _, name = path.partition(".")
    kind = org.metadata.every.get(object_name)
    field = kind.fields.get(name) if kind else None
    if field is None:
        problems[path] = "is not a field of this org, written as Object.Field"
    return field


def _check_picklist(field: Field, path: str, change: Any, problems: dict[str, str]) -> None:
    if field.type != "picklist":
        problems[path] = "is not a picklist"
    elif not isinstance(change, dict) or set(change) - {"restricted", "without"}:
        problems[path] = "must be {restricted, without}"
    elif not isinstance(change.get("restricted", False), bool) or not isinstance(change.get("without", []), list):
        problems[path] = "must hold restricted as true or false, and without as a list of values"
