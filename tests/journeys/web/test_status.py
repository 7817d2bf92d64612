"""What an open page polls, and how errors are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.app import create_app
from connector.store.encryption.vault import TenantVault
from foundation.database.unit_of_work import Transactions
from foundation.phones.phone import Phone
from tests.factories import OTHER_PHONE, PHONE, SIPHO, THANDI
from tests.journeys.played_once import played_once
from tests.journeys.world import SENTENCES, Answer, Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    return world.open(world.order(THANDI, SIPHO))


def poll(world: World, page: Page, tag: str | None = None, url: str = "") -> Answer:
    headers = page.headers | ({"If-None-Match": tag} if tag else {})
    return world.client.get(url or f"/api/orders/{page.order_id}", headers=headers)


def url_of(world: World) -> str:
    return f"/api/payment-requests/{world.row('payment_requests')['reference']}"


def test_has_a_weak_tag_and_answers_304_without_a_body_while_nothing_changes(
    world: World, page: Page, clock: Clock
) -> None:
    world.sent(page)
    for url in ("", url_of(world)):
        first = poll(world, page, url=url)
        tag = first.headers["ETag"]
        assert tag.startswith('W/"')
        clock.pass_by(seconds=30)
        again = poll(world, page, tag, url)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)


def test_changes_its_tag_when_something_shown_changes(world: World, page: Page, clock: Clock) -> None:
    steps = {
        "send": lambda: world.sent(page),
        "write": lambda: world.settle(),
        "click": lambda: world.told(world.core.last(), "PAYMENT_LINK_CLICKED"),
        "proof": lambda: (clock.pass_by(seconds=1), world.told(world.core.last(), "PAYMENT_LINK_SENT")),
        "ask": lambda: (clock.pass_by(seconds=1), world.client.post(f"{url_of(world)}/refresh", headers=page.headers)),
        "decline": lambda: world.told(world.core.last(), "PAYMENT_DECLINED"),
        "await": lambda: (setattr(world.core, "mute", True), world.told(world.core.last(), "PAYMENT_RECEIVED")),
        "pay": lambda: (setattr(world.core, "mute", False), clock.pass_by(seconds=5), world.drain()),
        "refuse": lambda: (world.org.refuses.update({page.order_id: "SOME_RULE"}), world.settle()),
        "disable": lambda: world.disable(),
    }
    seen = [poll(world, page)]
    for name, step in steps.items():
        step()
        now = poll(world, page, seen[-1].headers["ETag"])
        assert now.status_code == 200, name
        assert now.json != seen[-1].json, name
        seen.append(now)
    assert len({one.headers["ETag"] for one in seen}) == len(seen)


class NewsMeanwhile(TenantVault):
    """Lets something happen once, while the first row is being read."""

    happens: Callable[[], object] | None = None

    def phone(self, tenant_id: str, sealed: bytes) -> Phone:
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return super().phone(tenant_id, sealed)


def test_never_has_the_tag_of_news_that_it_does_not_show(world: World, page: Page) -> None:
    world.sent(page)
    vault = NewsMeanwhile(world.services.settings.encryption_keys)
    store = world.services.store
    store = replace(store, transactions=Transactions(store.database, vault))
    world.services = replace(world.services, store=store)
    world.app = create_app(world.services)
    vault.happens = lambda: world.told(world.core.last(), "PAYMENT_RECEIVED")
    first = poll(world, page, url=url_of(world))
    again = poll(world, page, first.headers["ETag"], url_of(world))
    assert (again.json if again.status_code == 200 else first.json)["status"] == "paid"


def test_changes_its_tag_when_the_order_changed_in_salesforce(world: World, page: Page) -> None:
    tag = poll(world, page).headers["ETag"]
    world.org.orders[page.order_id].update(Grand_Total__c=116.0, Sub_Total__c=101.0)
    world.open(page.order_id, SIPHO)
    now = poll(world, page, tag)
    assert (now.status_code, now.json["total"]) == (200, "116.00")


@pytest.mark.parametrize("word", ["PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED", "PAYMENT_REVIEW", "PAYMENT_RECEIVED"])
def test_holds_absolute_times_only_so_that_the_same_row_is_the_same_body_later(
    world: World, page: Page, clock: Clock, word: str
) -> None:
    world.told(world.sent(page), word)
    bodies = []
    for _ in range(3):
        order = poll(world, page).json
        # What the core's clock shows now, and up to when the order is known, are of this moment.
        del order["core_clock"], order["not_current"]
        bodies.append((order, poll(world, page, url=url_of(world)).data))
        clock.pass_by(minutes=4, seconds=7)
    assert bodies[0] == bodies[1] == bodies[2]


def test_holds_no_digits_of_a_phone_but_the_orders_own(world: World, page: Page) -> None:
    world.sent(page, phone=OTHER_PHONE)
    world.settle()
    whole = poll(world, page)
    assert whole.json["phone"] == PHONE
    assert whole.json["phone_reading"]["number"] == f"+{PHONE}"
    # Whoever may see the order may see the number that it was last sent to.
    rest = dict(whole.json)
    assert OTHER_PHONE in str(rest.pop("last_number"))
    assert OTHER_PHONE not in str(rest)
    assert whole.text.count(PHONE) == 2
    assert whole.json["payment_requests"][0]["phone_ending"] == OTHER_PHONE[-4:]
    one = poll(world, page, url=url_of(world))
    assert PHONE not in one.text
    assert OTHER_PHONE not in one.text


def test_writes_amounts_as_decimal_strings_in_the_currencys_digits(world: World) -> None:
    page = world.open(world.order(Grand_Total__c=1150.0, Tax__c=150.0, Sub_Total__c=1000.0, Currency__c="JPY"))
    world.told(world.sent(page, expected_total="1150"), "PAYMENT_RECEIVED")
    order = world.look(page)
    assert (order["total"], order["amount_paid"], order["payment_requests"][0]["amount"]) == ("1150", "1150", "1150")


def test_tells_the_whole_story_of_a_payment(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    for word in ("PAYMENT_LINK_SENT", "PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED", "PAYMENT_RECEIVED"):
        clock.pass_by(seconds=10)
        world.told(link, word)
    world.settle()
    timeline = [line["id"] for line in world.look(page)["payment_requests"][0]["timeline"]]
    assert timeline == [
        "timeline_created", "timeline_sending", "timeline_accepted", "timeline_sent", "timeline_opened",
        "timeline_declined", "timeline_paid", "timeline_written",
    ]  # fmt: skip


def test_is_fresh_when_the_agent_asks_the_core(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    world.core.happen(link, "PAYMENT_LINK_CLICKED")
    clock.pass_by(seconds=20)
    answer = world.client.post(f"{url_of(world)}/refresh", headers=page.headers)
    assert (answer.status_code, answer.json["outcome"]) == (200, "fresh")
    assert answer.json["sentence"] == SENTENCES["refresh_fresh"]
    assert answer.json["payment_request"]["status"] == "opened"
    assert answer.json["payment_request"]["proven_at"] == "2026-11-21T10:42:27.000Z"
    world.core.down = True
    answer = world.client.post(f"{url_of(world)}/refresh", headers=page.headers)
    assert (answer.status_code, answer.json["outcome"]) == (200, "core_unreachable")
    assert answer.json["sentence"] == SENTENCES["refresh_core_unreachable"]
    assert answer.json["payment_request"]["status"] == "opened"


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/orders", "/nothing/here", "/callbacks/x", "/launch/", "/api/orders/a/b"]
)
def test_of_an_address_that_is_not_there_is_404(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/payment-requests", "POST"),
        ("DELETE", "/api/orders/801xx0000000001AAA", "GET"),
        ("GET", "/callbacks/key/payment-status", "POST"),
        ("POST", "/health/live", "GET"),
    ],
)
def test_of_a_wrong_method_is_405_and_says_which_is_right(world: World, method: str, path: str, allowed: str) -> None:
    answer = world.client.open(path, method=method)
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed")
    assert allowed in answer.headers["Allow"]


def test_of_our_own_fault_is_500_and_shows_nothing_of_it(world: World, lines: list[Any]) -> None:
    def fail() -> str:
        secret = "a value that nobody may see"
        raise RuntimeError(secret)

    world.app.add_url_rule("/fails", view_func=fail)
    answer = world.client.get("/fails")
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    for said in (answer.text, repr(lines)):
        assert "nobody may see" not in said
        assert "Traceback" not in said
    (line,) = [one for one in lines if one["event"] == "unforeseen"]
    assert (line["error"], line["where"].partition(":")[0]) == ("RuntimeError", "fail")


def test_carries_the_request_id_of_its_log_lines(world: World) -> None:
    answers = [world.client.get("/nothing") for _ in range(2)]
    ids = {answer.json["error"]["request_id"] for answer in answers}
    assert len(ids) == 2


def test_of_a_host_that_asks_for_health_is_short(world: World) -> None:
    assert world.client.get("/health/live").json["status"] == "ok"
    assert world.client.get("/health/ready").json["database"] == "ok"


def live_in_both(world: World, page: Page) -> list[bool]:
    """Which requests of an order are live, newest first, as the API and the table have it alike."""
    listed = world.look(page)["payment_requests"]
    rows = {row["reference"]: bool(row["live"]) for row in world.rows("payment_requests")}
    assert {one["reference"]: one["live"] for one in listed} == rows
    return [one["live"] for one in listed]


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
def test_calls_a_request_live_only_while_it_has_its_orders_place(world: World, page: Page, word: str) -> None:
    first = world.sent(page)
    assert live_in_both(world, page) == [True]
    world.told(first, word)
    world.told(first, "PAYMENT_REVIEW")
    assert world.look(page)["payment_requests"][0]["status"] == "in_review"
    assert live_in_both(world, page) == [False]
    assert world.look(page)["can_send"] is False  # money in review forbids a second link besides


def test_calls_one_request_of_an_order_live_when_an_earlier_one_comes_under_review(world: World, page: Page) -> None:
    first = world.sent(page)
    world.told(first, "PAYMENT_LINK_EXPIRED")
    world.clock.pass_by(seconds=1)  # so that the second request is the newer one
    world.sent(page)
    world.told(first, "PAYMENT_REVIEW")
    assert [one["status"] for one in world.look(page)["payment_requests"]] == ["sent", "in_review"]
    assert live_in_both(world, page) == [True, False]
