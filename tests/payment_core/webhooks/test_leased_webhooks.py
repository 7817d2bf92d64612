"""News of a provider is read by one worker at a time, and keeps its verdict whoever comes late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.webhooks.news_content import of_sighting
from payment_core.journeys.webhooks.read_webhooks import DONE, NOT_READ, read_event, read_one
from payment_core.services import Core
from payment_core.store.incoming import webhooks
from payment_core.store.incoming.webhooks import Webhook
from payment_core.store.schema.tables import webhooks as rows
from tests.payment_core.conftest import MERCHANT, stored_news
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import now_of, press

LEASE = timedelta(seconds=60)


@pytest.fixture
def link(core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway) -> Link:
    """A link that was paid a moment ago, which nobody here knows yet."""
    made = make_link()
    press(core, merchant, made)
    gateway.pay(gateway.key_of(made.reference))
    return made


@pytest.fixture
def news(core: Core, merchant: Merchant, link: Link, gateway: FakeGateway) -> int:
    """The id of the gateway's news of it."""
    sighting = Sighting("evt_1", "paid", PaymentIds(page_id=f"page_{gateway.key_of(link.reference)}", payment_id=None))
    return stored_news(core, sighting.event_id, of_sighting(sighting))


@pytest.mark.usefixtures("news")
@pytest.mark.parametrize(("hook", "status"), [(MERCHANT.hook, PaymentStatus.RECEIVED), ("hook_nobody", None)])
def test_news_of_a_merchant_is_read_before_its_sender_is_answered(
    core: Core, link: Link, hook: str, status: PaymentStatus | None
) -> None:
    """As the demo's phones want it; at an address that is nobody's there is nothing to read."""
    read_event(core, hook, "fake", "evt_1")
    assert now_of(core, link).payment_status is status


def claimed(core: Core, news: int) -> Webhook:
    """Claim the news as a worker does that then stops."""
    with core.transactions.write() as work:
        found = webhooks.claim(work, news, now=core.now(), until=core.now() + LEASE, lease="stalled.1")
    assert found is not None
    return found


def test_news_that_one_worker_is_reading_is_read_by_no_other_until_its_lease_ends(
    core: Core, news: int, link: Link, clock: MovableClock
) -> None:
    claimed(core, news)
    read_one(core, news, owner="another")
    assert now_of(core, link).payment_status is None
    clock.move(seconds=61)
    read_one(core, news, owner="another")
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_news_that_is_being_read_is_taken_over_only_once_a_charge_and_a_message_would_be_done(
    core: Core, news: int, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply may charge a card and send a message: nobody else begins with it for two minutes."""
    looks, look = [], gateway.look

    def slow(attempt: Attempt) -> Payment:
        looks.append(clock())
        if len(looks) == 1:
            for seconds in (0, 119, 1):
                clock.move(seconds=seconds)
                read_one(core, news, owner="another")
        return look(attempt)

    monkeypatch.setattr(gateway, "look", slow)
    began = clock()
    read_one(core, news, owner="worker")
    assert looks == [began, began + timedelta(minutes=2)]


def test_a_worker_that_wakes_too_late_does_not_make_read_news_due_again(
    core: Core, news: int, clock: MovableClock
) -> None:
    late = claimed(core, news)
    clock.move(seconds=61)
    read_one(core, news, owner="another")
    with core.transactions.write() as work:
        webhooks.conclude(work, late, NOT_READ, lease="stalled.1", due_at=core.now())
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.webhook_id == news)).one()
    assert (row.verdict, row.due_at) == (DONE, None)


@pytest.mark.parametrize(("left", "is_kept"), [(1, True), (0, False)])
def test_news_that_cannot_be_read_is_tried_for_a_day(
    core: Core, news: int, gateway: FakeGateway, clock: MovableClock, left: int, is_kept: bool
) -> None:
    clock.move(days=1, seconds=-left)
    gateway.loses("look", Lost.BEFORE)
    read_one(core, news, owner="worker")
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.webhook_id == news)).one()
    assert (row.verdict, row.due_at is not None) == (NOT_READ, is_kept)


@pytest.mark.parametrize(("times", "seconds"), [(0, 2), (1, 4), (8, 512), (9, 900), (500, 900)])
def test_news_that_cannot_be_read_yet_is_read_again_soon_and_then_each_quarter_of_an_hour(
    core: Core, news: int, gateway: FakeGateway, clock: MovableClock, times: int, seconds: int
) -> None:
    with core.transactions.write() as work:
        work.connection.execute(rows.update().values(attempts=times))
    gateway.loses("look", Lost.BEFORE)
    read_one(core, news, owner="worker")
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.webhook_id == news)).one()
    assert row.due_at == clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize(("times", "status", "verdict"), [(999, PaymentStatus.RECEIVED, DONE), (1000, None, NOT_READ)])
def test_news_that_ends_every_reading_with_an_error_is_given_up_after_a_thousand(
    core: Core, news: int, link: Link, times: int, status: PaymentStatus | None, verdict: str
) -> None:
    with core.transactions.write() as work:
        work.connection.execute(rows.update().values(attempts=times))
    read_one(core, news, owner="worker")
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.webhook_id == news)).one()
    assert (now_of(core, link).payment_status, row.verdict, row.due_at) == (status, verdict, None)
