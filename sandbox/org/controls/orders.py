"""Controls for orders."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.controls.order_values import change_order, clone_order, delete_order, make_orders, restore_order
from sandbox.org.instance.org import current_org
from sandbox.org.records.store import Row


@blueprint.post("/orders")
def create_orders() -> Response:
    """Create orders, and answer them."""
    org = current_org()
    rows = make_orders(org, json_body())
    orders = [{"id": row["Id"], "order_number": row["OrderNumber"], "account_id": row["AccountId"]} for row in rows]
    # Most callers make one order, and read its id without looking into the list.
    return json_response(orders[0] | {"orders": orders}, status=201)


@blueprint.delete("/orders/<order_id>")
def remove_order(order_id: str) -> Response:
    """Put an order into the recycle bin, as a user of the org would."""
    delete_order(current_org(), order_id)
    return Response(status=204)


@blueprint.post("/orders/<order_id>/restore")
def put_order_back(order_id: str) -> Response:
    """Take an order out of the recycle bin."""
    return json_response(without_marks(restore_order(current_org(), order_id)))


@blueprint.post("/orders/<order_id>/clone")
def copy_order(order_id: str) -> Response:
    """Do what the button Clone does, as the user of `user_id`."""
    return json_response(without_marks(clone_order(current_org(), order_id, body=json_body())), status=201)


@blueprint.patch("/orders/<order_id>")
def patch_order(order_id: str) -> Response:
    """Change an order's fields and marks."""
    return json_response(without_marks(change_order(current_org(), order_id, body=json_body())))


def without_marks(row: Row) -> Row:
    """Return the row without the sandbox's own marks."""
    return {name: value for name, value in row.items() if not name.startswith("_")}
