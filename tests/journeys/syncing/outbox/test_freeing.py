"""How many of a cause are tried at once, and whom a mended order frees: those with its cause, and those with its code only
where most of them are written again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import case, update

from connector.domain.health.push_refusal import RefusedPart, make_refusal
from connector.store.orders import orders
from connector.store.outbox import outbox, probes
from connector.store.outbox.outbox import Announcement
from connector.store.outbox.probes import ClearedBlock
from connector.store.schema import tables
from tests.journeys.crowds import crowd, go_on
from tests.journeys.world import World

AT_ONCE = 10  # so many of one cause are probed, where each of them may send an e-mail
MORE = AT_ONCE + 5
MOMENT, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)
ORDER, CALL = RefusedPart.ORDER, RefusedPart.CALL


def flows(world: World, **sizes: int) -> tuple[dict[str, str], set[str]]:
    """Let a flow refuse so many orders for each field, and wait until it has; return each one's field, and those mended."""
    fields = [field for field, size in sizes.items() for _ in range(size)]
    field_of = dict(zip(crowd(world, len(fields)), fields, strict=True))
    mended: set[str] = set()

    def answer(record: dict[str, Any]) -> Any:
        field = field_of[record["id"]]
        code = "CANNOT_EXECUTE_FLOW_TRIGGER"
        return None if field in mended else [{"statusCode": code, "message": "No.", "fields": [f"{field}__c"]}]

    world.org.answers_with = answer
    go_on(world, seconds=10)
    return field_of, mended


def news(world: World, order_id: str, *, version: int) -> None:
    """Give Salesforce something new to be told of an order, at once."""
    with world.services.store.write() as work:
        order = orders.find(work, "acme", order_id)
        assert order is not None
        outbox.announce(work, [Announcement(order.order, version, final=True)], now=world.clock())
        orders.set_versions(work, "acme", {order_id: version})


def tried(world: World, field_of: dict[str, str], field: str) -> int:
    """Probe once with all that it frees; return how many orders with this field were sent again."""
    before = len(world.org.pushed)
    go_on(world, seconds=200)
    sent = {one["id"] for one in world.org.pushed[before:] if "id" in one}
    return len([order_id for order_id in sent if field_of[order_id] == field])


def test_where_half_of_a_code_is_written_again_the_rest_is_not_stormed(world: World) -> None:
    field_of, mended = flows(world, A=AT_ONCE, B=MORE)
    mended.add("A")
    assert tried(world, field_of, "B") == AT_ONCE


def test_where_most_of_a_code_is_written_again_the_rest_is_tried_at_once(world: World) -> None:
    field_of, mended = flows(world, A=AT_ONCE, B=AT_ONCE, C=MORE)
    mended |= {"A", "B"}
    assert tried(world, field_of, "C") == MORE


def test_an_order_refused_anew_does_not_wait_for_the_last_probe_of_what_it_was_refused_for_before(world: World) -> None:
    (order_id,) = crowd(world, 1)
    missing = [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "No.", "fields": []}]
    world.org.answers_with = lambda _record: missing
    go_on(world, seconds=10)
    world.org.answers_with = lambda _record: None
    while world.row("outbox")["state"] != "written":
        go_on(world, seconds=10)
    world.org.answers_with = lambda _record: missing
    news(world, order_id, version=2)
    go_on(world, seconds=10)
    assert world.row("outbox")["state"] == "refused"
    world.org.answers_with = lambda _record: None
    go_on(world, seconds=110)  # what rests before it is tried again, and less than lies between two probes
    assert world.row("outbox")["state"] == "written"


def blocked(world: World, ids: list[str], cause: str = "order.rule", **row: Any) -> None:
    """Let these rest for a cause, as after a refusal of long ago."""
    at_rest = {
        "state": "refused",
        "due_at": None,
        "blocked_by": cause,
        "tried_at": world.clock() - 9 * MINUTE,
        "final": False,
    }
    with world.services.store.write() as work:
        mine = tables.outbox.c.order_id.in_(ids)
        work.connection.execute(update(tables.outbox).where(mine).values({**at_rest, **row}))


def probed(world: World, **more: Any) -> list[str]:
    """Probe once; return the orders that are due by it."""
    with world.services.store.write() as work:
        count = probes.probe(work, "acme", now=world.clock(), **more)
    due = [row["order_id"] for row in world.rows("outbox") if row["due_at"] == world.clock()]
    assert len(due) == count
    return sorted(due)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("part", "code", "at_once"),
    [
        pytest.param(ORDER, "FIELD_CUSTOM_VALIDATION_EXCEPTION", 100, id="each for itself"),
        *(
            pytest.param(ORDER, code, AT_ONCE, id=code)
            for code in (
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR", "FLOW_EXCEPTION",
            )
        ),
        pytest.param(RefusedPart.COLLECTION, "JSON_PARSER_ERROR", 1, id="a collection as a whole"),
        pytest.param(CALL, "API_DISABLED_FOR_ORG", 1, id="a call as a whole"),
    ],
)  # fmt: skip
def test_of_a_cause_as_many_are_tried_as_may_fail_together_those_first_that_were_tried_longest_ago(
    world: World, part: RefusedPart, code: str, at_once: int
) -> None:
    ids = crowd(world, at_once + 2)
    blocked(world, ids, make_refusal(part, code).cause, reason=code)
    blocked(world, ids[-1:], make_refusal(part, code).cause, tried_at=world.clock() - 20 * MINUTE)
    blocked(world, ids[-2:-1], make_refusal(part, code).cause, tried_at=None)
    assert probed(world) == sorted([*ids[-2:], *ids[: at_once - 2]] if at_once > 1 else ids[-2:-1])


