"""The order's lines go to a payment core of our own, whose page lists them; no link waits for them or fails for them."""

from __future__ import annotations

from decimal import Decimal
from secrets import token_hex
from typing import Any

import pytest

from tests.captured_logs import capture_logs
from tests.journeys.keys import KeyHolder
from tests.journeys.world import Page, World
from tests.peers.core import OWN_CORE

OWN = {"base_url": OWN_CORE, "application": "app-uuid", "environment": "SANDBOX", "confirm": True}
SATCHEL = {"Product2": {"Name": "Canvas satchel"}, "Quantity": 1.0, "TotalPrice": 64.0}
BOTTLES = {"Product2": {"Name": "Water bottle"}, "Quantity": 2.0, "TotalPrice": 36.0}


def line(name: Any = "Tea", quantity: Any = 1.0, total: Any = 100.0) -> dict[str, Any]:
    return {"Product2": {"Name": name} if name is not None else None, "Quantity": quantity, "TotalPrice": total}


@pytest.fixture
def own(world: World) -> World:
    """A tenant with a payment core of our own, whose org has two lines for every order."""
    world.with_own_core()
    world.org.answers["OrderItem"] = [SATCHEL, BOTTLES]
    return world


def asked(world: World) -> list[str]:
    """The queries for lines."""
    return [
        soql for token, soql in world.org.queries if " FROM OrderItem " in soql and token.startswith("integration-")
    ]


def sent(world: World, page: Page, **changes: Any) -> dict[str, Any]:
    world.sent(page, **changes)
    return world.core.sends[-1]


def batch(world: World, orders: list[str]) -> None:
    """Let a flow send for all of them in one call."""
    items = [{"order_id": one, "idempotency_key": f"run-{token_hex(8)}-x"} for one in orders]
    answer = KeyHolder(world, "flow", name="Reminders").flow("send-many", items=items)
    assert [one["outcome"] for one in answer.json["results"]] == ["sent"] * len(orders), answer.json


def listed(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["name"], one["quantity"], one["amount"]) for one in body.get("orderLines", ())]


def test_a_core_of_our_own_gets_the_lines_that_salesforce_has_now(own: World) -> None:
    page = own.open(own.order())
    body = sent(own, page)
    assert listed(body) == [("Canvas satchel", 1, 64), ("Water bottle", 2, 36)]
    assert "moreOrderLines" not in body
    assert asked(own) == [
        f"SELECT Product2.Name, Quantity, TotalPrice FROM OrderItem WHERE OrderId = '{page.order_id}' ORDER BY CreatedDate, Id"
    ]


def test_the_vendors_core_gets_none_and_none_are_read(world: World) -> None:
    world.org.answers["OrderItem"] = [SATCHEL]
    body = sent(world, world.open(world.order()))
    assert {"orderLines", "moreOrderLines"}.isdisjoint(body)
    assert asked(world) == []


def test_the_agents_page_shows_no_lines_and_reads_none(own: World) -> None:
    """It opens and polls with as many calls as before: lines are read when a link is sent."""
    page = own.open(own.order())
    assert not [name for name in own.look(page) if "line" in name]
    assert asked(own) == []


def test_a_part_of_the_total_pays_for_no_line_in_particular(own: World) -> None:
    own.tenant(parts_allowed=True, core=OWN)
    body = sent(own, own.open(own.order()), amount="50.00", purpose="deposit")
    assert body["totalAmount"] == 50
    assert "orderLines" not in body
    assert asked(own) == []


def test_an_org_that_closes_them_gets_links_without_lines_and_is_asked_again_within_minutes(own: World) -> None:
    own.org.answers["OrderItem"] = "INVALID_FIELD"
    with capture_logs() as logged:
        assert "orderLines" not in sent(own, own.open(own.order()))
    (said,) = [one for one in logged if one["event"] == "order_lines_not_read"]
    assert (said["log_level"], said["tenant"], said["code"]) == ("warning", "acme", "salesforce_refused")
    assert "orderLines" not in sent(own, own.open(own.order()))
    assert len(asked(own)) == 1
    own.clock.pass_by(minutes=3, seconds=1)
    own.org.answers["OrderItem"] = [SATCHEL]
    assert listed(sent(own, own.open(own.order()))) == [("Canvas satchel", 1, 64)]


