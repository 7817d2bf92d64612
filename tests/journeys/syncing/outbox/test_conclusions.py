"""What becomes of an order by Salesforce's answers about its records: written, tried again soon, or blocked until a fix."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.push_refusal import PushRefusal, RefusedPart, make_refusal, refusal_of
from connector.domain.payments.balance import balance_of
from connector.domain.payments.status import Link, Money, States
from connector.journeys.syncing.conclude_push import conclude_push
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from connector.store.outbox import outbox, outbox_claim
from connector.store.outbox.outbox import OutboxEntry
from connector.store.schema import tables
from foundation.database.lease import Lease
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World
from tests.unit.examples import NOW, make_order, make_request

# What is decided here is decided of values, and is no database's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WRITTEN, NEWER = RecordResult(RecordOutcome.WRITTEN), RecordResult(RecordOutcome.NEWER)
ONE_LEFT = RecordResult(RecordOutcome.PASSING)
CAUSE = make_refusal(RefusedPart.ORDER, "EARLIER").cause


def answer(outcome: RecordOutcome, code: str, part: RefusedPart = RefusedPart.ORDER) -> RecordResult:
    return RecordResult(outcome, code, make_refusal(part, code))


def of_request(outcome: RecordOutcome, code: str) -> RecordResult:
    return answer(outcome, code, RefusedPart.REQUEST)


def claimed(world: World, **row: Any) -> OutboxEntry:
    """Claim an order of version 3 whose requests were last written at version 2, with other values in its row."""
    crowd(world, 1)
    with world.services.store.write() as work:
        work.connection.execute(update(tables.outbox).values(version=3, requests_version=2, **row))
        lease = Lease.of("w1", world.clock() + timedelta(minutes=1))
        partitions = range(outbox.PARTITIONS)
        (entry,) = outbox_claim.claim(work, "acme", partitions, now=world.clock(), lease=lease, most=1)
    return entry


def change_of(entry: OutboxEntry, **changes: Any) -> OrderChange:
    request = make_request(order_id=entry.order_id, version=3)
    order = make_order(order_id=entry.order_id)
    plain: dict[str, Any] = {
        "order_id": entry.order_id,
        "version": 3,
        "currency": "ZAR",
        "balance": balance_of(order, [request]),
        "requests": (request,),
        "latest": request,
        "changed_at": NOW,
        "every": (request,),
    }
    return OrderChange(**{**plain, **changes})


def concluded(world: World, entry: OutboxEntry, order: RecordResult | None, *requests: RecordResult) -> dict[str, Any]:
    """Conclude a push with these answers; return the order's row."""
    change = change_of(entry)
    if len(requests) > 1:
        some = tuple(replace(change.requests[0], reference=f"c2p_{place}") for place in range(len(requests)))
        change = replace(change, requests=some, every=some)
    answers = dict(zip([one.reference for one in change.requests], requests, strict=True))
    result = PushResult(orders={entry.order_id: order} if order else {}, requests=answers)
    conclude_push(
        entries=[entry], changes={entry.order_id: change}, result=result,
        store=world.services.store, now=world.clock(), rng=random.Random(1),
    )  # fmt: skip
    return world.row("outbox")


REFUSED, SLOW, PASSING = RecordOutcome.REFUSED, RecordOutcome.SLOW, RecordOutcome.PASSING


@pytest.mark.parametrize(
    ("order", "request_", "state", "reason", "written"),
    [
        pytest.param(WRITTEN, WRITTEN, "written", None, 3, id="both written"),
        pytest.param(NEWER, NEWER, "written", None, 3, id="Salesforce holds newer ones"),
        pytest.param(answer(REFUSED, "RULE"), WRITTEN, "refused", "RULE", 3, id="the order's fields refused"),
        pytest.param(WRITTEN, of_request(REFUSED, "RULE"), "buried", "RULE", 2, id="the record refused"),
        pytest.param(answer(REFUSED, "A"), of_request(REFUSED, "B"), "buried", "B", 2, id="both refused"),
        pytest.param(answer(SLOW, "FLOW"), WRITTEN, "waiting", "FLOW", 3, id="the order waits for a person"),
        pytest.param(WRITTEN, of_request(SLOW, "FLOW"), "waiting", "FLOW", 2, id="the record waits for a person"),
        pytest.param(answer(REFUSED, "A"), of_request(SLOW, "B"), "waiting", "B", 2, id="the record before the order"),
    ],
)
def test_what_was_written_or_refused_is_not_tried_again_by_itself(
    world: World, order: RecordResult, request_: RecordResult, state: str, reason: str | None, written: int
) -> None:
    row = concluded(world, claimed(world), order, request_)
    assert (row["state"], row["reason"], row["requests_version"]) == (state, reason, written)
    assert (row["due_at"], row["lease"]) == (None, None)
    assert (row["blocked_by"] is not None) is (state != "written")
    assert [one["check"] for one in world.rows("looks_due")] == (["orders_refused"] if row["blocked_by"] else [])


