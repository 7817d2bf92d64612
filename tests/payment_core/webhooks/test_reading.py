"""What is read at once is read together: one look at a payment, and nobody waits longer for the news of it than needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payment_core.domain.enums import MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.webhooks import content
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
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
        stored_news(core, seen.event_id, content.of_sighting(seen))
    gateway.calls.clear()
    gateway.loses("look", *answers)
    read_due(core, owner="test")
    assert [method for method, _ in gateway.calls] == ["look"]
    assert now_of(core, link).payment_status is status
    clock.move(minutes=15)
    read_due(core, owner="test")
    assert len(gateway.calls) == 1 + len(answers), "what was not read is read again, and all of it by one look"


@pytest.mark.parametrize(("provider_id", "is_ours"), [("SM00000001", True), ("SM_of_a_shop", False)])
def test_the_fate_of_a_message_is_told_without_waiting(
    core: Core, make_link: Make, messenger: FakeMessenger, provider_id: str, is_ours: bool
) -> None:
    link = make_link()
    assert list(messenger.made) == ["SM00000001"]
    stored_news(core, "evt", content.of_news(MessageReport(provider_id, MessageStatus.DELIVERED)))
    core.wake.deliveries.clear()
    read_due(core, owner="test")
    assert core.wake.deliveries.is_set() is is_ours
    assert (now_of(core, link).message_status is MessageStatus.DELIVERED) is is_ours
