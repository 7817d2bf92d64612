"""A capture whose end somebody else has found out, or that nobody can be asked about, is neither repeated nor told twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.payment import Person
from connector.store.requests import operations, request_rows
from tests.factories import CORE
from tests.journeys.played_once import played_once
from tests.journeys.verbs import calls, post, press, shown
from tests.journeys.world import Clock, Page, World, once
from tests.peers.answers import lost_answer, refused_connection


@pytest.fixture
@played_once
def held(world: World, page: Page) -> Page:
    """The page of an order whose money is held."""
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


def history(world: World) -> list[str]:
    return [row["event"] for row in world.rows("payment_events") if row["event"].startswith("capture_")]


def _loses_the_answer(world: World) -> None:
    world.core.drop_answers = world.core.mute = True


def _shows_something_else(world: World) -> None:
    world.core.drop_answers = True
    world.core.last()["totalAmount"] = 1.0


@pytest.mark.parametrize("nobody_knows", [_loses_the_answer, _shows_something_else])
def test_that_was_made_is_never_taken_for_one_that_did_not_arrive(
    world: World, held: Page, clock: Clock, nobody_knows: Callable[[World], None]
) -> None:
    nobody_knows(world)
    assert press(world, held, "capture", key="key-00001")["outcome"] == "unknown"
    for _ in range(20):
        clock.pass_by(seconds=30)
        world.sweep()
    assert calls(world) == [("capture", True, None)]
    held = world.open(held.order_id)
    assert post(world, held, "capture", key="key-00002").status_code == 202
    world.core.drop_answers = world.core.mute = False
    world.core.last()["totalAmount"] = 115.0
    clock.pass_by(seconds=11)
    assert press(world, held, "capture", key="key-00001")["outcome"] == "captured"
    assert len(world.core.captures) == 1


def test_that_the_sweep_found_out_before_its_own_answer_came_is_told_once(
    world: World, held: Page, clock: Clock
) -> None:
    def meanwhile() -> None:
        clock.pass_by(minutes=3)
        world.sweep()
        assert calls(world) == [("capture", False, "captured")]

    world.core.on_moved = once(meanwhile)
    assert press(world, held, "capture")["outcome"] == "captured"
    assert history(world) == ["capture_begun", "capture_done"]


def test_that_has_ended_is_not_put_off_any_more(world: World, held: Page, clock: Clock) -> None:
    """The sweep found it open, and it ended before the sweep had noted when to ask again."""
    world.core.drop_answers = world.core.mute = True
    press(world, held, "capture", key="key-00001")
    clock.pass_by(seconds=1)
    with world.services.store.read() as work:
        (found,) = operations.overdue_calls(work, now=clock(), most=5)
    world.core.drop_answers = world.core.mute = False
    assert press(world, held, "capture", key="key-00001")["outcome"] == "captured"
    ended = world.row("verb_calls")
    with world.services.store.write() as work:
        operations.ask_again_at(work, found, clock())
    assert world.row("verb_calls") == ended


@pytest.mark.parametrize(("ends_as", "status"), [(lost_answer, 200), (refused_connection, 503)])
def test_that_was_given_up_and_made_again_is_not_ended_by_its_first_caller(
    world: World, held: Page, clock: Clock, ends_as: Callable[[Any], Exception], status: int
) -> None:
    """The first call hangs on its way to the core; everybody thinks it lost, and a colleague's own is under way."""

    def meanwhile() -> None:
        clock.pass_by(minutes=3)
        world.sweep()
        assert calls(world) == [("capture", False, "never_arrived")]
        world.core.on_move = lose
        assert press(world, held, "capture", key="key-00002")["outcome"] == "unknown"
        raise ends_as(requests.Request("POST", CORE).prepare())

    def lose() -> None:
        raise lost_answer(requests.Request("POST", CORE).prepare())

    world.core.on_move = once(meanwhile)
    assert post(world, held, "capture", key="key-00001").status_code == status
    assert sorted(calls(world), key=str) == [("capture", False, "never_arrived"), ("capture", True, None)]
    assert history(world).count("capture_unanswered") == 1
    assert history(world)[-1] == "capture_unanswered"
    assert shown(world, held)["status"] == "authorized"


def test_of_another_tenant_under_the_same_key_is_not_ours(world: World, clock: Clock) -> None:
    key, by = IdempotencyKey("key-00001", b"digest"), Person("key-1", "Warehouse")
    with world.services.store.write() as work:
        call = OperationCall(
            call_id="call-1", tenant_id="globex", reference="c2p_same", verb=Operation.CAPTURE, by=by,
            begun_at=clock(), call_until=clock(), open=True, keyed=key,
        )  # fmt: skip
        operations.add(work, call)
        assert operations.by_key(work, "acme", key.key) is None
        assert operations.open_call(work, "acme", "c2p_same") is None
        for tenant_id, theirs in (("acme", []), ("globex", [call])):
            assert operations.calls_of(work, tenant_id, ["c2p_same"], Operation.CAPTURE) == theirs
        operations.save(work, replace(call, open=False, outcome="captured"))
        ended = [operations.has_ended_as(work, one, "c2p_same", "captured") for one in ("acme", "globex")]
        assert ended == [False, True]
        assert operations.by_key(work, "globex", key.key) is not None


def test_of_many_without_an_answer_those_that_wait_longest_are_settled_first(world: World, clock: Clock) -> None:
    by, ago = Person("key-1", "Warehouse"), {"second": 20, "third": 10, "first": 30, "ended": 40, "under way": -1}
    with world.services.store.write() as work:
        for name, seconds in ago.items():
            until = clock() - timedelta(seconds=seconds)
            call = OperationCall(
                call_id=name, tenant_id="acme", reference=f"c2p_{name}", verb=Operation.CAPTURE, by=by,
                begun_at=until, call_until=until, open=name != "ended",
            )  # fmt: skip
            operations.add(work, call)
        assert [one.call_id for one in operations.overdue_calls(work, now=clock(), most=2)] == ["first", "second"]
        assert len(operations.overdue_calls(work, now=clock(), most=9)) == 3


def test_of_another_tenant_by_the_same_names_is_not_ours(world: World, held: Page) -> None:
    request = world.request(world.row("payment_requests")["reference"])
    names = [request.reference, request.link_reference or ""]
    with world.services.store.read() as work:
        for tenant, found in (("acme", [request]), ("globex", [])):
            assert request_rows.find_by_references(work, tenant, names) == found
            assert request_rows.find_by_links(work, tenant, names) == found
            assert request_rows.find_by_order(work, tenant, request.order_id) == found
