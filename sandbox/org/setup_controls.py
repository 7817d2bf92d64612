"""The controls for what an admin does in Setup: knows switches, fields and records, and refuses to ask for rights."""

from typing import Any

from flask import Response

from sandbox.org.addresses import with_country
from sandbox.org.control_door import door, json_answer, json_body
from sandbox.org.errors import ApiError
from sandbox.org.faults import BadInput
from sandbox.org.ids import MalformedId, canonical
from sandbox.org.metadata import Field
from sandbox.org.org import Org, current_org
from sandbox.org.records import Row
from sandbox.org.rows import derive, plant, readable_values
from sandbox.org.setup import FEATURES

_SWITCHES = (*FEATURES, "client_secret_expired")
_ADDRESSES = {False: "", True: "agents", "agents": "agents", "everyone": "everyone"}
_LONGEST_SESSION_S = 86_400


@door.get("/org")
def show_setup() -> Response:
    return json_answer(_facts(current_org()))


@door.patch("/org")
def change_org() -> Response:
    """Switch features and refusals; everything is checked before anything changes."""
    org, body = current_org(), json_body()
    wrong: dict[str, str] = {}
    read = {name: _checked(name, value, wrong) for name, value in body.items()}
    if wrong:
        raise BadInput(**wrong)
    is_sandbox, org_id = read.pop("is_sandbox", None), read.pop("org_id", "")
    if is_sandbox is not None:
        _keep_in_organization(org, IsSandbox=is_sandbox)
    if org_id != "":
        org.become_org(org_id)
    switched_on = read.get("multi_currency") and not org.setup.multi_currency
    org.change_setup(**read)
    if switched_on:
        _name_currencies(org)
    return json_answer(_facts(org))


def _facts(org: Org) -> dict[str, Any]:
    organization = org.records.get("Organization", org.keys.org_id) or {}
    return {"org_id": org.keys.org_id, "is_sandbox": organization.get("IsSandbox"), **org.setup.as_json()}


def _checked(name: str, value: Any, wrong: dict[str, str]) -> Any:
    """Return the value as it is kept, or put a sentence about it into `wrong`."""
    if name in (*_SWITCHES, "is_sandbox"):
        if not isinstance(value, bool):
            wrong[name] = "must be true or false"
    elif name == "ip_refused":
        if not isinstance(value, bool | str) or value not in _ADDRESSES:
            wrong[name] = "must be false, true, agents or everyone"
        return _ADDRESSES.get(value) if isinstance(value, bool | str) else None
    elif name == "session_s":
        if type(value) is not int or not 1 <= value <= _LONGEST_SESSION_S:
            wrong[name] = f"must be a whole number of seconds from 1 to {_LONGEST_SESSION_S}"
    elif name == "org_id":
        return _org_id(value, wrong)
    else:
        wrong[name] = "is not a setting of this org"
    return value


def _org_id(value: Any, wrong: dict[str, str]) -> str | None:
    if value == "new":
        return None
    try:
        org_id = canonical(value)
    except MalformedId:
        org_id = ""
    if not org_id.startswith("00D"):
        wrong["org_id"] = "must be the id of an org, or new"
    return org_id


def _keep_in_organization(org: Org, **values: Any) -> None:
    row = org.records.get("Organization", org.keys.org_id) or {}
    with org.records.transaction():
        org.records.put("Organization", row | values)


def _name_currencies(org: Org) -> None:
    """Give each order the currency that it was kept in beside the standard field."""
    known = org.metadata.objects["Order"].fields["CurrencyIsoCode"].values
    with org.records.transaction():
        for order in org.orders():
            if order.get("Currency__c") in known:
                org.records.put("Order", order | {"CurrencyIsoCode": order["Currency__c"]})


@door.put("/field-permissions")
def set_field_permissions() -> Response:
    """Replace what the integration user may do with single fields; an empty object opens all."""
    return _replace_field_permissions("field_permissions")


