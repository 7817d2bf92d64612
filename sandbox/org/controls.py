"""The sandbox's own controls: knows launches, faults, counters and orders, and refuses to know Salesforce's rules."""

from typing import Any

from flask import Response

from sandbox.org.access import rights_of
from sandbox.org.control_door import door, json_answer, json_body
from sandbox.org.faults import BadInput, FaultPlan, read_plan
from sandbox.org.ids import MalformedId, canonical
from sandbox.org.launch import signed_request
from sandbox.org.oauth import public_key
from sandbox.org.order_controls import change_order, delete_order, make_orders, restore_order
from sandbox.org.org import Org, current_org
from sandbox.org.records import Row
from sandbox.org.user_controls import change_set, change_user

_KINDS = {"_agent": "agent", "_supervisor": "supervisor", "_runs_integration": "integration", "_no_access": "no_access"}


@door.get("/health")
def show_health() -> Response:
    return json_answer({"status": "ok"})


@door.get("/credentials")
def show_credentials() -> Response:
    org = current_org()
    keys = org.keys
    return json_answer(
        {
            "org_id": keys.org_id,
            "instance_url": org.instance_url,
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "canvas_secret": keys.canvas_secret,
            "users": [_user(org, user) for user in org.users()],
        }
    )


def _user(org: Org, user: Row) -> dict[str, Any]:
    kind = next((word for mark, word in _KINDS.items() if user.get(mark)), "user")
    facts = {"id": user["Id"], "username": user["Username"], "name": user["Name"], "kind": kind}
    facts |= {"access_token": org.tokens.present(user["Id"]), "active": user["IsActive"]}
    return facts | {"permission_sets": org.permissions.names_of(user)} | rights_of(user)


@door.post("/launches")
def make_launch() -> Response:
    """Sign for any user and any order id: in Salesforce, too, the id comes from the browser."""
    org, body = current_org(), json_body()
    unknown = {name: "is not known" for name in body if name not in ("order_id", "user_id", "launched_at")}
    if unknown:
        raise BadInput(**unknown)
    user = org.first_agent() if body.get("user_id") is None else _user_named(org, body["user_id"])
    order_id = org.orders()[0]["Id"] if body.get("order_id") is None else body["order_id"]
    launched_at = body.get("launched_at")
    if not isinstance(order_id, str):
        raise BadInput(order_id="must be a text")
    if launched_at is not None and not isinstance(launched_at, str):
        raise BadInput(launched_at="must be a text")
    signed = signed_request(org, user=user, order_id=order_id, launched_at=launched_at)
    return json_answer({"launch_url": org.canvas_url, "signed_request": signed})


def _user_named(org: Org, user_id: Any) -> Row:
    try:
        user = org.user(canonical(user_id))
    except MalformedId:
        user = None
    if user is None:
        raise BadInput(user_id="is not a user of this org")
    return user


@door.put("/faults")
def set_faults() -> Response:
    org, plan = current_org(), read_plan(json_body())
    if plan.expire_tokens and not org.faults.plan.expire_tokens:
        org.tokens.end_all()
    org.faults.plan = plan
    return json_answer(plan.as_json())


@door.get("/faults")
def show_faults() -> Response:
    return json_answer(current_org().faults.plan.as_json())


@door.delete("/faults")
def clear_faults() -> Response:
    current_org().faults.plan = FaultPlan()
    return Response(status=204)


@door.get("/calls")
def show_calls() -> Response:
    return json_answer(current_org().counts.as_json())


@door.delete("/calls")
def reset_calls() -> Response:
    current_org().counts.reset()
    return Response(status=204)


@door.put("/certificate")
def register_certificate() -> Response:
    pem = json_body().get("certificate")
    if not isinstance(pem, str):
        raise BadInput(certificate="must be the text of a PEM certificate or public key")
    try:
        public_key(pem)
    except ValueError as error:
        raise BadInput(certificate="is not an RSA certificate or public key in PEM form") from error
    current_org().records.keep_setting("certificate", pem)
    return Response(status=204)


@door.post("/orders")
def create_orders() -> Response:
    org = current_org()
    rows = make_orders(org, json_body())
    orders = [{"id": row["Id"], "order_number": row["OrderNumber"], "account_id": row["AccountId"]} for row in rows]
    return json_answer(orders[0] | {"orders": orders}, status=201)


@door.delete("/orders/<order_id>")
def remove_order(order_id: str) -> Response:
    """Put an order into the recycle bin, as somebody inside the org would."""
    delete_order(current_org(), order_id)
    return Response(status=204)


@door.post("/orders/<order_id>/restore")
def put_order_back(order_id: str) -> Response:
    """Take an order out of the recycle bin."""
    return json_answer(_shown(restore_order(current_org(), order_id)))


@door.patch("/orders/<order_id>")
def patch_order(order_id: str) -> Response:
    return json_answer(_shown(change_order(current_org(), order_id, body=json_body())))


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


@door.patch("/users/<user_id>")
def patch_user(user_id: str) -> Response:
    org = current_org()
    return json_answer(_user(org, change_user(org, _user_named(org, user_id), body=json_body())))


@door.patch("/permission-sets/<name>")
def patch_permission_set(name: str) -> Response:
    return json_answer(change_set(current_org(), name, body=json_body()))