@pytest.mark.parametrize(
    ("order", "requests", "reason", "least", "most", "written"),
    [
        pytest.param(answer(RecordOutcome.LOCKED, "LOCK"), [WRITTEN], "LOCK", 0.5, 2, 3, id="locked"),
        pytest.param(WRITTEN, [of_request(PASSING, "HALT")], "HALT", 1, 4, 2, id="passing"),
        pytest.param(answer(RecordOutcome.LIMIT, "LIMIT"), [WRITTEN], "LIMIT", 30, 120, 3, id="the org's limit"),
        pytest.param(None, [WRITTEN], "passing", 1, 4, 3, id="no answer about the order"),
        pytest.param(WRITTEN, [ONE_LEFT, WRITTEN], "passing", 1, 4, 2, id="one record without an answer"),
        pytest.param(
            answer(RecordOutcome.LOCKED, "LOCK"), [of_request(RecordOutcome.LIMIT, "LIMIT")], "LIMIT", 30, 120, 2,
            id="the longer pause counts",
        ),
        pytest.param(
            answer(RecordOutcome.LOCKED, "LOCK"), [of_request(REFUSED, "RULE")], "LOCK", 0.5, 2, 2,
            id="what passes is waited for before a refusal counts",
        ),
    ],
)  # fmt: skip
def test_what_passes_by_itself_is_tried_again_after_a_pause(
    world: World,
    order: RecordResult | None,
    requests: list[RecordResult],
    reason: str,
    least: float,
    most: float,
    written: int,
) -> None:
    row = concluded(world, claimed(world), order, *requests)
    assert (row["state"], row["reason"], row["requests_version"]) == ("waiting", reason, written)
    assert (row["blocked_by"], world.rows("looks_due")) == (None, [])
    kept = refusal_of(world.services.store.vault.open("acme", row["refusal"])) if row["refusal"] else None
    assert (kept.code if kept else "passing") == reason  # with Salesforce's own sentence, for whoever lists the orders
    assert least <= (row["due_at"] - world.clock()).total_seconds() <= most


@pytest.mark.parametrize(
    ("row", "given", "is_blocked"),
    [
        pytest.param({"attempts": 6}, answer(PASSING, "HALT"), False, id="the seventh time"),
        pytest.param({"attempts": 7}, answer(PASSING, "HALT"), True, id="the eighth time"),
        pytest.param({"attempts": 7}, answer(RecordOutcome.LIMIT, "LIMIT"), False, id="an allowance comes back"),
        pytest.param({"attempts": 7}, ONE_LEFT, False, id="no answer at all"),
        pytest.param({"blocked_by": CAUSE, "reason": "HALT"}, answer(PASSING, "HALT"), True, id="what blocked before"),
        pytest.param({"blocked_by": CAUSE, "reason": "EARLIER"}, answer(PASSING, "HALT"), False, id="another reason"),
        pytest.param({"reason": "HALT"}, answer(PASSING, "HALT"), False, id="what did not block before"),
    ],
)
def test_what_ought_to_pass_and_does_not_is_blocked_like_a_refusal(
    world: World, row: dict[str, Any], given: RecordResult, is_blocked: bool
) -> None:
    kept = concluded(world, claimed(world, **row), given, WRITTEN)
    assert (kept["due_at"] is None) is is_blocked
    assert kept["state"] == "waiting"


def test_what_did_not_fit_into_the_call_is_due_at_once_with_all_its_records(world: World, clock: Clock) -> None:
    entry = claimed(world)
    conclude_push(
        entries=[entry], changes={}, result=PushResult({}, {}),
        store=world.services.store, now=clock(), rng=random.Random(1),
    )  # fmt: skip
    row = world.row("outbox")
    assert (row["state"], row["reason"], row["due_at"], row["requests_version"]) == (
        "waiting", "batch_full", clock(), 2,
    )  # fmt: skip


def refused_status(held: str | None) -> RecordResult:
    refusal = PushRefusal(RefusedPart.STATUS, "BAD_STATUS", ("Status",), "no", held)
    return RecordResult(RecordOutcome.WRITTEN, status_refused=refusal)


@pytest.mark.parametrize(("held", "is_blocked"), [("Draft", True), (None, False)])
def test_a_refused_status_is_probed_again_only_where_it_is_known_what_the_order_showed(
    world: World, held: str | None, is_blocked: bool
) -> None:
    row = concluded(world, claimed(world, written_state="unpaid"), refused_status(held), WRITTEN)
    assert (row["state"], row["reason"], row["told_state"]) == ("written", "BAD_STATUS", "unpaid")
    assert (row["blocked_by"] is not None) is is_blocked


