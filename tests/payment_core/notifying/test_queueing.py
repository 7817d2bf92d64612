"""Who gets which notification: events go to the creator, payments and settings to all, messages to those who ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus, Channel, MessageStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import applications, phone_key
from payment_core.store.deliveries import delivery_list
from payment_core.store.schema.tables import deliveries
from tests.payment_core.conftest import APPLICATION

Make = Callable[..., Link]


@pytest.fixture
def other(core: Core) -> Application:
    """A second application, and a third that is switched off."""
    second = replace(APPLICATION, application_id=str(uuid4()), name="Own shop")
    third = replace(second, application_id=str(uuid4()), status=ApplicationStatus.DEACTIVATED)
    with core.transactions.write() as work:
        applications.save(work, second, now=core.now())
        applications.save(work, third, now=core.now())
    return second


def told(core: Core) -> list[tuple[str, str, str]]:
    """Return (application, kind, event) of every delivery."""
    with core.transactions.read() as work:
        return [(one["application"], one["kind"], one["event"]) for one in delivery_list.listed(work)]


def lanes(core: Core, event: str) -> list[Any]:
    with core.transactions.read() as work:
        rows = work.connection.execute(deliveries.select().where(deliveries.c.event == event))
        return [row.lane for row in rows]


def test_a_links_events_go_to_its_creator_and_its_payment_to_all(
    core: Core, merchant: Merchant, make_link: Make, other: Application
) -> None:
    link = make_link()
    assert {one for one, _, _ in told(core)} == {APPLICATION.application_id}
    with core.transactions.write() as work:
        paid = replace(link, payment_status=PaymentStatus.RECEIVED)
        queue_notifications.payment_changed(work, core, merchant, paid)
    # Two applications of one moment come in the order of their ids, which are made by chance.
    assert sorted(one for one in told(core) if one[2] == "PAYMENT_RECEIVED") == sorted(
        [
            (APPLICATION.application_id, "transaction-status", "PAYMENT_RECEIVED"),
            (APPLICATION.application_id, "payment-status", "PAYMENT_RECEIVED"),
            (other.application_id, "payment-status", "PAYMENT_RECEIVED"),
        ]
    )


def test_settings_and_a_stop_go_to_all(core: Core, merchant: Merchant, other: Application) -> None:
    with core.transactions.write() as work:
        queue_notifications.settings_changed(work, core, merchant, "CURRENCY_ADDED", "CHF")
        queue_notifications.customer_opted(work, core, merchant, "27831234567", Channel.SMS, stopped=True)
    assert len({one for one, _, _ in told(core)}) == 2
    assert len(told(core)) == 4


@pytest.mark.parametrize(("stopped", "word"), [(True, "RECIPIENT_OPTED_OUT"), (False, "RECIPIENT_OPTED_IN")])
def test_a_stop_is_told_in_a_lane_of_its_channel_and_found_by_the_number(
    core: Core, merchant: Merchant, other: Application, stopped: bool, word: str
) -> None:
    with core.transactions.write() as work:
        queue_notifications.customer_opted(work, core, merchant, "27831234567", Channel.SMS, stopped=stopped)
    assert sorted(lanes(core, word)) == sorted(
        f"{one}:sms:opted" for one in (APPLICATION.application_id, other.application_id)
    )
    with core.transactions.read() as work:
        keys = {bytes(one) for one in work.connection.execute(select(deliveries.c.phone_key)).scalars()}
    assert keys == {bytes(phone_key.of(core, merchant.merchant_id, "27831234567"))}


def test_news_of_messages_go_only_to_who_asks_and_in_a_lane_of_their_own(
    core: Core, merchant: Merchant, make_link: Make
) -> None:
    link = make_link()

    def report() -> None:
        with core.transactions.write() as work:
            queue_notifications.message_changed(work, core, merchant, link, MessageStatus.DELIVERED, None)

    report()
    assert lanes(core, "MESSAGE_DELIVERED") == []
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, wants_messages=True), now=core.now())
    report()
    (lane,) = lanes(core, "MESSAGE_DELIVERED")
    assert lane not in lanes(core, link.status.value)


q = queue_notifications
NEWS: dict[str, Callable[[Any, Core, Merchant, Link], object]] = {
    "link": lambda w, c, m, one: q.link_changed(w, c, m, one),
    "payment": lambda w, c, m, one: q.payment_changed(w, c, m, replace(one, payment_status=PaymentStatus.RECEIVED)),
    "attention": lambda w, c, m, one: q.attention_changed(w, c, m, one),
    "charge": lambda w, c, m, one: q.charge_changed(w, c, m, one),
    "message": lambda w, c, m, one: q.message_changed(w, c, m, one, MessageStatus.DELIVERED, None),
    "stop": lambda w, c, m, one: q.customer_opted(w, c, m, "27831234567", Channel.SMS, stopped=True),
    "settings": lambda w, c, m, one: q.settings_changed(w, c, m, "CURRENCY_ADDED", "CHF"),
}
NOWHERE = {"payment_status_url": "", "transaction_status_url": "", "settings_url": ""}


@pytest.mark.parametrize("name", NEWS)
@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"wants_messages": True}, True),
        ({"wants_messages": True, "status": ApplicationStatus.DEACTIVATED}, False),
        ({"wants_messages": True, "status": ApplicationStatus.DELETED}, False),
        ({"wants_messages": True, **NOWHERE}, False),
        ({"wants_messages": False}, None),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_news_are_queued_for_whoever_can_take_them_and_asked_for_them(
    core: Core, merchant: Merchant, make_link: Make, name: str, changes: dict[str, Any], is_told: bool | None
) -> None:
    """Of messages and charges an application hears only where it asks."""
    link = make_link()
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, **changes), now=core.now())
    before = len(told(core))
    with core.transactions.write() as work:
        NEWS[name](work, core, merchant, link)
    assert (len(told(core)) > before) is (name not in ("message", "charge") if is_told is None else is_told)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_of_a_payment_that_was_not_begun_there_is_no_news(core: Core, merchant: Merchant, make_link: Make) -> None:
    link = make_link()
    before = told(core)
    with core.transactions.write() as work:
        queue_notifications.payment_changed(work, core, merchant, link)
    assert told(core) == before
