"""An attempt to pay keeps what another tab, worker or customer made of it while one call to the gateway was under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt, AttemptState, Page
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.errors import TryLater
from payment_core.gateways.gateway import GatewayRefused
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store import leases
from payment_core.store.links import attempts, links
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

Make = Callable[..., Link]


def newest(core: Core, link: Link) -> Attempt:
    with core.transactions.read() as work:
        return attempts_of(work, link.reference)[0]


def meanwhile(monkeypatch: pytest.MonkeyPatch, gateway: FakeGateway, do: Callable[[Attempt], object]) -> None:
    """Let something happen while the gateway opens the next page, before its answer arrives."""
    opened = gateway.open_page

    def slow(attempt: Attempt) -> Page:
        monkeypatch.setattr(gateway, "open_page", opened)
        page = gateway.open_page(attempt)
        do(attempt)
        return page

    monkeypatch.setattr(gateway, "open_page", slow)


def test_a_page_that_another_tab_opened_outlives_the_refusal_of_this_one(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the customer would pay on a page that nobody looks at."""
    link, urls = make_link(), []

    def another_tab(_: Attempt) -> None:
        urls.append(press(core, merchant, link))
        raise GatewayRefused("too many at once", reason="refused")

    meanwhile(monkeypatch, gateway, another_tab)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    assert newest(core, link).state is AttemptState.OPEN
    assert press(core, merchant, link) == urls[0]


@pytest.mark.parametrize("is_open_elsewhere", [False, True])
def test_a_page_that_was_to_be_closed_while_it_opened_is_shown_to_nobody(
    core: Core,
    merchant: Merchant,
    make_link: Make,
    gateway: FakeGateway,
    monkeypatch: pytest.MonkeyPatch,
    is_open_elsewhere: bool,
) -> None:
    link = make_link()

    def begin_to_close(attempt: Attempt) -> None:
        if is_open_elsewhere:
            press(core, merchant, link)
        with core.transactions.write() as work:
            attempts.begin_to_close(work, attempt, look_at=core.now())

    meanwhile(monkeypatch, gateway, begin_to_close)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    assert (newest(core, link).state, newest(core, link).page_url is not None) == (
        AttemptState.CLOSING,
        is_open_elsewhere,
    )


def test_a_payment_that_ended_is_not_live_again_because_somebody_wanted_to_close_its_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    before = newest(core, link)
    gateway.pay(gateway.key_of(link.reference))
    look(core, before)
    gateway.loses("close_page", Lost.BEFORE)
    assert close_page(core, before) is None
    assert newest(core, link).state is AttemptState.ENDED
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_worker_that_wakes_too_late_frees_nothing_that_another_is_looking_at(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    press(core, merchant, make_link())
    clock.move(minutes=1)

    def claim(lease: str) -> list[Attempt]:
        with core.transactions.write() as work:
            until = core.now() + timedelta(seconds=60)
            return attempts.claim_due(work, now=core.now(), until=until, lease=lease, most=10)

    (slow,) = claim("slow.1")
    clock.move(seconds=61)
    assert [one.attempt_id for one in claim("quick.1")] == [slow.attempt_id]
    with core.transactions.write() as work:
        attempts.release(work, [slow], lease="slow.1", again_at=core.now())
    assert claim("third.1") == []


def test_what_was_read_before_an_attempt_ended_makes_nobody_look_at_it_again(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    early = gateway.pay(gateway.key_of(link.reference), state=PaymentState.DECLINED)
    assert close_page(core, newest(core, link)) is not None
    settle_payment(core, newest(core, link).attempt_id, early)
    assert (newest(core, link).state, newest(core, link).look_at) == (AttemptState.ENDED, None)


def test_a_page_that_the_gateway_does_not_know_is_believed_dead_only_a_day_after_its_end(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """Its money may be told late, and a link that has ended could be replaced and paid once more."""
    link = make_link()
    press(core, merchant, link)
    gateway.loses("close_page", Lost.REFUSED, Lost.REFUSED)
    clock.move(hours=23)
    assert close_page(core, newest(core, link)) is None
    assert newest(core, link).is_live
    clock.move(hours=2)
    assert close_page(core, newest(core, link)) is not None
    assert not newest(core, link).is_live


def test_a_click_that_was_quicker_than_the_end_of_a_link_counts(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the link was found overdue, in a process whose clock is a little behind."""
    link, live_of = make_link(), attempts.live_of

    def slow(work: UnitOfWork, reference: str) -> Attempt | None:
        monkeypatch.setattr(attempts, "live_of", live_of)
        found = live_of(work, reference)
        clock.move(seconds=-2)
        count_click(core, merchant, reference)
        clock.move(seconds=2)
        return found

    clock.move(minutes=5, seconds=1)
    monkeypatch.setattr(attempts, "live_of", slow)
    assert not end_overdue(core, link.reference)
    found = now_of(core, link)
    assert (found.status, found.payable) == (LinkStatus.CLICKED, True)


def test_an_attempt_that_ended_before_its_link_was_locked_stays_ended(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the lock must not act on what it read before."""
    link, lock = make_link(), links.lock
    press(core, merchant, link)
    attempt = newest(core, link)

    def slow(work: UnitOfWork, reference: str) -> Link | None:
        attempts.end(work, attempt, now=core.now())
        return lock(work, reference)

    monkeypatch.setattr(links, "lock", slow)
    settle_payment(core, attempt.attempt_id, gateway.look(attempt))
    assert (newest(core, link).state, newest(core, link).look_at) == (AttemptState.ENDED, None)


def test_a_process_that_ends_frees_nothing_of_one_whose_name_begins_alike(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    press(core, merchant, make_link())
    clock.move(minutes=1)

    def claim(lease: str) -> int:
        with core.transactions.write() as work:
            until = core.now() + timedelta(seconds=60)
            return len(attempts.claim_due(work, now=core.now(), until=until, lease=lease, most=10))

    assert claim("worker-10.a") == 1
    with core.transactions.write() as work:
        leases.release_owner(work, "worker-1")
    assert claim("third.a") == 0
    with core.transactions.write() as work:
        leases.release_owner(work, "worker-10")
    assert claim("third.a") == 1
