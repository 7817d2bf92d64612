"""What never left is tried again for as long as it can be of use, and what a key did not allow for as long as keys change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.messaging import queue_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.send_message import is_window_open, send_due, send_now
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import KeyRefused, Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Message
from payment_core.store.schema import tables
from tests.captured_logs import capture_logs
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW
from tests.payment_core.fakes import FakeMessenger, Lost, MovableClock

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def queued(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], messenger: FakeMessenger
) -> Callable[[Purpose], str]:
    """A function that queues a message about a link at noon, and returns its id; nothing else is due."""

    def made(purpose: Purpose) -> str:
        link = make_link(channel=Channel.SMS)
        messenger.sent.clear()
        with core.transactions.write() as work:
            work.connection.execute(tables.messages.delete())
            found = queue_message.queue(work, core, merchant, purpose, link)
            assert found is not None
            work.connection.execute(update(tables.messages).values(valid_until=NOW + 9 * HOUR))
        return found

    return made


def found(core: Core, message_id: str) -> Message:
    with core.transactions.read() as work:
        message = messages.find(work, message_id)
    assert message is not None
    return message


def due_at(core: Core, message_id: str) -> Any:
    mine = tables.messages.c.message_id == message_id
    with core.transactions.read() as work:
        return work.connection.execute(tables.messages.select().where(mine)).one().due_at


def test_what_never_left_is_tried_again_soon_and_then_more_rarely(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger, clock: MovableClock
) -> None:
    """An agent may be waiting on the phone with the customer."""
    message_id = queued(Purpose.PAYMENT_REQUEST)
    for pause in (2, 10, 30, 30):
        messenger.faults.append(Lost.NOTHING_LEFT)
        assert send_now(core, message_id) == "not_sent"
        assert due_at(core, message_id) == clock() + timedelta(seconds=pause)
        clock.move(seconds=pause - 1)
        assert send_due(core) == 0
        clock.move(seconds=1)
    assert (send_due(core), len(messenger.sent)) == (1, 1)


@pytest.mark.parametrize(("left", "is_given_up"), [(2 * SECOND, False), (SECOND, True)])
def test_what_never_left_is_given_up_where_the_next_try_would_come_too_late(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger, left: timedelta, is_given_up: bool
) -> None:
    message_id = queued(Purpose.PAYMENT_REQUEST)
    with core.transactions.write() as work:
        work.connection.execute(update(tables.messages).values(valid_until=NOW + left))
    messenger.faults.append(Lost.NOTHING_LEFT)
    send_now(core, message_id)
    status = MessageStatus.FAILED if is_given_up else MessageStatus.QUEUED
    assert (found(core, message_id).status, due_at(core, message_id) is None) == (status, is_given_up)


def test_what_has_no_end_is_tried_until_it_leaves(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger
) -> None:
    message_id = queued(Purpose.RECEIPT)
    with core.transactions.write() as work:
        work.connection.execute(update(tables.messages).values(valid_until=None))
    messenger.faults.append(Lost.NOTHING_LEFT)
    assert send_now(core, message_id) == "not_sent"
    assert due_at(core, message_id) == NOW + 2 * SECOND


@pytest.mark.parametrize(
    ("purpose", "age", "is_given_up"),
    [
        # Somebody waits for it on the phone.
        (Purpose.PAYMENT_REQUEST, timedelta(0), False),
        (Purpose.PAYMENT_REQUEST, MINUTE - 2 * SECOND, False),
        (Purpose.PAYMENT_REQUEST, MINUTE - SECOND, True),
        (Purpose.RECEIPT, MINUTE, False),
        (Purpose.RECEIPT, HOUR - 2 * SECOND, False),
        (Purpose.RECEIPT, HOUR - SECOND, True),
    ],
)
def test_a_key_that_is_not_accepted_may_be_one_that_is_just_replaced(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch, purpose: Purpose, age: timedelta, is_given_up: bool,
) -> None:  # fmt: skip
    def refused(_: object) -> None:
        raise KeyRefused("no", failure="not_admitted", reason="20003")

    message_id = queued(purpose)
    with monkeypatch.context() as patch:
        patch.setattr(messenger, "send", refused)
        clock.move(seconds=age.total_seconds())
        assert send_now(core, message_id) == "not_admitted"
    after = found(core, message_id)
    status = MessageStatus.FAILED if is_given_up else MessageStatus.QUEUED
    assert (after.status, after.reason) == (status, "20003" if is_given_up else None)
    if not is_given_up:
        clock.move(seconds=2)
        assert (send_due(core), len(messenger.sent)) == (1, 1)


@pytest.mark.parametrize(
    ("channel", "ago", "is_open"),
    [
        (Channel.WHATSAPP, None, False),
        (Channel.WHATSAPP, timedelta(0), True),
        (Channel.WHATSAPP, 24 * HOUR - SECOND, True),
        (Channel.WHATSAPP, 24 * HOUR, False),
        # An SMS needs no window, and has none.
        (Channel.SMS, timedelta(0), False),
    ],
)
def test_free_words_are_taken_for_a_day_after_the_customers_own(
    core: Core, merchant: Merchant, clock: MovableClock, channel: Channel, ago: timedelta | None, is_open: bool
) -> None:
    key = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER)
    if ago is not None:
        receive_reply(core, merchant, Reply("IN1", channel, CUSTOMER, "hello"))
        clock.move(seconds=ago.total_seconds())
    with core.transactions.read() as work:
        assert is_window_open(work, core, MERCHANT.merchant_id, key, channel) is is_open


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        # Whichever the messenger lists could be the other; only a report names its message.
        (("Thanks", "Thanks"), [MessageStatus.UNKNOWN, MessageStatus.UNKNOWN]),
        (("Thanks", "Bye"), [MessageStatus.SENT, MessageStatus.SENT]),
    ],
)
def test_of_two_lost_messages_that_read_alike_neither_is_called_found(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger, clock: MovableClock,
    texts: tuple[str, str], found: list[MessageStatus],
) -> None:  # fmt: skip
    first = queued(Purpose.CANCELLED)
    with core.transactions.write() as work:
        one = messages.find(work, first)
        assert one is not None
        work.connection.execute(tables.messages.delete())
        for number, text in enumerate(texts):
            content = replace(one.content, text=text, link_url=None)
            messages.add(work, replace(one, message_id=f"msg_{number}", content=content), due_at=clock())
    messenger.faults.extend([Lost.AFTER, Lost.AFTER])
    assert send_due(core) == 2
    clock.move(minutes=1)
    assert send_due(core) == 2
    with core.transactions.read() as work:
        after = [messages.find(work, f"msg_{number}") for number in range(2)]
    assert [one.status for one in after if one is not None] == found
    assert len(messenger.sent) == 2


@pytest.mark.parametrize(("late", "is_said"), [(timedelta(0), False), (2 * HOUR, True)])
def test_what_is_never_found_is_named_in_the_log(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger, clock: MovableClock, late: timedelta,
    is_said: bool,
) -> None:  # fmt: skip
    message_id = queued(Purpose.RECEIPT)
    messenger.faults.append(Lost.BEFORE)
    send_now(core, message_id)
    clock.move(hours=9)
    clock.move(seconds=late.total_seconds())
    with capture_logs() as lines:
        assert send_due(core) == 1
    assert ("message_never_found" in {one["event"] for one in lines}) is is_said
    assert (due_at(core, message_id) is None) is is_said


def test_what_waits_when_its_number_stops_the_channel_fails_by_that_word_and_is_sent_to_nobody(
    core: Core, queued: Callable[[Purpose], str], messenger: FakeMessenger
) -> None:
    message_id = queued(Purpose.RECEIPT)
    with core.transactions.write() as work:
        key, mark = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER), phone_key.mark_of(core)
        opt_outs.stop(work, MERCHANT.merchant_id, key, Channel.SMS, at=core.now(), key_mark=mark)
    assert send_now(core, message_id) == "opted_out"
    after = found(core, message_id)
    assert (after.status, after.failure, due_at(core, message_id)) == (MessageStatus.FAILED, "opted_out", None)
    assert messenger.sent == []
