"""The message before it is sent: what the core is asked, and that no answer of its can hold up a send."""

from __future__ import annotations

from typing import Any

import pytest

from connector.web.requests import message_previews
from connector.web.requests.message_previews import MOST, PREVIEWED
from tests.factories import PHONE
from tests.journeys.world import Page, World

ASKED = "GET message-preview"
TEXT = "Acme Shop: please pay ZAR 115.00 here: https://pay.example/pay/preview"
SHOWN = {
    "text": TEXT, "channel": "sms", "language": "en", "purpose": "payment_request", "parts": 1, "characters": len(TEXT),
    "alphabet": "GSM-7", "template": None, "buttons": [], "linkPlaceholder": "https://pay.example/pay/preview",
    "mayOfferReply": True,
}  # fmt: skip


@pytest.fixture
def page(world: World) -> Page:
    """A page whose payment core is one of our own."""
    world.with_own_core()
    world.core.own[ASKED] = (200, SHOWN)
    return world.open(world.order())


def asks(world: World, page: Page, **body: Any) -> dict[str, Any]:
    answer = world.client.post("/api/message-previews", json={"channel": "sms", **body}, headers=page.headers)
    assert answer.status_code == 200, answer.text
    assert PREVIEWED.validate(answer.json) == {}
    told: dict[str, Any] = answer.json
    return told


def test_the_text_of_what_would_be_sent_is_shown(world: World, page: Page) -> None:
    assert asks(world, page) == {
        "outcome": "shown",
        "preview": {
            "text": TEXT, "language": "en", "parts": 1, "characters": len(TEXT), "alphabet": "GSM-7",
            "link": "https://pay.example/pay/preview", "has_template": False, "may_offer_reply": True,
        },
    }  # fmt: skip
    number = page.data["order"]["order_number"]
    assert world.core.own_asked == [
        (ASKED, {"purpose": "payment_request", "channel": "sms", "language": "en", "totalAmount": "115.00",
                 "currency": "ZAR", "orderNumber": number}),
    ]  # fmt: skip
    assert world.core.sends == []


def test_a_part_and_another_channel_are_another_message(world: World, page: Page) -> None:
    asks(world, page, channel="WhatsApp", amount="40.00")
    asked = world.core.own_asked[-1][1]
    assert (asked["channel"], asked["totalAmount"]) == ("whatsapp", "40.00")


def test_a_message_that_names_the_link_it_replaces_is_another_text(world: World, page: Page) -> None:
    asks(world, page, replaces=True)
    assert world.core.own_asked[-1][1]["purpose"] == "replaced"


def test_it_is_in_the_orders_language_as_it_is_now_and_in_the_currencys_own_digits(world: World) -> None:
    by_field = {"field": "Language__c", "table": {"Dutch": "nl"}, "default": "af"}
    world.tenant(mapping={"read": {"language": by_field}})
    world.with_own_core()
    world.core.own[ASKED] = (200, SHOWN)
    order_id = world.order(Currency__c="JPY", Grand_Total__c=115, Tax__c=15, Sub_Total__c=100)
    for in_salesforce, language in ((None, "af"), ("Dutch", "nl")):
        world.org.change(order_id, Language__c=in_salesforce)
        asks(world, world.open(order_id))
        asked = world.core.own_asked[-1][1]
        assert (asked["language"], asked["totalAmount"], asked["currency"]) == (language, "115", "JPY")


def test_no_number_of_the_customer_is_in_what_the_core_is_asked(world: World, page: Page) -> None:
    asks(world, page)
    assert PHONE not in str(world.core.own_asked)


def test_the_vendors_core_is_not_asked(world: World) -> None:
    page = world.open(world.order())
    world.core.own[ASKED] = (200, SHOWN)
    assert page.data["order"]["shows_messages"] is False
    assert asks(world, page) == {"outcome": "not_offered", "preview": None}
    assert world.core.own_asked == []


def test_an_earlier_core_of_ours_shows_none(world: World, page: Page) -> None:
    del world.core.own[ASKED]
    assert page.data["order"]["shows_messages"] is True
    assert asks(world, page)["outcome"] == "not_offered"


@pytest.mark.parametrize(
    "answer",
    [(400, {"errorCode": "INVALID_FIELD"}), (500, {}), (200, {}), (200, []), (200, {**SHOWN, "text": 5}),
     (200, {**SHOWN, "text": "x" * 5000}), (200, {**SHOWN, "parts": "many"})],
)  # fmt: skip
def test_what_the_core_cannot_say_is_no_answer(world: World, page: Page, answer: tuple[int, Any]) -> None:
    world.core.own[ASKED] = answer
    assert asks(world, page) == {"outcome": "no_answer", "preview": None}


def test_a_core_that_is_down_is_no_answer(world: World, page: Page) -> None:
    world.core.down = True
    assert asks(world, page)["outcome"] == "no_answer"


def test_an_amount_that_is_none_is_refused_by_its_field(world: World, page: Page) -> None:
    answer = world.client.post("/api/message-previews", json={"channel": "sms", "amount": "lots"}, headers=page.headers)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["amount"])


def test_a_page_asks_so_often_a_minute_and_no_more(world: World, page: Page) -> None:
    for _ in range(MOST):
        asks(world, page)
    answer = world.client.post("/api/message-previews", json={"channel": "sms"}, headers=page.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "limit_reached")
    world.clock.pass_by(minutes=1)
    assert asks(world, page)["outcome"] == "shown"


def test_a_core_that_dawdles_holds_few_threads(world: World, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_previews, "_AT_ONCE", 1)
    inner: list[str] = []
    # While the first preview is under way, a second one is answered at once and without a call.
    world.core.on_question = lambda: inner.append(asks(world, page)["outcome"]) if not inner else None
    assert asks(world, page)["outcome"] == "shown"
    assert (inner, len(world.core.own_asked)) == (["no_answer"], 1)
