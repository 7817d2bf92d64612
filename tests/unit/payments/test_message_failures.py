"""A message that did not arrive: when it counts as such, and what a report in Salesforce says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.domain.payments.message_delivery import REMEDIES, Remedy, is_undelivered, remedy_of
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.reporting import message_failure
from connector.domain.payments.status import Link, Message, Money, States
from tests.unit.examples import NOW, make_request

TEXTS = {"blocked": "The customer has blocked us.", "unspoken": ""}


def sent(
    message: Message = Message.FAILED, link: Link = Link.SENT, money: Money = Money.NONE, **changes: Any
) -> PaymentRequest:
    return make_request(states=States(message=message, link=link, money=money), live=True, sent_at=NOW, **changes)


@pytest.mark.parametrize(
    ("request_", "undelivered"),
    [
        pytest.param(sent(), True, id="failed"),
        pytest.param(sent(Message.SENT), False, id="sent"),
        pytest.param(sent(Message.DELIVERED), False, id="delivered"),
        pytest.param(sent(link=Link.OPENED, opened_at=NOW + timedelta(seconds=3)), False, id="failed, and opened"),
        pytest.param(sent(link=Link.OPENED, opened_at=NOW + timedelta(seconds=2)), True, id="failed, and previewed"),
        pytest.param(sent(link=Link.EXPIRED), True, id="failed, and expired"),
        pytest.param(sent(money=Money.PAID), False, id="failed, and paid"),
        pytest.param(sent(money=Money.DECLINED), False, id="failed, and a card was declined"),
    ],
)
def test_a_message_is_undelivered_until_something_shows_that_the_customer_has_the_link(
    request_: PaymentRequest, undelivered: bool
) -> None:
    assert is_undelivered(request_) is undelivered


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        pytest.param(sent(message_failure="blocked"), "The customer has blocked us.", id="a known word"),
        pytest.param(sent(message_failure="unspoken"), "", id="a word without a sentence of its own"),
        pytest.param(sent(message_failure="a_later_word"), "The SMS could not be delivered.", id="a later word"),
        pytest.param(sent(), "The SMS could not be delivered.", id="no word"),
        pytest.param(
            sent(channel=Channel.WHATSAPP), "The WhatsApp message could not be delivered.", id="no word, on WhatsApp"
        ),
        pytest.param(sent(Message.DELIVERED, message_failure="blocked"), None, id="it arrived after all"),
    ],
)
def test_a_report_says_why_a_message_did_not_arrive_and_nothing_of_one_that_did(
    request_: PaymentRequest, said: str | None
) -> None:
    assert message_failure(request_, TEXTS) == said


# Written out here once more, by what the agent can do, so that a slip in the table cannot agree with itself.
HELPS = {
    Remedy.OTHER_CHANNEL: (
        "unreachable phone_off not_on_whatsapp window_closed opted_out blocked filtered not_registered pumping_guard template "
        "no_sender refused"
    ),
    Remedy.OTHER_NUMBER: "landline invalid_number unknown_number",
    Remedy.SEND_AGAIN: "too_many too_late not_sent",
    None: "country_off limit account not_known",
}


@pytest.mark.parametrize(
    ("remedy", "word"), [(remedy, one) for remedy, words in HELPS.items() for one in words.split()]
)
def test_an_agent_is_shown_what_helps_with_a_message_that_did_not_arrive(remedy: Remedy | None, word: str) -> None:
    assert word in REMEDIES
    assert remedy_of(sent(message_failure=word)) is remedy
