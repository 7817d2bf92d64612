"""What is reported of a message, or asked about it, reaches its link where it is the link's own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payment_core.domain.enums import Channel, LinkStatus, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.messaging import poll_message_statuses as polling
from payment_core.journeys.messaging import queue_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.record_message_status import record_doubt, record_message_status
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.journeys.webhooks import news_content
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.messengers.messenger import MessageReport, MessengerError, NotSent, PerhapsSent, Reply
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.messages import messages
from payment_core.store.messages.messages import Message
from tests.payment_core.conftest import CUSTOMER, stored_news
from tests.payment_core.fakes import FakeMessenger, Lost, MovableClock
from tests.payment_core.links import now_of

# What a report means is decided in Python.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
M = MessageStatus


def request_of(core: Core, link: Link) -> Message:
    with core.transactions.read() as work:
        found = messages.request_of(work, link.reference)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("purpose", "before", "after"),
    [
        (Purpose.PAYMENT_REQUEST, None, M.UNKNOWN),
        (Purpose.REPLACED, None, M.UNKNOWN),
        (Purpose.REPLY_OFFER, None, M.UNKNOWN),
        (Purpose.PAYMENT_REQUEST, M.DELIVERED, M.DELIVERED),
        # What became of a receipt says nothing of the link's own message.
        (Purpose.RECEIPT, None, None),
    ],
)
def test_a_link_is_in_doubt_with_its_own_message_until_something_is_known(
    core: Core, make_link: Make, purpose: Purpose, before: MessageStatus | None, after: MessageStatus | None
) -> None:
    link = make_link()
    with core.transactions.write() as work:
        links.save(work, replace(link, message_status=before))
        record_doubt(work, replace(request_of(core, link), purpose=purpose.value))
    assert now_of(core, link).message_status is after


def test_a_message_about_no_link_leaves_none_in_doubt(core: Core, make_link: Make) -> None:
    link = make_link()
    with core.transactions.write() as work:
        record_doubt(work, replace(request_of(core, link), reference=None))
    assert now_of(core, link).message_status is link.message_status


def test_a_report_of_a_message_that_is_not_here_changes_nothing(core: Core, make_link: Make) -> None:
    """It was forgotten, or is of another system that sends from the same account."""
    link = make_link()
    with core.transactions.write() as work:
        assert record_message_status(work, core, "mes_gone", MessageReport("SM9", M.READ)) is None
    assert now_of(core, link) == link


def test_the_fate_of_a_later_message_says_nothing_of_the_one_that_brought_the_link(
    core: Core, merchant: Merchant, make_link: Make
) -> None:
    link = make_link()
    with core.transactions.write() as work:
        message_id = queue_message.queue(work, core, merchant, Purpose.CANCELLED, link)
        assert message_id is not None
        report = MessageReport("SM9", M.FAILED, "unreachable", "30003")
        assert record_message_status(work, core, message_id, report) is None
    assert now_of(core, link) == link


def test_a_request_that_the_messenger_takes_and_calls_failed_at_once_failed_for_its_reason(
    core: Core, make_link: Make, messenger: FakeMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messenger, "send", lambda _: MessageReport("SM1", M.FAILED, "unreachable", "30003"))
    link = make_link()
    assert (link.status, link.message_status, link.message_failure) == (LinkStatus.CREATED, M.FAILED, "unreachable")
    request = request_of(core, link)
    assert (request.status, request.failure, request.reason) == (M.FAILED, "unreachable", "30003")


# What a carrier accepted it may fail to deliver, and what arrived has not failed, whatever is reported later.
ORDER = (M.QUEUED, M.UNKNOWN, M.ACCEPTED, M.SENT, M.FAILED, M.DELIVERED, M.READ)


@pytest.mark.parametrize("known", ORDER)
def test_each_report_moves_a_message_on_and_none_moves_it_back(core: Core, make_link: Make, known: M) -> None:
    message_id = request_of(core, make_link()).message_id
    for reported in ORDER:
        with core.transactions.write() as work:
            messages.change(work, message_id, now=core.now(), status=known)
            record_message_status(work, core, message_id, MessageReport("SM00000001", reported))
            after = messages.find(work, message_id)
        assert after is not None
        assert after.status is max(known, reported, key=ORDER.index)


@pytest.mark.parametrize(
    ("known", "reported", "kept"), [(None, "SM1", "SM1"), (None, "", None), ("SM1", "SM2", "SM1"), ("SM1", "", "SM1")]
)
def test_the_first_id_that_a_provider_names_stays(
    core: Core, make_link: Make, messenger: FakeMessenger, known: str | None, reported: str, kept: str | None
) -> None:
    messenger.faults.append(Lost.BEFORE)
    link = make_link()
    message_id = request_of(core, link).message_id
    with core.transactions.write() as work:
        messages.change(work, message_id, now=core.now(), provider_id=known)
        record_message_status(work, core, message_id, MessageReport(reported, M.SENT))
    assert request_of(core, link).provider_id == kept


@pytest.mark.parametrize(
    ("channel", "is_claimed", "asked"),
    [(Channel.WHATSAPP, True, 1), (Channel.WHATSAPP, False, 0), (Channel.SMS, True, 0)],
)
def test_a_message_is_asked_about_by_one_process_and_where_its_messenger_can_tell(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch,
    channel: Channel, is_claimed: bool, asked: int,
) -> None:  # fmt: skip
    """This messenger reports the end of what it sends by WhatsApp alone."""
    link = make_link(channel=channel)
    questions: list[str] = []

    def delivered(provider_id: str) -> MessageReport:
        questions.append(provider_id)
        return MessageReport(provider_id, M.DELIVERED)

    monkeypatch.setattr(messenger, "read_report", delivered)
    if not is_claimed:
        monkeypatch.setattr(messages, "claim_status_poll", lambda *_, **__: False)
    clock.move(minutes=6)
    core.wake.deliveries.clear()
    polling.poll_message_statuses(core)
    assert len(questions) == asked
    assert now_of(core, link).message_status is (M.DELIVERED if asked else M.SENT)
    assert core.wake.deliveries.is_set() is bool(asked), "its news waits for no sweep"


@pytest.mark.parametrize(
    ("error", "asked", "questions"),
    [
        (None, 3, 3),
        # It takes no more questions just now: the next ones would be refused, too.
        (NotSent("busy"), 0, 1),
        (PerhapsSent("no answer"), 3, 3),
    ],
)
def test_each_message_is_asked_about_once_and_a_busy_messenger_is_left_alone(
    core: Core, make_link: Make, messenger: FakeMessenger, clock: MovableClock, monkeypatch: pytest.MonkeyPatch,
    error: MessengerError | None, asked: int, questions: int,
) -> None:  # fmt: skip
    for number in range(3):
        make_link(caller_reference=str(number))
    came: list[str] = []

    def answered(provider_id: str) -> MessageReport:
        came.append(provider_id)
        if error is not None:
            raise error
        return MessageReport(provider_id, M.DELIVERED)

    monkeypatch.setattr(messenger, "read_report", answered)
    clock.move(minutes=6)
    assert polling.poll_message_statuses(core) == asked
    assert len(came) == len(set(came)) == questions


def test_a_message_is_asked_about_from_its_time_on_by_whoever_is_first(core: Core, make_link: Make) -> None:
    link, other = make_link(caller_reference="a"), make_link(caller_reference="b")
    message, second = request_of(core, link), timedelta(seconds=1)
    due_at = core.now() + timedelta(minutes=5)

    def claimed(at: datetime) -> bool:
        with core.transactions.write() as work:
            return messages.claim_status_poll(work, message, now=at, next_at=due_at + second)

    def due(at: datetime) -> list[str | None]:
        with core.transactions.read() as work:
            return [one.reference for one in messages.without_end(work, now=at, most=9)]

    assert (due(due_at - second), claimed(due_at - second)) == ([], False)
    assert sorted(map(str, due(due_at))) == sorted([link.reference, other.reference])
    assert [claimed(due_at) for _ in range(2)] == [True, False]
    assert due(due_at) == [other.reference], "the other is still to be asked about"


def test_what_a_webhook_reports_of_a_message_is_told_without_waiting(core: Core, make_link: Make) -> None:
    link = make_link()
    report = MessageReport("", M.DELIVERED, message_id=request_of(core, link).message_id)
    stored_news(core, "evt_1", news_content.of_news(report))
    core.wake.deliveries.clear()
    read_due(core, owner="test")
    assert (now_of(core, link).message_status, core.wake.deliveries.is_set()) == (M.DELIVERED, True)


def test_a_link_that_was_clicked_stays_so_whatever_is_reported_later(
    core: Core, merchant: Merchant, make_link: Make
) -> None:
    """A report may come after the customer: nothing goes backwards."""
    link = make_link()
    count_click(core, merchant, link.reference)
    with core.transactions.write() as work:
        message = messages.request_of(work, link.reference)
        assert message is not None
        record_message_status(work, core, message.message_id, MessageReport("SM00000001", M.DELIVERED))
    after = now_of(core, link)
    assert (after.status, after.message_status) == (LinkStatus.CLICKED, M.DELIVERED)


@pytest.mark.parametrize(
    ("faults", "stops", "failure"),
    [
        ((), False, None),
        ((Lost.REFUSED,), False, "unreachable"),
        ((Lost.BEFORE,), False, None),
        ((), True, "opted_out"),
    ],
)
def test_whoever_cancels_reads_why_the_customer_was_not_told(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, faults: tuple[Lost, ...], stops: bool,
    failure: str | None,
) -> None:  # fmt: skip
    link = make_link()
    if stops:
        receive_reply(core, merchant, Reply("IN1", link.channel, CUSTOMER, "STOP"))
    messenger.faults.extend(faults)
    assert cancel_link(core, merchant, link.reference).failure == failure
