"""A core of our own is told what the vendor's is not: which link a new one replaces, and why nothing was sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import OTHER_PHONE
from tests.journeys.verbs import made, press
from tests.journeys.world import SENTENCES, Page, World


def sentence_of(answer: Any) -> str:
    return str(answer.json["error"]["sentence"]["id"])


def test_the_customer_gets_one_message_for_a_replaced_link(own: World, own_page: Page) -> None:
    told = press(own, own_page, "replace", channel="sms")
    old, new = made(own)
    assert (told["outcome"], old["link"], new["link"]) == ("replaced", "cancelled", "sent")
    assert own.core.cancel_bodies == [{"forReplacement": True}]
    assert [one.get("previousPaymentLinkRef") for one in own.core.sends] == [None, "link-0001"]
    (closed,) = [one for one in own.look(own_page)["payment_requests"] if one["reference"] == old["reference"]]
    assert closed["sentences"][0]["id"] == "cancelled_replaced"
    assert own.look(own_page)["replaces_in_one_message"] is True


def test_a_cancellation_alone_is_told_to_the_customer_or_says_why_not(own: World, own_page: Page) -> None:
    own.core.customer_told, own.core.not_told_because = False, "131047: no free text now."
    own.cancel(own_page, made(own)[0]["reference"])
    assert own.core.cancel_bodies == [{}]
    (closed,) = own.look(own_page)["payment_requests"]
    assert closed["sentences"][0]["id"] == "cancelled_not_told"


def test_the_vendors_core_is_sent_none_of_it(world: World) -> None:
    page = world.open(world.order())
    world.sent(page)
    assert press(world, page, "replace", channel="sms")["outcome"] == "replaced"
    assert world.core.cancel_bodies == [{}]
    assert [set(one) & {"previousPaymentLinkRef", "payerReference", "orderLines"} for one in world.core.sends] == [
        set()
    ] * 2
    assert world.look(page)["replaces_in_one_message"] is False


def test_a_link_of_another_core_is_replaced_without_its_name(own: World, own_page: Page) -> None:
    """It was made before the tenant changed cores: the new core does not know it, and takes the order's lines all the same."""
    bodies: list[dict[str, Any]] = []

    def refuse_unknown(body: dict[str, Any]) -> None:
        bodies.append(body)

    own.core.on_send = refuse_unknown
    own.core.unknown_previous = {"link-0001"}
    own.org.answers["OrderItem"] = [{"Product2": {"Name": "Tea"}, "Quantity": 1.0, "TotalPrice": 100.0}]
    assert press(own, own_page, "replace", channel="sms")["outcome"] == "replaced"
    assert ["previousPaymentLinkRef" in one for one in bodies] == [True, False]
    assert [len(one["orderLines"]) for one in bodies] == [1, 1]
    assert made(own)[1]["link"] == "sent"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("MESSAGE_LIMIT_REACHED", "core_message_limit"), ("COUNTRY_NOT_ALLOWED", "core_country_off"),
        ("PREVIOUS_LINK_OPEN", "replace_not_dead"), ("PREVIOUS_LINK_PAID", "replace_paid_meanwhile"),
        ("APPLICATION_DISABLED", "application_off"), ("APPLICATION_NOT_FOUND", "application_gone"),
    ],
)  # fmt: skip
def test_a_refusal_of_our_core_says_why_and_nothing_is_live(own: World, code: str, sentence: str) -> None:
    own_page = own.open(own.order())
    own.core.refuse = (409, code)
    answer = own.send(own_page)
    assert (answer.status_code, sentence_of(answer)) == (422, sentence)
    assert sentence in SENTENCES
    assert (made(own)[0]["link"], made(own)[0]["live"]) == ("rejected", False)
    own.core.refuse = None
    assert own.send(own_page, phone=OTHER_PHONE).status_code == 201


def test_a_link_under_our_reference_that_is_another_may_be_payable_and_blocks(own: World) -> None:
    own_page = own.open(own.order())
    own.core.refuse = (409, "REFERENCE_USED")
    assert own.send(own_page).status_code == 202
    assert (made(own)[0]["link"], made(own)[0]["live"]) == ("unknown", True)
    own.core.refuse = None
    assert own.send(own_page).json["error"]["code"] == "another_live"