@door.put("/agent-field-permissions")
def set_agent_field_permissions() -> Response:
    """Replace what everybody but the integration user may do with single fields."""
    return _replace_field_permissions("agent_field_permissions")


def _replace_field_permissions(kept_as: str) -> Response:
    org, body = current_org(), json_body()
    wrong: dict[str, str] = {}
    for path, may in body.items():
        _check_path(org, path, wrong)
        switches = may if isinstance(may, dict) else {}
        if set(switches) != {"readable", "editable"} or not all(isinstance(one, bool) for one in switches.values()):
            wrong[path] = "must be {readable, editable}, each true or false"
        elif switches["editable"] and not switches["readable"]:
            wrong[path] = "cannot be editable and not readable"
    if wrong:
        raise BadInput(**wrong)
    org.change_setup(**{kept_as: body})
    return json_answer(body)


@door.put("/picklists")
def set_picklists() -> Response:
    """Replace what is changed about picklists; an empty object leaves all as the metadata has them."""
    org, body = current_org(), json_body()
    wrong: dict[str, str] = {}
    for path, change in body.items():
        field = _check_path(org, path, wrong)
        if field is not None:
            _check_picklist(field, path, change, wrong)
    if wrong:
        raise BadInput(**wrong)
    org.change_setup(picklists=body)
    return json_answer(body)


def _check_path(org: Org, path: str, wrong: dict[str, str]) -> Field | None:
    object_name, _, name = path.partition(".")
    kind = org.metadata.every.get(object_name)
    field = kind.fields.get(name) if kind else None
    if field is None:
        wrong[path] = "is not a field of this org, written as Object.Field"
    return field


def _check_picklist(field: Field, path: str, change: Any, wrong: dict[str, str]) -> None:
    if field.type != "picklist":
        wrong[path] = "is not a picklist"
    elif not isinstance(change, dict) or set(change) - {"restricted", "without"}:
        wrong[path] = "must be {restricted, without}"
    elif not isinstance(change.get("restricted", False), bool) or not isinstance(change.get("without", []), list):
        wrong[path] = "must hold restricted as true or false, and without as a list of values"


@door.post("/records")
def create_record() -> Response:
    """Keep a record of any object, as an admin or a loader would."""
    org, body = current_org(), json_body()
    object_name, values = body.get("object"), body.get("values")
    if object_name not in org.metadata.objects:
        raise BadInput(object="is not an object of this org")
    if not isinstance(values, dict):
        raise BadInput(values="must be an object")
    with org.records.transaction():
        try:
            row = plant(
                org.records, org.metadata, object_name=object_name, values=_unmarked(values), user_id=_admin(org)
            )
        except ApiError as error:
            raise BadInput(values=error.message) from error
    return json_answer({"id": row["Id"]}, status=201)


@door.patch("/records/<record_id>")
def change_record(record_id: str) -> Response:
    """Change any record, read-only fields too. Orders, users and permission sets have controls of their own."""
    org, body = current_org(), json_body()
    object_name = org.records.object_of(record_id)
    if object_name not in org.metadata.objects or object_name in ("Order", "User", "PermissionSet"):
        raise BadInput(record_id="is not a record that this control changes")
    kind = org.metadata.objects[object_name]
    try:
        row = (org.records.get(object_name, record_id) or {}) | with_country(readable_values(kind, _unmarked(body)))
    except ApiError as error:
        raise BadInput(values=error.message) from error
    with org.records.transaction():
        derive(kind, row, records=org.records)
        org.records.put(object_name, row)
    return json_answer({name: value for name, value in row.items() if not name.startswith("_")})


def _unmarked(values: dict[str, Any]) -> Row:
    return {name: value for name, value in values.items() if not name.startswith("_")}


def _admin(org: Org) -> str:
    return str(next(user["Id"] for user in org.users() if user.get("_runs_integration")))
