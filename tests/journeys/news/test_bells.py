"""Who is told of what in Salesforce: once, after the record, and only what is true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.workers.news_delivery import NewsDelivery
from tests.factories import PHONE, THANDI
from tests.journeys.amending.test_release import release, supervise
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World, once
from tests.peers.news import GROUP, SUPERVISOR, TYPE

TOLD = "Your supervisor has been told"


@pytest.fixture
@played_once
def page(world: World) -> Page:
    world.org.answers["CustomNotificationType"] = [{"Id": TYPE}]
    world.org.answers["Group"] = [{"Id": GROUP}]
    world.org.answers["GroupMember"] = [{"UserOrGroupId": SUPERVISOR}]
    world.org.users[SUPERVISOR], world.org.names[SUPERVISOR] = "session-of-naledi", "Naledi"
    world.org.answers["User"] = [{"Id": SUPERVISOR}]
    return world.open(world.order())


@pytest.fixture
@played_once
def link(world: World, page: Page) -> dict[str, Any]:
    made = world.sent(page)
    world.settle()
    return made


def bells(world: World) -> list[tuple[str, str]]:
    """Whom each bell rang for, and its title without the order."""
    return [(one["recipientIds"][0], one["title"].partition(":")[0]) for one in world.org.news.bells]


def states(world: World) -> list[tuple[str, str]]:
    return sorted((one["kind"], one["state"]) for one in world.rows("payment_news"))


def etag(world: World, page: Page) -> str:
    return str(world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).headers["ETag"])


def pay_after_close(world: World, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.settle()
    world.deliver()
    world.org.news.bells.clear()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()


def test_the_agent_who_asked_is_told_once_that_it_was_paid(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    assert world.deliver() == 0, "the record comes first"
    world.settle()
    tag = etag(world, page)
    assert world.deliver() == 1
    assert etag(world, page) == tag, "the agent's own bell changes no page"
    (bell,) = world.org.news.bells
    assert bell["recipientIds"] == [THANDI.user_id]
    assert bell["customNotifTypeId"] == TYPE
    assert bell["targetId"].startswith("a0C")
    assert bell["body"] == f"115.00 ZAR received for order {world.org.orders[page.order_id]['OrderNumber']}."
    assert PHONE not in repr(bell)
    assert PHONE[-4:] not in repr(bell)
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.settle()
    world.deliver()
    assert len(world.org.news.bells) == 1


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["PAYMENT_AUTHORIZED"], "Held"),
        (["PAYMENT_LINK_EXPIRED"], "Link expired"),
        (["PAYMENT_DECLINED", "PAYMENT_LINK_EXPIRED"], "Declined"),
    ],
)
def test_each_end_has_its_bell(world: World, link: dict[str, Any], words: list[str], title: str) -> None:
    for word in words:
        world.told(link, word)
    world.settle()
    world.deliver()
    assert bells(world) == [(THANDI.user_id, title)]


def test_what_an_agent_cancels_rings_for_nobody(world: World, page: Page, link: dict[str, Any]) -> None:
    world.cancel(page, world.row("payment_requests")["reference"])
    world.settle()
    world.deliver()
    assert bells(world) == []


def test_money_held_after_the_close_is_named_as_held(world: World, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.told(link, "PAYMENT_AUTHORIZED")
    world.settle()
    world.deliver()
    (bell,) = [one for one in world.org.news.bells if one["recipientIds"] == [GROUP]]
    assert bell["title"].startswith("Money held after the link was closed")
    assert bell["body"].startswith("115.00 ZAR is held")


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_AUTHORIZED"])
def test_money_in_a_currency_that_the_order_left_is_named_with_its_amount(
    world: World, page: Page, link: dict[str, Any], word: str
) -> None:
    world.told(link, word)
    world.settle()
    world.org.orders[page.order_id].update(Currency__c="EUR")
    world.open(page.order_id)
    world.settle()
    world.deliver()
    said = [one["body"] for one in world.org.news.bells if one["title"].startswith("Another currency")]
    assert ["its payment of 115.00 ZAR," in one for one in said] == [True]


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_AUTHORIZED"])
def test_money_that_went_back_before_the_bell_is_not_announced(world: World, link: dict[str, Any], word: str) -> None:
    world.told(link, word)
    world.settle()
    world.told(link, "PAYMENT_REVERSED")
    world.settle()
    world.deliver()
    assert bells(world) == []
    assert ("paid" if word == "PAYMENT_RECEIVED" else "held", "outdated") in states(world)


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_AUTHORIZED"])
def test_money_of_less_than_one_is_announced_too(world: World, page: Page, word: str) -> None:
    small = world.open(world.order(Grand_Total__c=0.5, Tax__c=None, Sub_Total__c=None))
    made = world.sent(small, expected_total="0.50")
    world.told(made, "PAYMENT_LINK_EXPIRED")
    world.told(made, word)
    world.settle()
    world.deliver()
    assert {state for kind, state in states(world) if kind != "expired"} == {"delivered"}
    assert {recipient for recipient, _ in bells(world)} == {GROUP, THANDI.user_id}


def test_a_bell_opens_the_order_where_the_push_was_not_told_the_requests_record(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    (record,) = world.org.requests.values()
    record["Chat2Pay_Version__c"] = 99
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert [one["targetId"] for one in world.org.news.bells] == [page.order_id]


def test_money_after_the_close_that_went_back_before_the_bell_is_not_announced(
    world: World, link: dict[str, Any]
) -> None:
    pay_after_close(world, link)
    world.told(link, "PAYMENT_REVERSED")
    world.settle()
    world.deliver()
    assert bells(world) == []
    assert ("paid_after_close", "outdated") in states(world)


def test_the_page_says_that_supervisors_know_only_once_the_bell_was_taken(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    pay_after_close(world, link)
    before = world.look(page)
    assert [one["id"] for one in before["payment_requests"][0]["sentences"]] == ["paid_after_close"]
    tag = etag(world, page)
    world.deliver()
    assert (GROUP, "Money after the link was closed") in bells(world)
    shown = world.look(page)
    assert [one["id"] for one in shown["payment_requests"][0]["sentences"]] == ["paid_after_close_told"]
    assert etag(world, page) != tag


@pytest.mark.parametrize("missing", ["GroupMember", "Group", "CustomNotificationType", "User"])
def test_where_nobody_can_be_told_the_page_asks_the_agent_to(
    world: World, page: Page, link: dict[str, Any], missing: str
) -> None:
    world.org.answers[missing] = []
    pay_after_close(world, link)
    world.deliver()
    assert GROUP not in [recipient for recipient, _ in bells(world)]
    assert [one["id"] for one in world.look(page)["payment_requests"][0]["sentences"]] == ["paid_after_close"]
    assert ("paid_after_close", "nobody") in states(world)


def test_a_supervisors_group_that_holds_an_empty_group_is_not_said_to_know(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    # Whatever group is asked about holds this one, which holds itself and nobody else.
    world.org.answers["GroupMember"] = [{"UserOrGroupId": GROUP}]
    pay_after_close(world, link)
    world.deliver()
    assert GROUP not in [recipient for recipient, _ in bells(world)]
    assert [one["id"] for one in world.look(page)["payment_requests"][0]["sentences"]] == ["paid_after_close"]
    assert ("paid_after_close", "nobody") in states(world)


def test_a_group_that_was_emptied_a_moment_ago_is_not_said_to_know(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    delivery = NewsDelivery()
    for word in ("PAYMENT_LINK_EXPIRED", "PAYMENT_RECEIVED"):
        world.told(link, word)
        world.settle()
        clock.pass_by(seconds=3)
        assert delivery.deliver(world.services, patience=30) > 0
        # It read the group for the agent's bell while somebody was in it.
        world.org.answers["GroupMember"] = []
    assert GROUP not in [recipient for recipient, _ in bells(world)]
    assert [one["id"] for one in world.look(page)["payment_requests"][0]["sentences"]] == ["paid_after_close"]


def test_a_bell_that_salesforce_refuses_is_not_said_to_have_rung(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.org.news.refuses = lambda given: (
        "INSUFFICIENT_ACCESS_OR_READONLY" if given["recipientIds"] == [GROUP] else None
    )
    pay_after_close(world, link)
    before = etag(world, page)
    world.deliver()
    assert etag(world, page) == before, "open pages have nothing to show of it"
    assert bells(world) == [(THANDI.user_id, "Paid")], "of two bells in one call the other one rings"
    assert [one["id"] for one in world.look(page)["payment_requests"][0]["sentences"]] == ["paid_after_close"]
    assert ("paid_after_close", "refused") in states(world)
    assert "notifications" in {row["check"] for row in world.rows("looks_due")}
    world.deliver()
    assert world.org.news.calls == 2


def test_a_bell_that_is_refused_without_a_code_is_refused_and_the_org_is_examined(
    world: World, link: dict[str, Any]
) -> None:
    world.org.news.refuses = lambda _given: "no code at all"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    (row,) = world.rows("payment_news")
    assert (row["state"], row["reason"]) == ("refused", "UNREADABLE_ANSWER")
    assert "notifications" in {row["check"] for row in world.rows("looks_due")}


def test_a_bell_whose_answer_is_lost_is_not_rung_again(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.drop_answers = True
    world.deliver()
    world.org.news.drop_answers = False
    clock.pass_by(hours=1)
    world.deliver()
    assert len(world.org.news.bells) == 1
    assert states(world) == [("paid", "unanswered")]


def test_a_bell_for_which_nobody_could_log_in_did_not_ring_and_rings_later(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    delivery = NewsDelivery()  # it knows what was set up in the org from the first bell on
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    clock.pass_by(seconds=3)
    delivery.deliver(world.services, patience=30)
    world.told(world.sent(world.open(world.order()), phone="27831230000"), "PAYMENT_RECEIVED")
    world.settle()
    world.org.sessions_over.update(f"integration-{number}" for number in range(20))
    world.org.login_lost = True
    clock.pass_by(seconds=3)
    delivery.deliver(world.services, patience=30)
    world.org.login_lost = False
    world.org.sessions_over.clear()
    assert states(world) == [("paid", "delivered"), ("paid", "due")]
    clock.pass_by(minutes=2)
    world.deliver()
    assert (len(world.org.news.bells), states(world)) == (2, [("paid", "delivered")] * 2)


@pytest.mark.parametrize("status", [502, 504])
def test_a_bell_that_a_gateway_answered_is_not_rung_again(
    world: World, link: dict[str, Any], clock: Clock, status: int
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.fails = (status, "GATEWAY")
    world.deliver()
    world.org.news.fails = None
    clock.pass_by(hours=1)
    world.deliver()
    assert (world.org.news.bells, states(world)) == ([], [("paid", "unanswered")])


@pytest.mark.both_databases
def test_a_process_that_dies_while_it_calls_rings_no_bell_again(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.before = die
    world.deliver()
    assert states(world) == [("paid", "calling")]
    world.org.news.before = None
    world.restart()
    clock.pass_by(hours=1)
    world.deliver()
    assert world.org.news.bells == []
    assert states(world) == [("paid", "unanswered")]


def test_a_bell_that_is_being_rung_is_left_to_whoever_rings_it(world: World, link: dict[str, Any]) -> None:
    claimed: list[int] = []
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.before = once(lambda: claimed.append(world.deliver()))
    world.deliver()
    assert (claimed, len(world.org.news.bells), states(world)) == ([0], 1, [("paid", "delivered")])


def test_an_org_that_serves_nobody_gets_the_bell_later(world: World, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.fails = (503, "SERVER_UNAVAILABLE")
    world.deliver()
    assert states(world) == [("paid", "due")]
    world.org.news.fails = None
    clock.pass_by(minutes=1)
    world.deliver()
    assert (len(world.org.news.bells), states(world)) == (1, [("paid", "delivered")])


@pytest.mark.both_databases
def test_a_bell_that_cannot_be_rung_for_a_day_is_given_up(world: World, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.fails = (503, "SERVER_UNAVAILABLE")
    world.deliver()
    clock.at = world.row("payment_news")["created_at"] + timedelta(days=1)
    world.deliver(after=0)
    assert states(world) == [("paid", "due")], "a day is not over with its last moment"
    clock.pass_by(hours=1)
    world.deliver()
    assert states(world) == [("paid", "refused")]


def test_a_bell_names_the_amount_in_the_currencys_own_digits(world: World, page: Page) -> None:
    yen = world.open(world.order(Currency__c="JPY", Grand_Total__c=115, Tax__c=15, Sub_Total__c=100))
    world.told(world.sent(yen, expected_total="115"), "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert [one["body"].partition(" received")[0] for one in world.org.news.bells] == ["115 JPY"]


def test_supervisors_are_told_after_five_minutes_of_not_knowing_and_not_before(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = world.core.mute = True
    world.send(page)
    clock.pass_by(minutes=2)
    world.sweep()
    world.settle()
    world.deliver()
    assert bells(world) == []
    clock.pass_by(minutes=5)
    tag = etag(world, page)
    world.deliver()
    assert bells(world) == [(GROUP, "Still unknown")]
    assert etag(world, page) != tag, "an open page asks again"
    ids = [one["id"] for one in world.look(page)["payment_requests"][0]["sentences"]]
    assert ids == ["unknown", "unknown_long_told"]


def test_nobody_is_told_of_what_is_known_again(world: World, page: Page, clock: Clock) -> None:
    world.core.drop_answers = world.core.mute = True
    world.send(page)
    clock.pass_by(minutes=2)
    world.sweep()
    world.settle()
    world.core.drop_answers = world.core.mute = False
    world.told(world.core.last(), "PAYMENT_LINK_CLICKED")
    world.settle()
    clock.pass_by(minutes=6)
    world.deliver()
    assert bells(world) == []


def test_nobody_is_told_of_an_unknown_that_a_supervisor_has_released(world: World, clock: Clock) -> None:
    supervise(world)
    page = world.open(world.order())
    world.core.lose_requests = world.core.mute = True
    reference = world.send(page).json["reference"]
    world.settle()
    assert release(world, page, reference).json["outcome"] == "released"
    world.settle()
    clock.pass_by(minutes=6)
    world.deliver()
    assert (bells(world), states(world)) == ([], [("unknown_long", "outdated")])


def test_supervisors_are_told_that_an_order_was_lowered_after_it_was_paid(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    world.follow()
    world.org.change(page.order_id, Grand_Total__c=92.0, Tax__c=12.0, Sub_Total__c=80.0)
    world.follow()
    world.settle()
    world.deliver()
    assert bells(world)[1:] == [(GROUP, "Paid too much")]
    ids = [one["id"] for one in world.look(page)["sentences"]]
    assert ids[:2] == ["order_lowered", "supervisor_told"]


def test_a_switch_silences_all_bells(world: World, page: Page) -> None:
    world.tenant(policy={"rights_from": "order_access", "notifications": False})
    link = world.sent(page)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert world.deliver() == 0
    assert world.rows("payment_news") == []


def test_a_bell_that_is_due_when_the_admin_switches_them_off_rings_for_nobody(
    world: World, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.tenant(policy={"rights_from": "order_access", "notifications": False})
    world.deliver()
    (row,) = world.rows("payment_news")
    assert (world.org.news.bells, row["state"], row["reason"]) == ([], "outdated", "switched_off")


def test_bells_wait_where_the_orgs_calls_are_scarce(world: World, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    clock.pass_by(seconds=3)
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=clock())
    assert world.deliver() == 0
    world.services.salesforce.limits.note("acme", "api-usage=100/1000", now=clock())
    assert world.deliver() == 1


# How many share one is decided of what was claimed, and is no database's.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hundred_bells_share_a_call(world: World, page: Page) -> None:
    for place in range(101):
        one = world.open(world.order())
        world.told(world.sent(one, phone=f"27831{100000 + place}"), "PAYMENT_RECEIVED")
        world.clock.pass_by(seconds=1)
    world.settle()
    world.deliver()
    world.deliver()
    assert (len(world.org.news.bells), world.org.news.calls) == (101, 2)


def test_an_org_without_bells_is_examined_once_in_five_minutes_however_many_fail(world: World, clock: Clock) -> None:
    due = []
    for place in range(3):
        one = world.open(world.order())
        world.told(world.sent(one, phone=f"27831{400000 + place}"), "PAYMENT_RECEIVED")
        world.settle()
        world.deliver()
        due.append(next(row["due_at"] for row in world.rows("looks_due") if row["check"] == "notifications"))
    assert len(set(due)) == 1
    assert due[0] > clock()
    assert world.org.news.calls == 0
