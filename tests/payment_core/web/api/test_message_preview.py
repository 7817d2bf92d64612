"""A message is shown before anybody gets it, with its parts and characters."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from payment_core.domain.enums import Channel
from payment_core.domain.saved_card import ReplyRules
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.store import merchants
from tests.payment_core.conftest import MERCHANT, NOW

PATH = "/api/v2/message-preview"


def test_a_request_is_shown_as_an_sms_is_counted(client: FlaskClient, api_key: str) -> None:
    answer = client.get(PATH, query_string={"totalAmount": "150.00"}, headers={"Authorization": api_key})
    shown = answer.get_json()
    assert answer.status_code == 200
    assert (shown["channel"], shown["language"], shown["purpose"]) == ("sms", "en", "payment_request")
    assert "please pay ZAR 150.00 here" in shown["text"]
    assert (shown["characters"], shown["parts"], shown["alphabet"]) == (len(shown["text"]), 1, "GSM-7")
    assert shown["linkPlaceholder"] in shown["text"]


def test_it_says_that_a_saved_card_changes_the_text(client: FlaskClient, api_key: str, core: Core) -> None:
    def may_offer(**changed: Any) -> bool:
        with core.transactions.write() as work:
            kept = merchants.lock(work, MERCHANT.merchant_id)
            assert kept is not None
            merchants.save(work, replace(kept, **changed), now=NOW)
        answer = client.get(PATH, query_string={"totalAmount": "150.00"}, headers={"Authorization": api_key})
        return bool(answer.get_json()["mayOfferReply"])

    assert may_offer(reply=ReplyRules())
    assert not may_offer(reply=ReplyRules(ceiling=Decimal("149.99")))
    assert not may_offer(reply=ReplyRules(enabled=False))
    assert not may_offer(reply=ReplyRules(), senders={Channel.SMS: "KAROO"})


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_reply_may_be_offered_with_what_asks_for_money_alone(
    client: FlaskClient, api_key: str, purpose: Purpose
) -> None:
    answer = client.get(PATH, query_string={"purpose": purpose.value}, headers={"Authorization": api_key})
    assert answer.get_json()["mayOfferReply"] is (purpose in (Purpose.PAYMENT_REQUEST, Purpose.REPLACED))


@pytest.mark.parametrize(("currency", "amount"), [("ZAR", "ZAR 150.00 "), ("JPY", "JPY 150 "), ("KWD", "KWD 150.000 ")])
def test_without_an_amount_one_is_shown_that_the_currency_can_carry(
    client: FlaskClient, api_key: str, currency: str, amount: str
) -> None:
    answer = client.get(PATH, query_string={"currency": currency}, headers={"Authorization": api_key})
    assert answer.status_code == 200
    assert amount in answer.get_json()["text"]


def test_another_alphabet_costs_parts(client: FlaskClient, api_key: str) -> None:
    answer = client.get(PATH, query_string={"language": "ar"}, headers={"Authorization": api_key})
    assert (answer.get_json()["alphabet"], answer.get_json()["parts"] > 1) == ("UCS-2", True)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_message_can_be_shown(client: FlaskClient, api_key: str, purpose: Purpose, channel: str) -> None:
    query = {"purpose": purpose.value, "channel": channel}
    answer = client.get(PATH, query_string=query, headers={"Authorization": api_key})
    assert answer.status_code == 200
    assert answer.get_json()["text"]
    assert "{" not in answer.get_json()["text"]


@pytest.mark.parametrize(
    "query", [{"purpose": "x"}, {"channel": "x"}, {"currency": "XXX"}, {"totalAmount": "x"}, {"language": "?"}]
)
def test_what_cannot_be_shown_is_refused_by_its_field(client: FlaskClient, api_key: str, query: dict[str, str]) -> None:
    answer = client.get(PATH, query_string=query, headers={"Authorization": api_key})
    assert (answer.status_code, answer.get_json()["field"]) == (422, next(iter(query)))


def test_it_needs_the_key(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
