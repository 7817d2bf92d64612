"""A record is written again when a request of unknown outcome becomes a matter for a person: at the first such moment to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain.payments.balance import balance_of
from connector.domain.payments.status import Link, States
from connector.salesforce.orders.order_record import OrderChange
from tests.unit.examples import NOW, make_order, make_request

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ages", "later"),
    [
        ([], None),
        ([2], 3),
        # The first of several counts, and what is a matter for a person already was written so.
        ([1, 4], 1),
        ([4, 1], 1),
        ([5, 2], 3),
        ([5], None),
        ([60], None),
    ],
)
def test_the_first_outcome_that_stays_unknown_for_five_minutes_is_waited_for(
    ages: list[int], later: int | None
) -> None:
    unknown = States(link=Link.UNKNOWN)
    known = make_request(reference="c2p_0", live=True, states=States(link=Link.SENT))
    every = (
        known,
        *(
            make_request(reference=f"c2p_{age}", live=True, states=unknown, created_at=NOW - age * MINUTE)
            for age in ages
        ),
    )
    change = OrderChange("801xx0000001gEhAAI", 1, "ZAR", balance_of(make_order(), every), (), None, NOW, every=every)
    assert change.needs_person_from(NOW) == (None if later is None else NOW + later * MINUTE)
