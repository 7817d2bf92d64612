"""What a provider reports of attempts that have ended: late money is given back, what was counted is brought up to date."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from foundation.money import ZERO
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.amending.move_money import finish_moves
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.webhooks import news_content
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store.links import attempts, links
from tests.payment_core.conftest import stored_news
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import attempts_of

Make = Callable[..., Link]


@pytest.fixture
def report(core: Core, clock: MovableClock) -> Callable[[PaymentIds], None]:
    """A function by which the gateway reports an object, and the worker reads that."""

    numbers = itertools.count(1)

    def made(ids: PaymentIds) -> None:
        seen = Sighting(f"evt_{next(numbers)}", "payment.changed", ids)
        stored_news(core, seen.event_id, news_content.of_sighting(seen))
        read_due(core, owner="test")

    return made


def ended(core: Core, merchant: Merchant, link: Link, gateway: FakeGateway) -> str:
    """Open the page of a link and end its attempt as if it had been dead, with no id of a payment; return its key."""
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        attempts.end(work, attempt, now=core.now(), page_id=None)
    return gateway.key_of(link.reference)


def now_of(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    return found


@pytest.mark.parametrize("names", ["attempt", "payment"])
@pytest.mark.parametrize("end", [LinkStatus.EXPIRED, LinkStatus.CANCELLED])
def test_late_money_is_given_back_whatever_the_report_names(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    report: Callable[[PaymentIds], None], end: LinkStatus, names: str,
) -> None:  # fmt: skip
    link = make_link()
    if end is LinkStatus.CANCELLED:
        # Never clicked: a page was opened by an attempt that this core ended.
        key = ended(core, merchant, link, gateway)
        with core.transactions.write() as work:
            locked = links.lock(work, link.reference)
            assert locked is not None
            links.save(work, replace(locked, status=LinkStatus.SENT, clicked_at=None))
        cancel_link(core, merchant, link.reference)
    else:
        key = ended(core, merchant, link, gateway)
        clock.move(minutes=16)
        expire_links(core)
    assert now_of(core, link).status is end
    payment = gateway.pay(key)
    with core.transactions.read() as work:
        attempt_id = attempts_of(work, link.reference)[0].attempt_id
    report(PaymentIds(None, payment.payment_id, attempt_id=attempt_id if names == "attempt" else None))
    assert now_of(core, link).attention == "paid_late"
    finish_moves(core, owner="test")
    assert (now_of(core, link).attention, gateway.charged(link.reference)) == ("paid_late_returned", ZERO)


def test_money_on_a_link_that_was_not_ended_yet_counts(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, report: Callable[[PaymentIds], None]
) -> None:
    link = make_link()
    payment = gateway.pay(ended(core, merchant, link, gateway))
    gateway.loses("named", Lost.BEFORE)
    ids = PaymentIds(None, payment.payment_id)
    report(ids)
    assert now_of(core, link).payment_status is None, "the gateway did not say whose it is"
    core.now.move(minutes=1)  # type: ignore[attr-defined]
    read_due(core, owner="test")
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_refund_long_after_the_end_of_an_attempt_is_written(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, report: Callable[[PaymentIds], None]
) -> None:
    link = make_link()
    key = ended(core, merchant, link, gateway)
    payment = gateway.pay(key)
    report(PaymentIds(None, payment.payment_id))
    gateway.change(key, reversed=Decimal("150.00"), state=PaymentState.REVERSED)
    report(PaymentIds(None, payment.payment_id, link_reference="of no matter"))
    assert now_of(core, link).payment_status is PaymentStatus.VOIDED