def test_a_fault_that_passes_costs_one_link_its_lines(own: World) -> None:
    own.org.answers["OrderItem"] = "QUERY_TIMEOUT"
    assert "orderLines" not in sent(own, own.open(own.order()))
    own.org.answers["OrderItem"] = [SATCHEL]
    assert listed(sent(own, own.open(own.order()))) == [("Canvas satchel", 1, 64)]


def test_an_integration_user_who_cannot_log_in_costs_one_link_its_lines(own: World) -> None:
    page = own.open(own.order())
    own.org.sessions_over.update(f"integration-{number}" for number in range(1, 20))
    own.org.login_refused = "invalid_grant"
    assert "orderLines" not in sent(own, page)


@pytest.mark.parametrize(
    ("lines", "query"),
    [
        (None, None),
        (
            {"name": "Description", "amount": "AdjustedLineAmount"},
            "SELECT Description, Quantity, AdjustedLineAmount FROM OrderItem WHERE OrderId = ",
        ),
    ],
    ids=["switched off", "other fields"],
)
def test_an_admin_says_which_fields_are_lines_or_that_none_are(
    own: World, lines: dict[str, str] | None, query: str | None
) -> None:
    own.tenant(mapping={"read": {"lines": lines}}, core=OWN)
    own.org.answers["OrderItem"] = [{"Description": "Bag", "Quantity": 1.0, "AdjustedLineAmount": 90.0}]
    body = sent(own, own.open(own.order()))
    assert listed(body) == ([("Bag", 1, 90)] if query else [])
    assert [soql.partition("'")[0] for soql in asked(own)] == ([query] if query else [])


def test_a_repeat_asks_for_the_lines_of_its_own_time(own: World) -> None:
    """Of the first try it was proven that nothing left: the second one is the first that the core gets to see."""
    page = own.open(own.order())
    own.core.down = True
    assert own.send(page, key="press-0001").status_code == 503
    own.core.down = False
    own.org.answers["OrderItem"] = [BOTTLES]
    assert own.send(page, key="press-0001").status_code == 201
    assert listed(own.core.sends[-1]) == [("Water bottle", 2, 36)]


@pytest.mark.parametrize("is_lost", [False, True], ids=["answered", "lost"])
def test_what_may_have_left_is_never_sent_again_whatever_the_lines_are_now(own: World, is_lost: bool) -> None:
    page = own.open(own.order())
    own.core.drop_answers = is_lost
    first = own.send(page, key="press-0001")
    own.core.drop_answers = False
    own.org.answers["OrderItem"] = [BOTTLES, SATCHEL, SATCHEL]
    again = own.send(page, key="press-0001")
    assert (first.status_code, again.status_code) == ((202, 202) if is_lost else (201, 201))
    assert again.json["reference"] == first.json["reference"]
    assert len(own.core.sends) == len(asked(own)) == 1


def test_a_core_that_refuses_them_gets_the_link_without(own: World) -> None:
    own.core.takes_no_lines = True
    assert listed(sent(own, own.open(own.order()))) == []
    assert len(own.core.sends) == 1


@pytest.mark.parametrize(
    ("currency", "total", "price", "amount"), [("JPY", 5500.0, 1750.4, "1750"), ("KWD", 12.345, 9.5075, "9.508")]
)
def test_a_lines_amount_has_the_digits_in_which_the_total_is_asked_for(
    own: World, currency: str, total: float, price: float, amount: str
) -> None:
    offered = {"channels": ["sms"], "currencies": [currency], "merchant_name": None, "delivery_reports": []}
    own.tenant(configuration=offered, core=OWN)
    own.org.answers["OrderItem"] = [line(total=price)]
    order = own.order(Currency__c=currency, Grand_Total__c=total, Tax__c=None, Sub_Total__c=None)
    page = own.open(order)
    body = sent(own, page, expected_total=None)
    assert str(body["orderLines"][0]["amount"]) == amount


