"""What is read at once is read together: one look at a payment, and nobody waits longer for the news of it than needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.errors import TryLater
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.webhooks import news_content
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
from payment_core.store.links import attempts
from tests.payment_core.conftest import stored_news
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import now_of, press

# What is read, and in which order, is decided in Python.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]


@pytest.mark.parametrize(
    ("answers", "status"), [((), PaymentStatus.RECEIVED), ((Lost.BEFORE,), None)], ids=["answered", "lost"]
)
def test_a_payment_that_several_reports_are_about_is_looked_at_once(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    answers: tuple[Lost, ...], status: PaymentStatus | None,
) -> None:  # fmt: skip
    link = make_link()
    press(core, merchant, link)
    paid = gateway.pay(gateway.key_of(link.reference))
    for number in range(3):
        seen = Sighting(f"evt_{number}", "payment.changed", PaymentIds(paid.page_id, paid.payment_id))
        stored_news(core, seen.event_id, news_content.of_sighting(seen))
    gateway.calls.clear()
    gateway.loses("look", *answers)
    read_due(core, owner="test")
    assert [method for method, _ in gateway.calls] == ["look"]
    assert now_of(core, link).payment_status is status
    clock.move(minutes=15)
    read_due(core, owner="test")
    assert len(gateway.calls) == 1 + len(answers), "what was not read is read again, and all of it by one look"


def test_a_report_that_names_a_link_is_of_the_attempt_that_is_live_on_it(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    """The answer with the page's own id was lost, and the customer had the page all the same."""
    link = make_link()
    gateway.loses("open_page", Lost.AFTER)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    paid = gateway.pay(gateway.key_of(link.reference))
    seen = Sighting("evt", "payment.changed", PaymentIds(paid.page_id, paid.payment_id, link.reference))
    stored_news(core, seen.event_id, news_content.of_sighting(seen))
    gateway.calls.clear()
    read_due(core, owner="test")
    assert [method for method, _ in gateway.calls] == ["look"], "nobody is asked whose it is"
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_charge_whose_answer_was_lost_is_read_by_the_id_that_its_report_names(
    core: Core, make_link: Make, gateway: FakeGateway
) -> None:
    """And is not asked for once more."""
    link = make_link()
    kind, state = AttemptKind.SAVED_CARD, AttemptState.PREPARED
    charge = Attempt("att_1", link.reference, link.merchant_id, kind, state, "card_1", core.now(), core.now())
    with core.transactions.write() as work:
        attempts.add(work, charge)
    money = {"payment_id": "pay_1", "authorized": link.total, "captured": link.total}
    gateway.payments["card_1"] = Payment(PaymentState.TAKEN, "ZAR", link.total, **money)  # type: ignore[arg-type]
    seen = Sighting("evt", "payment.changed", PaymentIds(None, "pay_1", link.reference, "att_1"))
    stored_news(core, seen.event_id, news_content.of_sighting(seen))
    read_due(core, owner="test")
    assert [method for method, _ in gateway.calls] == ["look"]
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


@pytest.mark.parametrize(("provider_id", "is_ours"), [("SM00000001", True), ("SM_of_a_shop", False)])
def test_the_fate_of_a_message_is_told_without_waiting(
    core: Core, make_link: Make, messenger: FakeMessenger, provider_id: str, is_ours: bool
) -> None:
    link = make_link()
    assert list(messenger.made) == ["SM00000001"]
    stored_news(core, "evt", news_content.of_news(MessageReport(provider_id, MessageStatus.DELIVERED)))
    core.wake.deliveries.clear()
    read_due(core, owner="test")
    assert core.wake.deliveries.is_set() is is_ours
    assert (now_of(core, link).message_status is MessageStatus.DELIVERED) is is_ours
