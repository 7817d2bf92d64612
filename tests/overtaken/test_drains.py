"""A drain whose payment core hung until its claim was over writes nothing over what another drain has found out since."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from callbacks.drain import LEASE, drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.store.inbox import inbox_claim
from connector.store.leasing import row_leases
from foundation.database.lease import Lease
from tests.factories import CORE
from tests.journeys.world import Clock, Page, World, once
from tests.peers.answers import lost_answer


def _away(world: World) -> None:
    """What the first drain gets in the end, and gets again if it asks once more."""
    world.core.down = True
    raise lost_answer(requests.Request("GET", CORE).prepare())


def overtaken(world: World, clock: Clock) -> Callable[[], None]:
    """Return a question of the first drain that lasts until another has brought all to verdicts, and is never answered."""

    def meanwhile() -> None:
        clock.pass_by(minutes=11)
        assert drain(world.services, PerTenantExecutor(), patience=30) == 1
        _away(world)

    return once(meanwhile)


def test_money_that_was_confirmed_meanwhile_stays_confirmed(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.core.on_question = overtaken(world, clock)
    world.drain()
    entry, request = world.row("inbox"), world.row("payment_requests")
    assert (entry["state"], entry["verdict"], entry["due_at"]) == ("done", "applied", None)
    assert (request["money"], request["awaiting_confirmation"]) == ("paid", False)


def test_what_one_drain_asks_about_is_claimed_by_no_other(world: World, page: Page) -> None:
    """As by a second process: the same tenant is away for neither."""
    found: list[int] = []
    world.callback(world.core.happen(world.sent(page), "PAYMENT_RECEIVED"))
    world.core.on_question = once(lambda: found.append(drain(world.services, PerTenantExecutor(), patience=30)))
    world.drain()
    assert found == [0]
    assert world.row("payment_requests")["money"] == "paid"


def test_settings_that_were_read_meanwhile_are_not_read_again(world: World, page: Page, clock: Clock) -> None:
    world.callback({"changed": "channels"}, kind="settings")
    world.core.on_question = overtaken(world, clock)
    world.drain()
    entry = world.row("inbox")
    assert (entry["state"], entry["verdict"], entry["due_at"]) == ("done", "applied", None)


def test_what_breaks_in_an_overtaken_drain_is_not_tried_again(
    world: World, page: Page, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError

    def meanwhile() -> None:
        clock.pass_by(minutes=11)
        assert drain(world.services, PerTenantExecutor(), patience=30) == 1
        monkeypatch.setattr("callbacks.drain.apply_notifications", breaks)

    world.callback(world.core.happen(world.sent(page), "PAYMENT_RECEIVED"))
    world.core.on_question = once(meanwhile)
    world.drain()
    assert (world.row("inbox")["state"], world.row("inbox")["due_at"]) == ("done", None)


@pytest.mark.parametrize(("stopping", "given_back"), [("w1", True), ("w", False), ("w10", False)])
def test_an_orderly_stop_gives_back_its_own_claims_and_counts_no_crash(
    world: World, clock: Clock, stopping: str, given_back: bool
) -> None:
    world.callback({"traceId": 1})
    with world.services.store.write() as work:
        inbox_claim.claim(work, now=clock(), lease=Lease.of("w1", clock() + LEASE), most=5)
    with world.services.store.write() as work:
        row_leases.release_owner(work, stopping, now=clock())
    entry = world.row("inbox")
    due_at = clock() if given_back else clock() + LEASE
    assert (entry["lease"] is None, entry["open_claims"], entry["due_at"]) == (given_back, not given_back, due_at)


@pytest.mark.parametrize(("deaths", "buried"), [(4, False), (5, True)])
def test_an_entry_in_whose_drain_five_processes_died_is_buried(
    world: World, clock: Clock, deaths: int, buried: bool
) -> None:
    world.callback({"traceId": 1})
    for _ in range(deaths):
        with world.services.store.write() as work:
            inbox_claim.claim(work, now=clock(), lease=Lease.of("w1", clock() + LEASE), most=5)
        clock.pass_by(minutes=11)
    world.drain()
    entry = world.row("inbox")
    assert ((entry["verdict"], entry["reason"]) == ("anomaly", "never_finished")) is buried


def test_a_repeat_of_what_a_drain_has_claimed_is_given_to_no_other(world: World, page: Page, clock: Clock) -> None:
    unheard_of = {**world.core.happen(world.sent(page), "PAYMENT_LINK_CLICKED"), "paymentLinkRef": "link-of-nobody"}
    unheard_of["additionalData"] = {}
    world.callback(unheard_of)
    world.drain()
    assert world.row("inbox")["state"] == "postponed"
    clock.pass_by(minutes=1)
    until = clock() + LEASE
    with world.services.store.write() as work:
        assert len(inbox_claim.claim(work, now=clock(), lease=Lease.of("w1", until), most=5)) == 1
    world.callback(unheard_of)
    assert (world.row("inbox")["duplicates"], world.row("inbox")["due_at"]) == (1, until)
