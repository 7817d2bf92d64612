"""What the gateway says, what our links say and what applications were told is held against each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import cast
from uuid import uuid4

import pytest

from payment_core.couriers.courier import Courier
from payment_core.domain.enums import ApplicationStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.domain.settlement import Attention
from payment_core.errors import TryLater
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.notifying.deliver_notifications import deliver_notifications
from payment_core.journeys.notifying.raise_attention import raise_attention
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.reconciling.reconcile import Reconciliation, reconcile
from payment_core.journeys.webhooks.news_content import of_sighting
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.links import links
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION, NOW, stored_news
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import deal_with
from tests.payment_core.notifying.couriers import TAKEN, ScriptedCourier

Make = Callable[..., Link]


def status_of(core: Core, link: Link) -> PaymentStatus | None:
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    return found.payment_status if found else None


def deliver(core: Core, courier: ScriptedCourier) -> None:
    with ThreadPoolExecutor(4) as threads:
        while deliver_notifications(replace(core, courier=cast(Courier, courier)), owner="test", threads=threads):
            pass


def run(core: Core, merchant: Merchant) -> Reconciliation:
    return reconcile(core, merchant, since=NOW)


def test_a_payment_that_nobody_reported_is_written_and_told(core: Core, merchant: Merchant, paid: Link) -> None:
    first = run(core, merchant)
    assert (first.healed, first.waiting, first.is_clean) == ([paid.reference], [paid.reference], True)
    assert status_of(core, paid) is PaymentStatus.RECEIVED
    deliver(core, ScriptedCourier())
    again = run(core, merchant)
    assert (again.links, again.payments, again.healed, again.waiting) == (1, 1, [], [])


def test_news_of_money_count_however_many_came_after_it(core: Core, merchant: Merchant, paid: Link) -> None:
    run(core, merchant)
    raise_attention(core, paid.reference, lambda _: Attention.FRAUD_SUSPECTED)
    assert deal_with(core, merchant, paid)
    deliver(core, ScriptedCourier())
    assert run(core, merchant).is_clean


def test_a_refund_in_the_gateways_dashboard_is_written(
    core: Core, merchant: Merchant, paid: Link, gateway: FakeGateway
) -> None:
    run(core, merchant)
    gateway.change(gateway.key_of(paid.reference), reversed=Decimal("150.00"))
    report = run(core, merchant)
    assert (report.healed, report.unexplained) == ([paid.reference], {})
    assert status_of(core, paid) is PaymentStatus.VOIDED, "it was not settled yet"


def test_money_that_the_gateway_does_not_know_stays_unexplained(
    core: Core, merchant: Merchant, paid: Link, gateway: FakeGateway
) -> None:
    run(core, merchant)
    gateway.change(gateway.key_of(paid.reference), captured=Decimal("0.00"), authorized=Decimal("0.00"))
    assert "captured: 150.00 here, 0.00 at the gateway" in run(core, merchant).unexplained[paid.reference]
    assert status_of(core, paid) is PaymentStatus.RECEIVED


def test_payments_that_a_restored_database_lacks_are_named(core: Core, merchant: Merchant, clock: MovableClock) -> None:
    for event, page, payment, link in (
        ("evt_1", "cs_1", "pi_1", "link-of-before"), ("evt_2", "cs_1", "pi_1", "link-of-before"),
        ("evt_3", "cs_1", "pi_1", None), ("evt_4", "cs_4", None, None), ("evt_5", None, None, None),
    ):  # fmt: skip
        sighting = Sighting(event, "charge.refunded", PaymentIds(page, payment, link, "att_of_before"))
        stored_news(core, event, of_sighting(sighting), provider=merchant.gateway)
    read_due(core, owner="test")
    assert run(core, merchant).is_clean, "our own commit may be behind it"
    clock.move(minutes=10)
    assert run(core, merchant).is_clean
    clock.move(seconds=1)
    report = run(core, merchant)
    assert (list(report.unexplained), report.is_clean) == (["link-of-before", "pi_1", "cs_4", "evt_5"], False)
    assert "which this database lacks" in report.unexplained["pi_1"]
    assert reconcile(core, merchant, since=clock()).is_clean, "nothing was reported since"


def test_a_payment_of_before_that_no_webhook_brought_is_named_at_once(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the gateway lists is older than any commit of ours that could be behind it."""
    ids = PaymentIds("cs_1", "pi_1", "link-of-before", "att_of_before")
    listed = Sighting("evt_1", "charge.refunded", ids, occurred_at=NOW)
    monkeypatch.setattr(gateway, "reports", lambda *, since: [listed])
    clock.move(minutes=3)
    report = run(core, merchant)
    assert (report.missed, list(report.unexplained)) == (1, ["link-of-before"])


