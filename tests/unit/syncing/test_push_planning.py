"""How due orders are shared out among Salesforce calls."""

from __future__ import annotations

import pytest

from connector.journeys.syncing.push_order_changes import MOST_ORDERS, batches, fill_a_call
from connector.store.outbox.outbox import partition_of
from connector.store.outbox.outbox_claim import DuePartition
from tests.unit.examples import make_order


def test_few_due_orders_of_a_tenant_share_one_call() -> None:
    assert batches([DuePartition("t1", 0, 3), DuePartition("t1", 2, 5)]) == [("t1", (0, 2))]


def test_many_due_orders_go_partition_by_partition_side_by_side() -> None:
    due = [DuePartition("t1", partition, MOST_ORDERS) for partition in range(3)]
    assert batches(due) == [("t1", (0,)), ("t1", (1,)), ("t1", (2,))]


def test_a_call_never_mixes_tenants() -> None:
    assert batches([DuePartition("t1", 0, 1), DuePartition("t2", 0, 1)]) == [("t1", (0,)), ("t2", (0,))]


def test_only_as_many_calls_go_side_by_side_as_will_be_full() -> None:
    due = [DuePartition("t1", partition, MOST_ORDERS // 2 + 50) for partition in range(4)]
    assert batches(due) == [("t1", (0, 2)), ("t1", (1, 3))]


def test_calls_are_filled_alike_however_uneven_the_partitions_are() -> None:
    part = MOST_ORDERS // 4
    due = [DuePartition("t1", partition, part * size) for partition, size in enumerate((1, 3, 4))]
    assert batches(due) == [("t1", (2,)), ("t1", (0, 1))]


@pytest.mark.parametrize(
    "due",
    [[], [DuePartition("t1", 0, 3, unread=3)], [DuePartition("t1", 0, 3, in_flight=True)]],
    ids=["nothing", "totals to read first", "a batch of it is on its way"],
)
def test_what_no_claim_would_find_plans_no_call(due: list[DuePartition]) -> None:
    assert batches(due) == []


def test_a_call_is_full_when_one_tenant_fills_it() -> None:
    half = MOST_ORDERS // 2
    assert not fill_a_call([DuePartition("t1", 0, half), DuePartition("t2", 0, half)])
    assert not fill_a_call([DuePartition("t1", 0, half), DuePartition("t1", 3, half - 1)])
    assert fill_a_call([DuePartition("t1", 0, half), DuePartition("t1", 3, half)])


def test_an_order_whose_total_must_be_read_first_fills_a_reading_and_no_call() -> None:
    due = [DuePartition("t1", 0, MOST_ORDERS, unread=1)]
    assert fill_a_call(due, unread=True)
    assert not fill_a_call(due)


def test_orders_of_one_account_share_a_partition_and_others_are_spread() -> None:
    """Salesforce locks an account while one of its orders is written."""
    ids = [f"801xx0000001g{number:05d}" for number in range(100)]
    of_one_account = {partition_of(make_order(order_id=one, account_id="001xx000003DGbYAAW")) for one in ids}
    assert len(of_one_account) == 1
    assert len({partition_of(make_order(order_id=one)) for one in ids}) > 1
