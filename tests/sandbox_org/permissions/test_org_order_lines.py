"""Order products are seen with their order, and by whom a permission set lets read them and their products."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask.testing import FlaskClient

from tests.sandbox_org.conftest import Api

LINES = "SELECT Product2.Name, Quantity, TotalPrice FROM OrderItem WHERE OrderId = '{}' ORDER BY CreatedDate, Id"


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["Product2"]["Name"] for row in rows]


def test_an_order_has_products_by_a_query_of_their_own_and_by_its_children(api: Api, order_id: str) -> None:
    rows = api.query(LINES.format(order_id))
    assert names(rows) == ["Canvas satchel", "Water bottle, 750 ml"]
    assert sum(Decimal(str(row["TotalPrice"])) for row in rows) == 100
    (order,) = api.query(f"SELECT (SELECT Product2.Name FROM OrderItems) FROM Order WHERE Id = '{order_id}'")
    assert names(order["OrderItems"]["records"]) == names(rows)


def test_nobody_reads_products_whom_no_set_lets(api_as: Callable[[str], Api], order_id: str) -> None:
    agent = api_as("Thandi")
    assert agent.refusal(LINES.format(order_id)) == "INVALID_TYPE"
    assert agent.refusal("SELECT Name FROM Product2") == "INVALID_TYPE"


def test_who_reads_order_products_alone_sees_ids_of_products_and_no_names(
    api: Api, client: FlaskClient, order_id: str
) -> None:
    unticked = {"objects": {"Product2": {"PermissionsRead": False}}}
    assert client.patch("/sandbox/permission-sets/Chat2Pay_Integration", json=unticked).status_code == 200
    assert api.refusal(LINES.format(order_id)) == "INVALID_FIELD"
    assert len(api.query(f"SELECT Product2Id FROM OrderItem WHERE OrderId = '{order_id}'")) == 2


def test_lines_of_an_order_that_was_deleted_are_seen_no_more(api: Api, client: FlaskClient, order_id: str) -> None:
    assert client.delete(f"/sandbox/orders/{order_id}").status_code in (200, 204)
    assert api.query(LINES.format(order_id)) == []


def test_a_summary_has_the_products_of_its_order(api: Api, client: FlaskClient, order_id: str) -> None:
    client.patch("/sandbox/org", json={"order_summaries": True})
    client.patch(f"/sandbox/orders/{order_id}", json={"managed": False})
    rows = api.query("SELECT Name, Quantity, AdjustedLineAmount FROM OrderItemSummary ORDER BY CreatedDate, Id")
    assert [(row["Name"], row["Quantity"], row["AdjustedLineAmount"]) for row in rows] == [
        ("Canvas satchel", 1, 64),
        ("Water bottle, 750 ml", 2, 36),
    ]