@pytest.mark.parametrize(("order", "state"), [(WRITTEN, "unpaid"), (NEWER, "requested")])
def test_the_state_whose_status_was_written_is_noted_where_salesforce_took_it(
    world: World, order: RecordResult, state: str
) -> None:
    row = concluded(world, claimed(world, written_state="requested"), order, WRITTEN)
    assert row["told_state"] == state


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        pytest.param((answer(REFUSED, "RULE"), WRITTEN), "order_refused", id="the order"),
        pytest.param((WRITTEN, of_request(REFUSED, "RULE")), "push_buried", id="the record"),
        pytest.param((answer(SLOW, "RULE"), WRITTEN), "order_not_taken", id="not taken"),
        pytest.param((refused_status("Draft"), WRITTEN), "order_status_refused", id="its Status"),
    ],
)
def test_a_block_is_named_once_and_examined(
    world: World, lines: list[Any], answers: tuple[RecordResult, RecordResult], line: str
) -> None:
    entry = claimed(world)
    row = concluded(world, entry, *answers)
    assert [one["event"] for one in lines if one["event"] == line] == [line]
    assert "orders_refused" in {one["check"] for one in world.rows("looks_due")}
    lines.clear()
    concluded(world, replace(entry, blocked_by=row["blocked_by"], reason=row["reason"]), *answers)
    assert [one for one in lines if one["event"] == line] == []
    concluded(world, replace(entry, blocked_by=CAUSE, reason="EARLIER"), *answers)
    assert [one["event"] for one in lines if one["event"] == line] == [line], "another cause is named anew"


def test_a_send_of_unknown_outcome_is_written_again_when_it_begins_to_need_a_person(world: World, clock: Clock) -> None:
    entry = claimed(world)
    unknown = make_request(
        order_id=entry.order_id, created_at=clock(), live=True, states=States(link=Link.UNKNOWN, money=Money.NONE)
    )
    result = PushResult(orders={entry.order_id: WRITTEN}, requests={unknown.reference: WRITTEN})
    conclude_push(
        entries=[entry], changes={entry.order_id: change_of(entry, requests=(unknown,), every=(unknown,))},
        result=result, store=world.services.store, now=clock(), rng=random.Random(1),
    )  # fmt: skip
    assert world.row("outbox")["due_at"] == clock() + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("order", "request_", "freed"),
    [
        pytest.param(WRITTEN, WRITTEN, 1, id="taken"),
        pytest.param(answer(REFUSED, "RULE"), WRITTEN, 1, id="refused by another code"),
        pytest.param(WRITTEN, of_request(REFUSED, "EARLIER"), 1, id="its record refused by the same code"),
        pytest.param(answer(REFUSED, "EARLIER"), WRITTEN, 0, id="refused as before"),
    ],
)
def test_an_order_that_its_cause_blocks_no_more_frees_the_others_and_has_it_examined(
    world: World, lines: list[Any], clock: Clock, order: RecordResult, request_: RecordResult, freed: int
) -> None:
    first, second = crowd(world, 2)
    blocked = {"state": "refused", "reason": "EARLIER", "blocked_by": CAUSE}
    with world.services.store.write() as work:
        work.connection.execute(update(tables.outbox).values(version=3, requests_version=2, **blocked))
        of_second = tables.outbox.c.order_id == second
        work.connection.execute(update(tables.outbox).where(of_second).values(due_at=None))
        lease = Lease.of("w1", clock() + timedelta(minutes=1))
        (entry,) = outbox_claim.claim(work, "acme", range(outbox.PARTITIONS), now=clock(), lease=lease, most=2)
    change = change_of(entry)
    result = PushResult(orders={first: order}, requests={change.requests[0].reference: request_})
    conclude_push(
        entries=[entry], changes={first: change}, result=result,
        store=world.services.store, now=clock(), rng=random.Random(1),
    )  # fmt: skip
    due = {row["order_id"]: row["due_at"] for row in world.rows("outbox")}
    assert due == {first: None, second: clock() if freed else None}
    assert ("orders_refused" in {one["check"] for one in world.rows("looks_due")}) is bool(freed)
    assert [one["count"] for one in lines if one["event"] == "blocked_orders_freed"] == [1] * freed


def test_one_blocked_order_among_written_ones_is_examined(world: World, clock: Clock) -> None:
    crowd(world, 2)
    lease = Lease.of("w1", clock() + timedelta(minutes=1))
    with world.services.store.write() as work:
        entries = outbox_claim.claim(work, "acme", range(outbox.PARTITIONS), now=clock(), lease=lease, most=2)
    changes = {one.order_id: change_of(one, requests=(), every=()) for one in entries}
    answers = dict(zip([one.order_id for one in entries], [WRITTEN, answer(REFUSED, "RULE")], strict=True))
    conclude_push(
        entries=entries, changes=changes, result=PushResult(answers, {}),
        store=world.services.store, now=clock(), rng=random.Random(1),
    )  # fmt: skip
    assert "orders_refused" in {one["check"] for one in world.rows("looks_due")}
