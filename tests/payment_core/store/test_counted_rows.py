"""What is counted is what the question names: of one scope on one day, of one merchant, and what is not known yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import open_ends, repeats, send_counts
from payment_core.store.messages.messages import message_of
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW
from tests.payment_core.fakes import MovableClock
from tests.payment_core.replying.test_replies import Phone

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
M, LATER = MessageStatus, NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "due_at", "fate_due_at", "is_open"),
    [
        (M.UNKNOWN, LATER, None, True),
        # Nobody looks for it any more: it stays unknown, by name.
        (M.UNKNOWN, None, None, False),
        (M.SENT, None, LATER, True),
        (M.SENT, LATER, None, False),
        (M.QUEUED, LATER, None, False),
        (M.DELIVERED, None, None, False),
        (M.FAILED, None, None, False),
    ],
)
def test_a_message_has_an_open_end_while_the_messenger_is_still_asked_for_it(
    core: Core, make_link: Callable[..., Link], status: MessageStatus, due_at: datetime | None,
    fate_due_at: datetime | None, is_open: bool,
) -> None:  # fmt: skip
    make_link()
    with core.transactions.write() as work:
        values = {"status": status.value, "due_at": due_at, "fate_due_at": fate_due_at}
        work.connection.execute(update(messages).values(**values))
        assert open_ends.count_open(work, MERCHANT.merchant_id) == int(is_open)
        assert open_ends.count_open(work, "mer_other") == 0


def test_a_number_has_tried_as_often_as_it_wrote_on_the_channel_up_to_the_reply_itself(
    core: Core, merchant: Merchant, clock: MovableClock
) -> None:
    """A reply that is carried out again, after later ones came, counts as it did before."""
    phone = Phone(core, merchant)
    for channel in (Channel.SMS, Channel.SMS, Channel.WHATSAPP, Channel.SMS):
        clock.move(minutes=1)
        phone.reply("hm?", channel=channel)
    key, other = (phone_key.of(core, MERCHANT.merchant_id, one) for one in (CUSTOMER, "27830000001"))
    with core.transactions.read() as work:
        query = select(messages).where(messages.c.direction == "in").order_by(messages.c.created_at)
        replies = [message_of(row, work) for row in work.connection.execute(query)]
        assert [repeats.count_until(work, one, key, since=NOW) for one in replies] == [1, 2, 1, 3]
        assert repeats.count_until(work, replies[-1], key, since=replies[1].created_at) == 2
        assert repeats.count_until(work, replies[-1], other, since=NOW) == 0
        assert repeats.count_until(work, replace(replies[-1], merchant_id="mer_other"), key, since=NOW) == 0


def test_messages_are_counted_by_scope_and_day_and_counts_of_earlier_days_are_deleted(core: Core) -> None:
    today, yesterday = "2026-11-28", "2026-11-27"
    with core.transactions.write() as work:
        send_counts.add_one(work, ["number:a", "country:ZA"], today)
        send_counts.add_one(work, ["number:b", "country:ZA"], today)
        send_counts.add_one(work, ["country:ZA"], today)
        send_counts.add_one(work, ["number:a"], yesterday)
        send_counts.add_one(work, [], today)
        assert send_counts.counts(work, ["number:a", "number:c"], today) == {"number:a": 1}
        assert send_counts.counts(work, ["country:ZA"], today) == {"country:ZA": 3}
        assert send_counts.counts(work, ["country:ZA", "number:a"], yesterday) == {"number:a": 1}
        assert send_counts.erase(work, before_day=today) == 1
        assert send_counts.counts(work, ["number:a"], yesterday) == {}
        assert send_counts.counts(work, ["number:a"], today) == {"number:a": 1}
