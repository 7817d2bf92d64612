"""Whether a customer wants no messages, by what the history of a request has of STOP and START."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from connector.domain.payments.request_event import EventKind, RequestEvent, wants_no_messages
from tests.unit.examples import NOW

STOP, START, SENT = EventKind.CUSTOMER_STOPPED, EventKind.CUSTOMER_RESUMED, EventKind.SENT


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ([], False),
        ([(SENT, 9)], False),
        ([(STOP, 1)], True),
        ([(START, 1)], False),
        ([(STOP, 1), (START, 2)], False),
        ([(START, 1), (STOP, 2)], True),
        ([(STOP, 1), (START, 2), (STOP, 3), (SENT, 9)], True),
        pytest.param([(STOP, 1), (START, 1)], True, id="of one moment the STOP counts"),
    ],
)
def test_the_customers_last_word_counts_in_whatever_order_it_came(
    words: list[tuple[EventKind, int]], stopped: bool
) -> None:
    events = [RequestEvent(kind, NOW + timedelta(minutes=at), NOW) for kind, at in words]
    assert all(wants_no_messages(some) is stopped for some in permutations(events))
