"""A message belongs to one sender at a time: no customer gets it twice, whoever wakes up late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from payment_core.domain.enums import MessageStatus
from payment_core.domain.link import Link
from payment_core.journeys.messaging.send_message import send_due, send_now
from payment_core.messengers.messenger import MessageReport, OutgoingMessage
from payment_core.services import Core
from payment_core.store.messages import messages
from payment_core.store.messages.messages import Message
from tests.payment_core.fakes import FakeMessenger, Lost, MovableClock

LEASE = timedelta(seconds=60)


@pytest.fixture
def waiting(core: Core, make_link: Callable[..., Link], messenger: FakeMessenger, clock: MovableClock) -> Message:
    """A message that has not left yet, and is due."""
    messenger.faults.append(Lost.NOTHING_LEFT)
    link = make_link()
    clock.move(seconds=5)
    with core.transactions.read() as work:
        found = messages.request_of(work, link.reference)
    assert found is not None
    return found


def claim(core: Core, message: Message, lease: str) -> Message | None:
    """Claim a message as a sender does that then stops."""
    with core.transactions.write() as work:
        return messages.claim(work, message.message_id, now=core.now(), until=core.now() + LEASE, lease=lease)


def begin(core: Core, message: Message, lease: str) -> bool:
    with core.transactions.write() as work:
        return messages.begin_to_send(work, message.message_id, now=core.now(), lease=lease)


def test_a_message_that_one_sender_holds_is_sent_by_no_other(
    core: Core, waiting: Message, messenger: FakeMessenger, clock: MovableClock
) -> None:
    assert claim(core, waiting, "stalled.1") is not None
    send_now(core, waiting.message_id)
    assert (send_due(core), messenger.sent) == (0, [])
    clock.move(seconds=61)
    assert (send_due(core), len(messenger.sent)) == (1, 1)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_message_that_is_just_being_sent_is_looked_for_by_another_only_after_a_minute(
    core: Core, make_link: Callable[..., Link], messenger: FakeMessenger, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch, is_first: bool,
) -> None:  # fmt: skip
    """Until then its sender may be waiting for the messenger's answer, and what it looks for would not be there yet."""
    send, looked_for = messenger.send, []

    def slow(message: OutgoingMessage) -> MessageReport:
        monkeypatch.undo()
        for seconds in (0, 59, 1):
            clock.move(seconds=seconds)
            looked_for.append(send_due(core))
        return send(message)

    if not is_first:
        messenger.faults.append(Lost.NOTHING_LEFT)
        make_link()
        clock.move(seconds=5)
    monkeypatch.setattr(messenger, "send", slow)
    if is_first:
        make_link()
    else:
        send_due(core)
    assert (looked_for, len(messenger.sent)) == ([0, 0, 1], 1)


def test_a_sender_that_slept_longer_than_its_lease_sends_nothing(
    core: Core, waiting: Message, clock: MovableClock
) -> None:
    claim(core, waiting, "slow.1")
    clock.move(seconds=61)
    assert claim(core, waiting, "quick.1") is not None
    assert not begin(core, waiting, "slow.1")
    assert begin(core, waiting, "quick.1")


def test_a_message_that_is_perhaps_on_its_way_is_not_begun_again(core: Core, waiting: Message) -> None:
    """Not even by the same lease: no messenger knows a message that comes twice."""
    claim(core, waiting, "one.1")
    assert [begin(core, waiting, "one.1") for _ in range(2)] == [True, False]
    with core.transactions.read() as work:
        after = messages.find(work, waiting.message_id)
    assert after is not None
    assert after.status is MessageStatus.UNKNOWN
