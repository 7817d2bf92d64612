"""What is counted is what the question names: of one scope on one day, of one merchant, and what is not known yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from payment_core.domain.enums import MessageStatus
from payment_core.domain.link import Link
from payment_core.services import Core
from payment_core.store.messages import open_ends, send_counts
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import MERCHANT, NOW

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


def test_messages_are_counted_by_scope_and_day_and_counts_of_earlier_days_are_deleted(core: Core) -> None:
    today, yesterday = "2026-11-28", "2026-11-27"
    with core.transactions.write() as work:
        send_counts.add_one(work, ["number:a", "country:ZA"], today)
        send_counts.add_one(work, ["number:b", "country:ZA"], today)
        send_counts.add_one(work, ["number:a"], yesterday)
        send_counts.add_one(work, [], today)
        assert send_counts.counts(work, ["number:a", "number:c"], today) == {"number:a": 1}
        assert send_counts.counts(work, ["country:ZA"], today) == {"country:ZA": 2}
        assert send_counts.counts(work, ["country:ZA", "number:a"], yesterday) == {"number:a": 1}
        assert send_counts.erase(work, before_day=today) == 1
        assert send_counts.counts(work, ["number:a"], yesterday) == {}
        assert send_counts.counts(work, ["number:a"], today) == {"number:a": 1}
