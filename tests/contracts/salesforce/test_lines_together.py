"""The lines of a batch's orders are read together, at most two hundred orders in a query, and nothing is cut in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from connector.domain.tenants.tenant import Tenant
from connector.salesforce.calls.order_lines import OrderLinesReader
from tests.factories import long_id, make_tenant
from tests.journeys.requesting.test_order_lines import line
from tests.journeys.world import Clock


def test_of_a_batch_with_more_lines_than_an_answer_holds_the_rest_is_read_alone() -> None:
    """Nothing is cut in silence: the last order of the page, and those that are not in it, are asked for by themselves."""
    orders = [long_id(f"801xx000000{number:04}") for number in range(4)]
    rows = [{**line(f"Tea {number}"), "OrderId": orders[number // 2]} for number in range(8)]
    queries: list[str] = []

    def read(_: object, path: str, **__: object) -> dict[str, Any]:
        soql = unquote(path.partition("q=")[2])
        queries.append(soql)
        mine = [row for row in rows if row["OrderId"] in soql]
        page = mine[:3] if " IN " in soql else mine
        return {"records": page, "totalSize": len(mine), "done": len(page) == len(mine)}

    reader = OrderLinesReader(read=read, now=Clock())
    with reader.together(make_tenant(), orders):
        found = [[name for name, _, _ in reader.of(make_tenant(), one).values] for one in orders]
    assert found == [["Tea 0", "Tea 1"], ["Tea 2", "Tea 3"], ["Tea 4", "Tea 5"], ["Tea 6", "Tea 7"]]
    assert [" IN " in one for one in queries] == [True, False, False, False]


def test_a_query_names_two_hundred_orders_at_most() -> None:
    orders = [long_id(f"801xx000000{number:04}") for number in range(450)]
    named: list[int] = []

    def read(_: object, path: str, **__: object) -> dict[str, Any]:
        named.append(unquote(path).count("801xx"))
        return {"records": [], "totalSize": 0, "done": True}

    reader = OrderLinesReader(read=read, now=Clock())
    with reader.together(make_tenant(), orders):
        for one in orders:
            assert reader.of(make_tenant(), one).count == 0
    assert named == [200, 200, 50]


def test_the_order_that_is_left_over_from_two_hundred_has_its_lines_too() -> None:
    orders = [long_id(f"801xx000000{number:04}") for number in range(201)]

    def read(_: object, path: str, **__: object) -> dict[str, Any]:
        # A query for one order names none in its rows.
        rows = [{**line(), "OrderId": one} for one in orders[:200]] if " IN " in unquote(path) else [line()]
        return {"records": rows, "totalSize": len(rows), "done": True}

    reader = OrderLinesReader(read=read, now=Clock())
    with reader.together(make_tenant(), orders):
        assert {reader.of(make_tenant(), one).count for one in orders} == {1}


def test_what_a_batch_has_read_of_one_org_is_no_other_orgs() -> None:
    acme, order = make_tenant(), long_id("801xx0000000001")
    globex = replace(acme, tenant_id="globex")

    def read(tenant: Tenant, _: str, **__: object) -> dict[str, Any]:
        return {"records": [line(tenant.tenant_id)], "totalSize": 1, "done": True}

    reader = OrderLinesReader(read=read, now=Clock())
    with reader.together(acme, [order, long_id("801xx0000000002")]):
        found = [reader.of(one, order).values for one in (acme, globex)]
    assert [one[0][0] for one in found[1:]] == ["globex"]