def test_causes_take_turns_until_a_call_is_full_with_those_that_are_due_already(world: World) -> None:
    ids = crowd(world, 240)
    blocked(world, ids[230:], blocked_by=None, state="waiting", due_at=world.clock() + MINUTE)
    blocked(world, ids[:100], "order.one")
    blocked(world, ids[100:200], "order.other")
    blocked(world, ids[200:220], "order.few")
    blocked(world, ids[220:230], "order.due", due_at=world.clock() + MINUTE)
    due = probed(world)
    by_cause = [len([one for one in due if one in some]) for some in (ids[:100], ids[100:200], ids[200:220])]
    assert by_cause == [85, 85, 20]


@pytest.mark.parametrize(
    ("row", "is_tried"),
    [
        pytest.param({}, True, id="at rest"),
        pytest.param({"tried_at": -90 * timedelta(seconds=1) - MOMENT}, True, id="rested"),
        pytest.param({"tried_at": -90 * timedelta(seconds=1)}, False, id="refused a moment ago"),
        pytest.param({"lease": "w2.1", "lease_until": MINUTE}, False, id="being pushed"),
        pytest.param({"probed_at": -3 * MINUTE}, True, id="in the last probe but one"),
        pytest.param({"probed_at": -3 * MINUTE + MOMENT}, False, id="in the last probe"),
        pytest.param({"blocked_by": None, "state": "written"}, False, id="written"),
    ],
)
def test_an_order_is_probed_that_rests_and_was_not_tried_lately(
    world: World, row: dict[str, Any], *, is_tried: bool
) -> None:
    (order_id,) = crowd(world, 1)
    now = world.clock()
    given: dict[str, Any] = {
        name: now + value if isinstance(value, timedelta) else value for name, value in row.items()
    }
    blocked(world, [order_id], **given)
    assert probed(world) == ([order_id] if is_tried else [])


def test_the_next_probe_counts_from_the_last_one_of_what_is_still_blocked(world: World) -> None:
    first, last, mended = crowd(world, 3)
    times = {first: -2 * MINUTE, last: -MINUTE, mended: 0 * MINUTE}
    probed_at = case({name: world.clock() + at for name, at in times.items()}, value=tables.outbox.c.order_id)
    blocked(world, [first, last], probed_at=probed_at)
    blocked(world, [mended], blocked_by=None, state="written", probed_at=probed_at)
    with world.services.store.read() as work:
        found: datetime | None = probes.next_probe(work, "acme")
    assert found == world.clock() + 2 * MINUTE


def test_where_calls_run_short_only_what_people_wait_for_is_probed(world: World) -> None:
    first, second = crowd(world, 2)
    blocked(world, [first, second])
    blocked(world, [second], final=True)
    assert probed(world, final_only=True) == [second]


@pytest.mark.parametrize(
    ("part", "taken", "most"), [(ORDER, 1, 400), (ORDER, 40, 400), (ORDER, 41, 410), (CALL, 1, 10), (CALL, 3, 30)]
)
def test_an_accepted_order_frees_ten_and_a_full_call_where_each_fails_for_itself(
    part: RefusedPart, taken: int, most: int
) -> None:
    assert ClearedBlock(part.value, "A_CODE", None, taken).most_freed == most


@pytest.mark.parametrize(
    ("cleared", "freed"),
    [
        (ClearedBlock("order", "RULE", "order.one", 1), ["one"]),
        (ClearedBlock("order", "RULE", None, 1), ["one", "other"]),
        (ClearedBlock("request", "RULE", None, 1), ["record"]),
        (ClearedBlock("order", "LOCK", None, 1), []),
    ],
    ids=["its cause", "its code", "its code of records", "another code"],
)
def test_what_is_freed_shares_the_cause_or_the_part_and_the_code(
    world: World, cleared: ClearedBlock, freed: list[str]
) -> None:
    names = dict(zip(crowd(world, 5), ("one", "other", "record", "tried", "pushed"), strict=True))
    causes = {"one": "order.one", "other": "order.other", "record": "request.one"}
    for order_id, name in names.items():
        row: dict[str, Any] = {"tried_at": world.clock()} if name == "tried" else {}
        row |= {"lease": "w2.1", "lease_until": world.clock() + MINUTE} if name == "pushed" else {}
        blocked(world, [order_id], causes.get(name, "order.one"), reason="RULE", **row)
    with world.services.store.write() as work:
        assert probes.unblock(work, "acme", [cleared], now=world.clock()) == len(freed)
    due = [names[row["order_id"]] for row in world.rows("outbox") if row["due_at"] == world.clock()]
    assert sorted(due) == freed


@pytest.mark.parametrize(
    ("row", "named", "of_all"),
    [
        pytest.param({}, True, True, id="refused"),
        pytest.param({"state": "written"}, True, True, id="written without its Status"),
        pytest.param({"state": "waiting", "blocked_by": None}, True, False, id="waiting"),
        pytest.param({"state": "written", "blocked_by": None}, False, False, id="written"),
        pytest.param({"lease": "w2.1", "lease_until": MINUTE}, False, False, id="being pushed"),
    ],
)
def test_what_an_operator_pushes_is_what_salesforce_does_not_have(
    world: World, row: dict[str, Any], *, named: bool, of_all: bool
) -> None:
    (order_id,) = crowd(world, 1)
    given: dict[str, Any] = {
        name: world.clock() + value if isinstance(value, timedelta) else value for name, value in row.items()
    }
    blocked(world, [order_id], **given)
    with world.services.store.write() as work:
        assert probes.push_blocked(work, "acme", now=world.clock()) == ([order_id] if of_all else [])
        found = probes.push_blocked(work, "acme", now=world.clock(), order_ids=[order_id])
    assert found == ([order_id] if named else [])