def test_of_a_long_order_fifty_lines_are_listed_and_the_others_counted(own: World) -> None:
    own.org.answers["OrderItem"] = [line(f"Tea {number}", total=1.0) for number in range(300)]
    body = sent(own, own.open(own.order()))
    assert ([one[0] for one in listed(body)][::49], body["moreOrderLines"]) == (["Tea 0", "Tea 49"], 250)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Tea \t of\nthe\u00a0Cape ", "Tea of the Cape"),
        ("Tea\u202e\u200b\u0000", "Tea"),
        ("T" * 130, "T" * 119 + "…"),
        ("Card 4111 1111 1111 1111", "Card [redacted]"),
        ("T" * 103 + "4111 1111 1111 1111 11", "T" * 103 + "4111 1111 1111 1…"),
        ("\u200b", "–"),
        (None, "–"),
    ],
)
def test_a_name_is_cleaned_and_never_a_reason_to_send_nothing(own: World, name: str | None, shown: str) -> None:
    own.org.answers["OrderItem"] = [line(name)]
    assert [one[0] for one in listed(sent(own, own.open(own.order())))] == [shown]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        (line(quantity=0.125), ("Tea", Decimal("0.125"), 100)),
        (line(quantity=-2.0, total=-40.0), ("Tea", -2, -40)),
        (line(quantity=0.0), None),
        (line(quantity=None), None),
        (line(total=None), None),
        (line(quantity=1e6), ("Tea", 1_000_000, 100)),
        (line(quantity=1e7), None),
        (line(total=1e19), None),
    ],
)
def test_a_line_that_cannot_be_shown_counts_among_the_others(
    own: World, odd: dict[str, Any], kept: tuple[Any, ...] | None
) -> None:
    own.org.answers["OrderItem"] = [SATCHEL, odd]
    body = sent(own, own.open(own.order()))
    assert listed(body) == [("Canvas satchel", 1, 64), *([kept] if kept else [])]
    assert body.get("moreOrderLines", 0) == (0 if kept else 1)


def test_no_line_is_logged_or_kept(own: World) -> None:
    own.org.answers["OrderItem"] = [line("Ring for Zanele")]
    with capture_logs() as logged:
        sent(own, own.open(own.order()))
    assert "Zanele" not in str(logged)
    assert "Zanele" not in str(own.row("payment_requests"))


def test_a_batch_reads_the_lines_of_all_its_orders_in_one_query(own: World) -> None:
    orders = [own.order() for _ in range(3)]
    bare = own.order()
    own.org.answers["OrderItem"] = [
        {**line(f"Tea {number}", quantity=float(number)), "OrderId": orders[number % 3]} for number in range(1, 7)
    ]
    batch(own, [*orders, bare])
    assert [[one[0] for one in listed(body)] for body in own.core.sends] == [
        ["Tea 3", "Tea 6"], ["Tea 1", "Tea 4"], ["Tea 2", "Tea 5"], [],
    ]  # fmt: skip
    (query,) = asked(own)
    assert query.startswith("SELECT OrderId, Product2.Name, Quantity, TotalPrice FROM OrderItem WHERE OrderId IN ('")
    assert query.endswith("ORDER BY OrderId, CreatedDate, Id")
    # A send of its own, in the same thread, asks for its own.
    own.org.answers["OrderItem"] = [SATCHEL]
    assert listed(sent(own, own.open(own.order()))) == [("Canvas satchel", 1, 64)]


def test_a_batch_whose_lines_cannot_be_read_asks_once_and_sends_all(own: World) -> None:
    own.org.answers["OrderItem"] = "QUERY_TIMEOUT"
    batch(own, [own.order() for _ in range(4)])
    assert (len(own.core.sends), len(asked(own))) == (4, 1)
    assert not any("orderLines" in body for body in own.core.sends)
