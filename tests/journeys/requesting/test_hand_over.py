"""Receipts and links in an agent's hands: by right, noted in the history, never in a log, and always with a true sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.tenants.tenant import RightsFrom
from connector.web.requests.hand_overs import HANDED_OVER
from tests.factories import SIPHO, THANDI
from tests.journeys.world import SENTENCES, Page, World

URL = "https://pay.example/pay/secret-of-the-customer"
RECEIPT = "https://pay.example/receipts/secret-of-the-receipt"


@pytest.fixture
def page(world: World) -> Page:
    """A page whose payment core is one of our own, and whose agents may copy links."""
    world.with_own_core()
    allow(world)
    return world.open(world.order(THANDI, SIPHO))


def allow(world: World, *, copy_links: bool = True) -> None:
    world.services.store.tenants.change(
        "acme", lambda kept: replace(kept, policy=replace(kept.policy, copy_links=copy_links)), now=world.clock()
    )


def sent(world: World, page: Page) -> str:
    answer = world.client.post(
        "/api/payment-requests", json={"channel": "sms", "phone": page.data["order"]["phone"]}, headers=page.headers
    )
    assert answer.status_code == 201, answer.text
    reference: str = answer.json["reference"]
    return reference


def paid(world: World, page: Page) -> str:
    reference = sent(world, page)
    world.core.happen(world.core.last(), "PAYMENT_RECEIVED")
    world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    return reference


def asks(world: World, page: Page, reference: str, verb: str) -> dict[str, Any]:
    answer = world.client.post(f"/api/payment-requests/{reference}/{verb}", headers=page.headers)
    assert answer.status_code == 200, answer.text
    assert HANDED_OVER.validate(answer.json) == {}
    told: dict[str, Any] = answer.json
    return told


def actions(world: World, page: Page, reference: str) -> list[str]:
    answer = world.client.get(f"/api/payment-requests/{reference}", headers=page.headers)
    return [one for one in answer.json["actions"] if one in ("show_receipt", "send_receipt", "copy_link")]


def answers(world: World, method: str, what: str, status: int, body: Any) -> None:
    world.core.own[f"{method} payment-links/{world.core.last()['paymentLinkRef']}/{what}"] = (status, body)


def test_a_live_link_is_handed_over_once_it_is_noted_by_whom(
    world: World, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 200, {"url": URL})
    assert actions(world, page, reference) == ["copy_link"]
    told = asks(world, world.open(page.order_id, SIPHO), reference, "copy-link")
    assert (told["outcome"], told["url"], told["sentence"]) == ("shown", URL, SENTENCES["link_shown"])
    lines = [line for line in told["payment_request"]["timeline"] if line["id"] == "timeline_link_copied"]
    assert [line["values"]["agent"] for line in lines] == ["Sipho"]
    assert "secret-of-the-customer" not in "".join(capsys.readouterr())


def test_without_the_policy_no_link_is_handed_over(world: World, page: Page) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 200, {"url": URL})
    allow(world, copy_links=False)
    assert actions(world, page, reference) == []
    answer = world.client.post(f"/api/payment-requests/{reference}/copy-link", headers=page.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")
    assert world.core.own_asked == []


def test_without_the_right_to_send_a_receipt_is_shown_and_nothing_sent_or_handed_over(world: World, page: Page) -> None:
    reference = paid(world, page)
    answers(world, "GET", "receipt", 200, {"receiptUrl": RECEIPT})
    by_permission = RightsFrom.CUSTOM_PERMISSIONS
    world.services.store.tenants.change(
        "acme", lambda kept: replace(kept, policy=replace(kept.policy, rights_from=by_permission)), now=world.clock()
    )
    looker = world.open(page.order_id)
    for verb in ("send-receipt", "copy-link"):
        answer = world.client.post(f"/api/payment-requests/{reference}/{verb}", headers=looker.headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    assert world.core.own_asked == []
    assert asks(world, looker, reference, "show-receipt")["url"] == RECEIPT


def test_of_a_link_that_nobody_knows_yet_nothing_is_handed_over(world: World, page: Page) -> None:
    world.core.drop_answers = True
    reference = world.send(page).json["reference"]
    world.core.drop_answers = False
    for verb in ("show-receipt", "send-receipt", "copy-link"):
        assert world.client.post(f"/api/payment-requests/{reference}/{verb}", headers=page.headers).status_code == 404
    assert world.core.own_asked == []


def test_a_link_of_an_order_that_was_cancelled_is_not_handed_over(world: World, page: Page) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 200, {"url": URL})
    world.org.change(page.order_id, Status="Cancelled")
    again = world.open(page.order_id)
    answer = world.client.get(f"/api/payment-requests/{reference}", headers=again.headers)
    assert answer.json["actions"] == ["cancel", "refresh"]
    answer = world.client.post(f"/api/payment-requests/{reference}/copy-link", headers=again.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "order_not_payable")
    assert world.core.own_asked == []


def test_a_link_that_is_over_is_not_handed_over(world: World, page: Page) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 409, {"errorCode": "LINK_OVER"})
    told = asks(world, page, reference, "copy-link")
    assert (told["outcome"], told["url"]) == ("over", None)
    world.client.post(f"/api/payment-requests/{reference}/cancel", headers=page.headers)
    asked = len(world.core.own_asked)
    assert asks(world, page, reference, "copy-link")["outcome"] == "over"
    assert len(world.core.own_asked) == asked, "what has ended here is not asked for"


@pytest.mark.parametrize(("word", "offered"), [("PAYMENT_DECLINED", ["copy_link"]), ("PAYMENT_REVIEW", [])])
def test_a_link_is_handed_over_while_it_can_be_paid(world: World, page: Page, word: Any, offered: list[str]) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 200, {"url": URL})
    for one in ("PAYMENT_LINK_CLICKED", word):
        world.core.happen(world.core.last(), one)
    world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert actions(world, page, reference) == offered
    told = asks(world, page, reference, "copy-link")
    assert (told["outcome"], told["url"]) == (("shown", URL) if offered else ("over", None))


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 7}, {"url": "javascript:alert(1)"}, {"url": "http://pay.example/x"}, {"url": "https://" + "x" * 493}],
)
def test_an_address_that_no_page_should_open_is_no_answer(world: World, page: Page, body: Any) -> None:
    reference = sent(world, page)
    answers(world, "POST", "address", 200, body)
    told = asks(world, page, reference, "copy-link")
    assert (told["outcome"], told["url"]) == ("no_answer", None)
    assert "timeline_link_copied" not in str(told["payment_request"]["timeline"])


def test_a_receipt_is_shown_and_sent_again(world: World, page: Page) -> None:
    reference = paid(world, page)
    assert actions(world, page, reference) == ["show_receipt", "send_receipt"]
    answers(world, "GET", "receipt", 200, {"receiptUrl": RECEIPT})
    answers(world, "POST", "receipt", 200, {"customerNotified": True, "notNotifiedReason": None})
    assert asks(world, page, reference, "show-receipt")["url"] == RECEIPT
    told = asks(world, world.open(page.order_id, SIPHO), reference, "send-receipt")
    assert (told["outcome"], told["url"]) == ("sent", None)
    lines = [line for line in told["payment_request"]["timeline"] if line["id"] == "timeline_receipt_sent"]
    assert [line["values"]["agent"] for line in lines] == ["Sipho"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["PAYMENT_AUTHORIZED"], []),
        (["PAYMENT_AUTHORIZED", "PAYMENT_REVERSED"], []),
        (["PAYMENT_REVIEW"], []),
        (["PAYMENT_DECLINED"], []),
        (["PAYMENT_AUTHORIZED", "PAYMENT_CAPTURED"], ["show_receipt", "send_receipt"]),
        (["PAYMENT_RECEIVED"], ["show_receipt", "send_receipt"]),
        (["PAYMENT_RECEIVED", "PAYMENT_REVERSED"], ["show_receipt"]),
    ],
    ids=["held", "held, released", "in review", "declined", "held, taken", "taken", "taken, given back"],
)
def test_a_receipt_is_of_money_that_was_taken(world: World, page: Page, words: list[Any], offered: list[str]) -> None:
    allow(world, copy_links=False)
    reference = sent(world, page)
    link = world.core.last()
    for word in words:
        world.core.happen(link, word)
    link["receiptLinkRef"] = "a-page-of-the-cores"
    world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    answers(world, "GET", "receipt", 200, {"receiptUrl": RECEIPT})
    answers(world, "POST", "receipt", 200, {"customerNotified": True, "notNotifiedReason": None})
    assert actions(world, page, reference) == offered
    for action, outcome in (("show_receipt", "shown"), ("send_receipt", "sent")):
        asked = len(world.core.own_asked)
        told = asks(world, page, reference, action.replace("_", "-"))
        expected = outcome if action in offered else "none"
        assert (told["outcome"], len(world.core.own_asked) - asked) == (expected, int(action in offered))


def test_of_money_for_which_the_core_names_no_receipt_none_is_asked_for(world: World, page: Page) -> None:
    reference = sent(world, page)
    link = world.core.last()
    world.core.happen(link, "PAYMENT_RECEIVED")
    link["receiptLinkRef"] = None
    world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert actions(world, page, reference) == []
    assert [asks(world, page, reference, one)["outcome"] for one in ("show-receipt", "send-receipt")] == ["none"] * 2
    assert world.core.own_asked == []


@pytest.mark.parametrize(
    ("status", "body", "outcome", "sentence"),
    [
        (409, {"errorCode": "RECEIPT_SENT_OFTEN"}, "too_often", "receipt_too_often"),
        (409, {"errorCode": "NO_RECEIPT"}, "none", "receipt_none"),
        (200, {"customerNotified": False}, "not_told", "receipt_not_told_unexplained"),
        (200, {"customerNotified": False, "notNotifiedReason": "It is a landline."}, "not_told", "receipt_not_told"),
        (200, {}, "unknown", "receipt_unknown"),
        (500, {}, "unknown", "receipt_unknown"),
        (429, {}, "no_answer", "not_handed_over"),
        (404, {"errorCode": "NOT_FOUND"}, "no_answer", "not_handed_over"),
    ],
)
def test_a_receipt_that_is_not_sent_says_what_is_known(
    world: World, page: Page, status: int, body: Any, outcome: str, sentence: str
) -> None:
    reference = paid(world, page)
    answers(world, "POST", "receipt", status, body)
    told = asks(world, page, reference, "send-receipt")
    assert (told["outcome"], told["sentence"]) == (outcome, SENTENCES[sentence].format(reason="It is a landline"))


def test_the_vendors_core_hands_nothing_over(world: World) -> None:
    allow(world)
    page = world.open(world.order())
    reference = paid(world, page)
    assert actions(world, page, reference) == []
    for verb in ("show-receipt", "send-receipt", "copy-link"):
        assert world.client.post(f"/api/payment-requests/{reference}/{verb}", headers=page.headers).status_code == 404


def test_a_colleague_gets_no_link_where_each_has_their_own(world: World, page: Page) -> None:
    order_id = world.order(THANDI, SIPHO)
    mine, theirs = world.open(order_id), world.open(order_id, SIPHO)
    reference = sent(world, mine)
    answers(world, "POST", "address", 200, {"url": URL})
    world.services.store.tenants.change(
        "acme", lambda kept: replace(kept, policy=replace(kept.policy, only_own_requests=True)), now=world.clock()
    )
    answer = world.client.post(f"/api/payment-requests/{reference}/copy-link", headers=theirs.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_yours")
    assert world.core.own_asked == []
