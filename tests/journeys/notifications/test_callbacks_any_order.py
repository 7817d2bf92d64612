"""Any order of arrival ends the same: the payment, and the last thing that Salesforce is told."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from tests.factories import later, notification
from tests.journeys.world import World

SEED = int(os.environ.get("CHAT2PAY_TEST_SEED", "20261121"))
# What the core says of one payment, in the order in which it happens, seconds apart.
LIVES = {
    "paid": ["LINK_CREATED", "LINK_SENT", "LINK_CLICKED", "RECEIVED"],
    "paid with the second card": ["LINK_SENT", "LINK_CLICKED", "DECLINED", "RECEIVED"],
    "paid after a review": ["LINK_CLICKED", "REVIEW", "RECEIVED"],
    "held, captured, given back": ["LINK_CLICKED", "AUTHORIZED", "CAPTURED", "REVERSED"],
    "declined until it expired": ["LINK_SENT", "LINK_CLICKED", "DECLINED", "LINK_EXPIRED"],
    "never opened": ["LINK_CREATED", "LINK_SENT", "LINK_EXPIRED"],
    "paid after it expired": ["LINK_CREATED", "LINK_SENT", "LINK_EXPIRED", "RECEIVED"],
    "held after it was cancelled": ["LINK_SENT", "LINK_CANCELLED", "AUTHORIZED"],
    "reviewed past its end": ["LINK_CLICKED", "REVIEW", "LINK_EXPIRED", "RECEIVED"],
    "refused after a review": ["LINK_CLICKED", "REVIEW", "DECLINED"],
    "refused after a review of the second card": ["LINK_CLICKED", "DECLINED", "REVIEW", "DECLINED"],
    "cancelled": ["LINK_CREATED", "LINK_SENT", "LINK_CANCELLED"],
}
# How fresh the page is and what came of a change are no part of the payment.
_NOT_THE_PAYMENT = {"reference", "order_id", "order_number", "version", "proven_at", "asked_at", "phone", "body_digest",
                    "link_reference", "receipt_reference", "reconciliation_reference"}  # fmt: skip
_NOT_THE_CHANGE = {"id", "attributes", "Chat2Pay_Version__c", "Chat2Pay_Changed_At__c", "Chat2Pay_Reference__c",
                   "Order__c", "Reference__c", "Link_Reference__c", "Reconciliation_Reference__c"}  # fmt: skip


def live_through(world: World, words: list[str], arrivals: list[int], *, each: bool) -> tuple[Any, Any]:
    """One payment on an order of its own; return it, and what Salesforce was told last."""
    begun = world.clock.at
    page = world.open(world.order())
    link = world.sent(page)
    bodies = []
    for place, word in enumerate(words):
        world.clock.at = later(begun, seconds=10 * (place + 1))
        bodies.append(world.core.happen(link, f"PAYMENT_{word}"))
    for place in arrivals:
        world.callback(bodies[place])
        if each:
            world.drain()
    world.drain()
    world.settle()  # what was held, to be asked about, is drained at once, too
    world.clock.pass_by(seconds=2)
    world.push()
    row = next(one for one in world.rows("payment_requests") if one["order_id"] == page.order_id)
    told = [world.org.order_records(page.order_id)[-1], world.org.requests[row["reference"]]]
    world.clock.at = begun
    return (
        {name: value for name, value in row.items() if name not in _NOT_THE_PAYMENT},
        [{name: value for name, value in record.items() if name not in _NOT_THE_CHANGE} for record in told],
    )


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("life", LIVES)
def test_of_one_payments_notifications_with_repeats_ends_in_the_same(world: World, life: str, confirm: bool) -> None:
    world.tenant(confirm=confirm)
    words = LIVES[life]
    in_order = list(range(len(words)))
    expected = live_through(world, words, in_order, each=True)
    # The order is the journey's business, and the database's only as far as each of them can be stored.
    examples = 2 if world.services.store.database.is_fleet else 4

    @seed(SEED)
    @settings(
        max_examples=examples, deadline=None, database=None, print_blob=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        arrivals=st.lists(st.sampled_from(in_order), max_size=4).flatmap(lambda more: st.permutations(in_order + more)),
        each=st.booleans(),
    )
    def any_order(arrivals: list[int], each: bool) -> None:
        note(f"CHAT2PAY_TEST_SEED={SEED}")
        payment, told = live_through(world, words, arrivals, each=each)
        assert payment == expected[0]
        assert told == expected[1]

    any_order()


def test_of_both_shapes_ends_in_the_same(world: World) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    other = notification(link, "PAYMENT_RECEIVED", at=world.clock(), shape="transaction")
    assert json.dumps(body) != json.dumps(other)
    for one in (other, body, other):
        world.callback(one)
    world.drain()
    assert sorted(row["verdict"] for row in world.rows("inbox")) == ["applied", "stale"]
    assert world.look(page)["amount_paid"] == "115.00"
