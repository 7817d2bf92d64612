"""Orders that Salesforce does not take: tried again a few at a time, and all of them as soon as the cause is mended."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from connector.journeys.syncing.probe_blocked_orders import probe_blocked_orders
from connector.store.schema.tables import outbox
from tests.journeys.crowds import crowd, go_on
from tests.journeys.world import World

# More than the first waves of one accepted order reach, and so many that a call for each would be noticed at once.
CROWD = 620
RULE = [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say why.", "fields": ["Reason__c"]}]
TRIGGER = [
    {
        "statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "message": "OrderTrigger: execution of AfterUpdate caused by: System.NullPointerException: line 12",
        "fields": [],
    }
]
# What is decided of the answers, or shown: the statements behind it are those of the other tests, on both databases.
decided_beside_the_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def states(world: World) -> Counter[str]:
    return Counter(row["state"] for row in world.rows("outbox"))


def written(world: World) -> int:
    return states(world)["written"]


@decided_beside_the_database
def test_how_many_are_due_now_is_counted_over_all_tenants(world: World) -> None:
    """Whoever probes wakes the workers for it, also where the last tenant's wave was a moment ago."""
    _, theirs = crowd(world, 2)
    blocked = update(outbox).values(state="refused", reason="RULE", blocked_by="order.0123456789ab", due_at=None)
    of_globex = update(outbox).where(outbox.c.order_id == theirs)
    with world.services.store.write() as work:
        work.connection.execute(blocked)
        work.connection.execute(of_globex.values(tenant_id="globex", probed_at=world.clock()))
    services = world.services
    assert probe_blocked_orders(store=services.store, limits=services.salesforce.limits, now=services.now) == 1


@pytest.mark.parametrize(("errors", "state"), [(RULE, "refused"), (TRIGGER, "waiting")], ids=["rule", "trigger"])
def test_a_crowd_costs_some_calls_an_hour_and_is_written_within_five_minutes_of_the_fix(
    world: World, errors: Any, state: str
) -> None:
    world.org.answers_with = lambda record: errors if "id" in record else None
    crowd(world, CROWD)
    first = go_on(world, seconds=10)
    assert states(world) == {state: CROWD}
    assert first <= CROWD / 400 + 3
    assert go_on(world, seconds=1800, step=30) <= 13
    world.org.answers_with = lambda _record: None
    assert go_on(world, seconds=300) <= CROWD / 400 + 8
    assert written(world) == CROWD
    assert go_on(world, seconds=600) == 0


def test_an_order_that_is_fixed_by_itself_is_written_within_five_minutes_and_the_rest_of_its_cause_is_not_tried_at_once(
    world: World,
) -> None:
    """Each has its own approval to wait for: one mend frees nobody else."""
    ids = crowd(world, 90)
    held = set(ids)
    world.org.answers_with = lambda one: RULE if one.get("id") in held else None
    go_on(world, seconds=10)
    assert states(world) == {"refused": 90}
    for order_id in (ids[3], ids[77], ids[50]):
        held.remove(order_id)
        calls = go_on(world, seconds=300)
        assert world.org.orders[order_id]["Chat2Pay_Version__c"] == 1
        assert calls <= 4
    assert states(world) == {"written": 3, "refused": 87}


def test_a_crowd_of_which_every_tenth_is_fixed_costs_no_call_for_each(world: World) -> None:
    ids = crowd(world, CROWD)
    held = set(ids)
    world.org.answers_with = lambda one: RULE if one.get("id") in held else None
    go_on(world, seconds=10)
    held -= set(ids[::10])
    assert go_on(world, seconds=300) <= CROWD / 400 + 6
    assert written(world) == CROWD / 10


def test_several_causes_share_the_call_of_a_probe_and_each_is_fixed_by_itself(world: World) -> None:
    ids = crowd(world, 60)
    causes = {order_id: f"Field{place % 6}__c" for place, order_id in enumerate(ids)}
    mended: set[str] = set()

    def answer(record: dict[str, Any]) -> Any:
        field = causes[record["id"]]
        return None if field in mended else [{**RULE[0], "message": f"{field} is missing.", "fields": [field]}]

    world.org.answers_with = answer
    go_on(world, seconds=10)
    assert go_on(world, seconds=1800, step=30) <= 11
    mended.add("Field2__c")
    assert go_on(world, seconds=300) <= 3
    assert states(world) == {"written": 10, "refused": 50}


@decided_beside_the_database
def test_a_sentence_that_names_each_record_does_not_make_a_crowd_of_causes(world: World) -> None:
    def answer(record: dict[str, Any]) -> Any:
        return [{**RULE[0], "message": f"Order {record['id']} of “Customer {record['id'][-7:-3]}” has no reason."}]

    world.org.answers_with = answer
    crowd(world, 500)
    go_on(world, seconds=10)
    assert len({row["blocked_by"] for row in world.rows("outbox")}) == 1