def test_a_gateway_that_does_not_list_its_reports_is_said(core: Core, merchant: Merchant, gateway: FakeGateway) -> None:
    gateway.loses("reports", Lost.BEFORE)
    report = run(core, merchant)
    said = {"reports": "the gateway did not list its events: no answer"}
    assert (report.unreachable, report.is_clean) == (said, False)


def test_a_gateway_that_does_not_answer_is_said(
    core: Core, merchant: Merchant, paid: Link, gateway: FakeGateway
) -> None:
    gateway.loses("look", Lost.BEFORE)
    report = run(core, merchant)
    said = {paid.reference: "the gateway did not say what became of it: no answer"}
    assert (report.unreachable, report.is_clean) == (said, False)


def test_an_attempt_of_which_nobody_knows_whether_it_was_made_is_said_until_it_is_known(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    gateway.loses("open_page", *[Lost.AFTER] * 2)
    with pytest.raises(TryLater):
        begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    report = run(core, merchant)
    said = "the gateway does not say what became of an attempt; it is asked again"
    assert (report.unexplained, report.is_clean) == ({link.reference: said}, False)
    assert run(core, merchant).is_clean


def test_news_that_were_abandoned_with_an_address_are_named_once_there_is_one_again(
    core: Core, merchant: Merchant, paid: Link
) -> None:
    run(core, merchant)
    with core.transactions.write() as work:
        work.connection.execute(deliveries.update().values(state="abandoned", due_at=None))
    assert run(core, merchant).unexplained == {paid.reference: "its application was not reached: send it again"}


def test_a_page_that_is_being_closed_is_closed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    gateway.loses("close_page", *[Lost.BEFORE] * 2)
    clock.move(minutes=16)
    assert not end_overdue(core, link.reference)
    assert "asked again" in run(core, merchant).unexplained[link.reference]
    assert run(core, merchant).is_clean
    assert gateway.payments[gateway.key_of(link.reference)].state is PaymentState.DEAD


def test_of_an_attempt_that_was_refused_nothing_is_asked(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    gateway.loses("open_page", Lost.REFUSED)
    with pytest.raises(TryLater):
        begin_payment(core, merchant, make_link(), saves_card=False, return_url="https://pay.example/pay/x")
    report = run(core, merchant)
    assert (report.payments, report.is_clean) == (1, True)
    assert [method for method, _ in gateway.calls if method != "reports"] == ["open_page"]


def other_address(core: Core, **changes: object) -> None:
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, **changes), now=core.now())  # type: ignore[arg-type]


def test_an_application_that_has_addresses_since_was_never_told(core: Core, merchant: Merchant, paid: Link) -> None:
    other_address(core, payment_status_url="", transaction_status_url="")
    first = run(core, merchant)
    assert (first.unexplained, first.waiting) == ({}, []), "one without addresses asks for itself, and misses nothing"
    for url in ("payment_status_url", "transaction_status_url"):
        other_address(core, **{"payment_status_url": "", "transaction_status_url": "", url: "https://shop.example/x"})
        said = {paid.reference: "its application was never told: no address was set at the time"}
        assert run(core, merchant).unexplained == said
    for status in (ApplicationStatus.DEACTIVATED, ApplicationStatus.DELETED):
        other_address(core, status=status)
        assert run(core, merchant).is_clean, "one that is disabled or deleted takes no news"


def test_another_applications_news_is_none_of_the_creators(core: Core, merchant: Merchant, paid: Link) -> None:
    """Every application hears of money; that the creator was told is another matter."""
    other = replace(APPLICATION, application_id=str(uuid4()), name="Books")
    with core.transactions.write() as work:
        applications.save(work, other, now=core.now())
    other_address(core, payment_status_url="", transaction_status_url="")
    run(core, merchant)
    other_address(core)
    assert "never told" in run(core, merchant).unexplained[paid.reference]


def test_news_that_were_given_up_are_named_until_they_are_sent_again(
    core: Core, merchant: Merchant, paid: Link, clock: MovableClock
) -> None:
    run(core, merchant)
    away = ScriptedCourier()
    away.answers = [replace(TAKEN, status=500)] * 20
    clock.move(days=3, minutes=1)
    deliver(core, away)
    assert "send it again" in run(core, merchant).unexplained[paid.reference]


def test_a_link_that_can_still_be_paid_long_after_its_time_is_named(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    link = make_link()
    said = "its time is over, and it can still be paid: does the worker run?"
    for seconds, unexplained in ((0, {}), (15 * 60, {}), (1, {link.reference: said})):
        clock.move(seconds=seconds)
        assert run(core, merchant).unexplained == unexplained, "a worker may be minutes behind"
    end_overdue(core, link.reference)
    assert run(core, merchant).unexplained == {}
