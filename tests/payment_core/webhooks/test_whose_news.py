"""What a provider reports for one merchant changes nothing of another's, whatever ids it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import TryLater
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.journeys.webhooks.news_content import of_news, of_sighting
from payment_core.journeys.webhooks.read_webhooks import UNKNOWN, read_one
from payment_core.messengers.messenger import MessageReport, Reply
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.messages import messages
from payment_core.store.schema.tables import webhooks as rows
from tests.payment_core.conftest import CUSTOMER, stored_news
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost
from tests.payment_core.links import attempts_of, press


@pytest.fixture
def stranger(core: Core, merchant: Merchant) -> Merchant:
    """Another merchant of the same core."""
    other = replace(merchant, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, other, MerchantSecrets(), now=core.now())
    return other


def verdict_on(core: Core, merchant: Merchant, content: dict[str, object]) -> str:
    """Read news of a merchant's provider and return what became of it."""
    news = stored_news(core, "evt_1", content, merchant_id=merchant.merchant_id)
    read_one(core, news, owner="test")
    with core.transactions.read() as work:
        verdict: str = work.connection.execute(rows.select().where(rows.c.webhook_id == news)).one().verdict
    return verdict


def test_anothers_account_cannot_name_an_attempt_of_ours(
    core: Core, merchant: Merchant, stranger: Merchant, make_link: Callable[..., Link], gateway: FakeGateway
) -> None:
    link = make_link()
    gateway.loses("open_page", Lost.AFTER)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    asked = len(gateway.calls)
    ids = PaymentIds("page_theirs", None, link_reference=link.reference, attempt_id=attempt.attempt_id)
    assert verdict_on(core, stranger, of_sighting(Sighting("evt_1", "paid", ids))) == UNKNOWN
    assert len(gateway.calls) == asked


def test_what_two_messengers_give_the_same_id_are_two_replies(
    core: Core, merchant: Merchant, stranger: Merchant, messenger: FakeMessenger
) -> None:
    for one in (merchant, stranger):
        assert receive_reply(core, one, Reply("IN1", Channel.SMS, CUSTOMER, "HELP"))
        with core.transactions.read() as work:
            stored = messages.by_provider(work, one.merchant_id, "IN1")
        assert stored is not None
        assert stored.merchant_id == one.merchant_id
    assert len(messenger.sent) == 2, "each of them answers"


def test_anothers_messenger_cannot_name_a_message_of_ours(
    core: Core, stranger: Merchant, make_link: Callable[..., Link]
) -> None:
    link = make_link()
    with core.transactions.read() as work:
        sent = messages.request_of(work, link.reference)
    assert sent is not None
    report = MessageReport("SM99999999", MessageStatus.FAILED, "unreachable", "30003", message_id=sent.message_id)
    assert verdict_on(core, stranger, of_news(report)) == UNKNOWN
    with core.transactions.read() as work:
        assert messages.find(work, sent.message_id) == sent