def test_a_crowd_with_a_cause_for_each_is_written_within_five_minutes_of_one_fix(world: World) -> None:
    names = iter("".join(chr(97 + number // 26**place % 26) for place in range(4)) for number in range(10**6))
    world.org.answers_with = lambda _record: [{**RULE[0], "message": f"{next(names)} is on holiday."}]
    crowd(world, CROWD)
    go_on(world, seconds=10)
    assert go_on(world, seconds=1800, step=30) <= 13
    (last,) = [row["order_id"] for row in world.rows("outbox")][-1:]
    world.org.answers_with = lambda record: RULE if record["id"] == last else None
    assert go_on(world, seconds=300) <= CROWD / 200 + 6
    assert states(world) == {"written": CROWD - 1, "refused": 1}


@decided_beside_the_database
def test_a_flow_that_fails_is_tried_with_few_orders_since_each_may_send_an_email(world: World) -> None:
    world.org.answers_with = lambda record: TRIGGER if "id" in record else None
    crowd(world, 300)
    go_on(world, seconds=10)
    sent = len(world.org.pushed)
    go_on(world, seconds=200)
    assert 0 < len(world.org.pushed) - sent <= 20


def test_one_record_that_spoils_the_whole_call_does_not_keep_the_others_out_for_ever(world: World) -> None:
    """A value of a wrong type is refused for the collection as a whole, whoever's it is."""
    ids = crowd(world, 40)
    poison = {ids[7]}

    def spoilt(parts: list[dict[str, Any]]) -> list[Any]:
        error = [{"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize instance of double"}]
        return [error if {one.get("id") for one in part["body"]["records"]} & poison else None for part in parts]

    world.org.fails_parts = spoilt
    go_on(world, seconds=10)
    assert states(world) == {"refused": 40}
    go_on(world, seconds=1800, step=30)
    assert states(world) == {"written": 39, "refused": 1}


def test_a_whole_call_that_is_refused_blocks_until_the_org_takes_calls_again(world: World) -> None:
    world.org.call_fails = (403, '[{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is disabled for this User"}]')
    crowd(world, CROWD)
    go_on(world, seconds=10)
    assert states(world) == {"waiting": CROWD}
    assert {row["reason"] for row in world.rows("outbox")} == {"API_DISABLED_FOR_ORG"}
    assert go_on(world, seconds=1800, step=30) <= 13
    world.org.call_fails = None
    assert go_on(world, seconds=300) <= 8
    assert written(world) == CROWD


def test_an_org_that_is_away_during_a_probe_is_not_called_by_more_and_more_orders(world: World) -> None:
    world.org.answers_with = lambda _record: RULE
    crowd(world, CROWD)
    go_on(world, seconds=10)
    world.org.down = True
    go_on(world, seconds=1800, step=30)
    assert len([row for row in world.rows("outbox") if row["due_at"]]) <= 200
    assert states(world) == {"refused": CROWD}
    world.org.down = False
    world.org.answers_with = lambda _record: None
    go_on(world, seconds=360)
    assert written(world) == CROWD


@decided_beside_the_database
def test_an_org_whose_calls_are_used_up_is_not_probed(world: World) -> None:
    world.org.answers_with = lambda _record: RULE
    crowd(world, 5)
    go_on(world, seconds=10)
    for _ in range(60):
        world.services.salesforce.limits.note("acme", "api-usage=1000/1000", now=world.clock())
        assert go_on(world, seconds=5) == 0


@decided_beside_the_database
def test_what_is_probed_stays_refused_on_the_page_until_it_is_written(world: World) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    world.org.answers_with = lambda record: RULE if "id" in record else None
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    seen = set()
    for _ in range(40):
        world.clock.pass_by(seconds=10)
        world.sweep()
        seen.add(world.look(page)["payment_requests"][0]["salesforce"]["state"])
        world.push()
        seen.add(world.look(page)["payment_requests"][0]["salesforce"]["state"])
    assert seen == {"refused"}


@decided_beside_the_database
def test_a_refusal_is_logged_once_and_not_at_every_probe(world: World, lines: list[Any]) -> None:
    world.org.answers_with = lambda _record: RULE
    crowd(world, 1)
    go_on(world, seconds=1200, step=30)
    assert len([line for line in lines if line["event"] == "order_refused"]) == 1
    assert "Say why" not in repr(lines)


def test_a_lock_that_never_goes_is_probed_like_a_refusal_in_the_end(world: World) -> None:
    ids = crowd(world, 3)
    world.org.locked.update(ids)
    go_on(world, seconds=60, step=1)
    assert {row["blocked_by"] for row in world.rows("outbox")} == {None}
    go_on(world, seconds=600, step=30)
    assert {row["reason"] for row in world.rows("outbox")} == {"UNABLE_TO_LOCK_ROW"}
    assert states(world) == {"waiting": 3}
    assert go_on(world, seconds=1800, step=30) <= 12
    world.org.locked.clear()
    go_on(world, seconds=300)
    assert written(world) == 3
