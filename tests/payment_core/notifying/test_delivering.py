"""Applications get every notification, in order for each link, again until they answer 200."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import update

from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus, Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.notifying.deliver_notifications import deliver_notifications
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import delivery_list
from payment_core.store.deliveries.deliveries import Answer
from payment_core.store.schema.tables import deliveries
from tests.payment_core.fakes import MovableClock
from tests.payment_core.notifying.couriers import TAKEN, ScriptedCourier, queue

Make = Callable[..., Link]
EVENTS = "https://salesforce.example/transaction-status"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def received(mocked: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"{}") for call in mocked.calls]


def states(core: Core) -> dict[str, int]:
    with core.transactions.read() as work:
        return delivery_list.counted(work)


def deliver_all(core: Core, threads: ThreadPoolExecutor) -> None:
    while deliver_notifications(core, owner="test", threads=threads):
        pass


def test_a_links_news_arrive_in_order(
    core: Core, merchant: Merchant, make_link: Make, threads: ThreadPoolExecutor
) -> None:
    link = make_link()
    cancel_link(core, merchant, link.reference)
    with responses.RequestsMock() as mocked:
        mocked.post(EVENTS)
        deliver_all(core, threads)
        words = [one["transactionStatus"] for one in received(mocked)]
    assert words == ["PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT", "PAYMENT_LINK_CANCELLED"]
    assert states(core)["delivered"] == 3


@pytest.mark.parametrize("status", [503, 202, 204])
def test_what_is_not_answered_200_holds_up_its_own_link_only(
    core: Core, make_link: Make, threads: ThreadPoolExecutor, clock: MovableClock, status: int
) -> None:
    slow = make_link(caller_reference="a")
    quick = make_link(caller_reference="b", channel=Channel.SMS)
    with responses.RequestsMock() as mocked:
        mocked.add_callback("POST", EVENTS, lambda call: (status if slow.reference in str(call.body) else 200, {}, ""))
        deliver_all(core, threads)
        seen = [(one["paymentLinkRef"], one["transactionStatus"]) for one in received(mocked)]
    assert (quick.reference, "PAYMENT_LINK_SENT") in seen
    assert [word for reference, word in seen if reference == slow.reference] == ["PAYMENT_LINK_CREATED"]
    clock.move(minutes=1)
    with responses.RequestsMock() as mocked:
        mocked.post(EVENTS)
        deliver_all(core, threads)
        assert [one["transactionStatus"] for one in received(mocked)] == ["PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT"]


def test_an_application_that_is_away_for_a_day_gets_every_one(
    core: Core, make_link: Make, threads: ThreadPoolExecutor, clock: MovableClock
) -> None:
    references = {make_link(caller_reference=str(number)).reference for number in range(5)}
    for _ in range(24):
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
            mocked.post(EVENTS, body=requests.ConnectionError())
            deliver_notifications(core, owner="test", threads=threads)
        clock.move(hours=1)
    with responses.RequestsMock() as mocked:
        mocked.post(EVENTS)
        deliver_all(core, threads)
        assert {one["paymentLinkRef"] for one in received(mocked)} == references
    assert states(core) == {"pending": 0, "delivered": 10, "parked": 0, "abandoned": 0}


def test_after_three_days_a_notification_is_parked_and_listed(
    core: Core, make_link: Make, threads: ThreadPoolExecutor, clock: MovableClock
) -> None:
    make_link()
    clock.move(days=3, minutes=1)
    with responses.RequestsMock() as mocked:
        mocked.post(EVENTS, status=500, body="out of order")
        deliver_all(core, threads)
    with core.transactions.read() as work:
        parked = delivery_list.listed(work, state="parked")
    assert {one["attempts"][0]["answer"] for one in parked} == {"out of order"}
    assert len(parked) == 2


@pytest.mark.parametrize("gone", [{"settings_url": ""}, {"status": ApplicationStatus.DEACTIVATED}])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_news_whose_receiver_is_gone_are_abandoned_and_posted_to_nobody(
    core: Core, application: Application, threads: ThreadPoolExecutor, gone: dict[str, Any]
) -> None:
    """Enabled again, an application must not get the news of weeks at once."""
    courier = ScriptedCourier()
    queue(core, "lane", "NEWS")
    with core.transactions.write() as work:
        applications.save(work, replace(application, **gone), now=core.now())
    deliver_notifications(replace(core, courier=courier), owner="test", threads=threads)  # type: ignore[arg-type]
    assert (dict(courier.sent), states(core)["abandoned"]) == ({}, 1)


@pytest.mark.parametrize(
    ("late", "answer", "state"),
    [
        (timedelta(0), Answer(500, "", None, 1), "pending"),
        (timedelta(seconds=1), Answer(500, "", None, 1), "parked"),
        (timedelta(seconds=1), Answer(None, None, "timeout", 1), "parked"),
        (timedelta(seconds=1), TAKEN, "delivered"),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_notification_is_sent_again_for_three_days(
    core: Core, threads: ThreadPoolExecutor, clock: MovableClock, late: timedelta, answer: Answer, state: str
) -> None:
    courier = ScriptedCourier()
    courier.answers.append(answer)
    queue(core, "lane", "NEWS")
    clock.move(days=3, seconds=late.total_seconds())
    deliver_notifications(replace(core, courier=courier), owner="test", threads=threads)  # type: ignore[arg-type]
    assert states(core)[state] == 1


@pytest.mark.parametrize(
    ("before", "pause"),
    [
        (0, timedelta(seconds=0.3)),
        (1, timedelta(seconds=1)),
        (2, timedelta(seconds=3)),
        (3, timedelta(seconds=3)),
        (4, timedelta(seconds=6)),
        (59, timedelta(seconds=6)),
        (60, timedelta(minutes=1)),
        (119, timedelta(minutes=1)),
        (120, timedelta(minutes=10)),
        (9999, timedelta(minutes=10)),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_receiver_is_asked_ever_more_rarely(
    core: Core, threads: ThreadPoolExecutor, clock: MovableClock, before: int, pause: timedelta
) -> None:
    courier = ScriptedCourier()
    courier.answers.append(Answer(503, "", None, 1))
    queue(core, "lane", "NEWS")
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(attempts=before))
    deliver_notifications(replace(core, courier=courier), owner="test", threads=threads)  # type: ignore[arg-type]
    with core.transactions.read() as work:
        row = work.connection.execute(deliveries.select()).one()
    assert row.attempts == before + 1
    # Half of it to all of it, so that what failed together is not tried again together.
    assert pause / 2 <= row.due_at - clock() <= pause


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (200, "delivered"),
        # The API documents 200 alone: anything else may not have been processed.
        (201, "pending"), (202, "pending"), (302, "pending"), (404, "pending"), (500, "pending"), (None, "pending"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_only_200_says_that_news_was_processed(
    core: Core, threads: ThreadPoolExecutor, answer: int | None, state: str
) -> None:
    queue(core, "lane", "NEWS")
    with responses.RequestsMock() as mocked:
        given: dict[str, Any] = {"body": requests.ConnectionError("secret")} if answer is None else {"status": answer}
        mocked.post("https://salesforce.example/settings", **({"body": "x" * 999} | given))
        deliver_notifications(core, owner="test", threads=threads)
    assert states(core)[state] == 1
    with core.transactions.read() as work:
        ((attempt,),) = (one["attempts"] for one in delivery_list.listed(work))
    kept = "x" * 300 if answer is not None else None
    assert (attempt["status"], attempt["answer"], attempt["error"] is None) == (answer, kept, answer is not None)
    assert "secret" not in str(attempt)
