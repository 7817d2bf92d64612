"""A visible page follows its order: one question to the org for all pages, and only what changed is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from connector.journeys.reconciling.watch_visible_orders import watch_visible_orders
from connector.journeys.recording.record_missing import record_missing
from connector.store.orders import orders, visible_orders
from connector.store.orders.visible_pages import VisiblePages
from connector.store.schema.watch_tables import order_watches
from tests.factories import SIPHO, THANDI
from tests.journeys.world import Answer, Clock, Page, World, once
from tests.unit.examples import make_order


def poll(world: World, page: Page, tag: str | None = None) -> Answer:
    """Poll as a visible page does."""
    headers = {**page.headers, **({"If-None-Match": tag} if tag else {})}
    return world.client.get(f"/api/orders/{page.order_id}", headers=headers)


def watch(world: World) -> list[str]:
    """Let ten seconds pass, and the org be asked if there is a reason."""
    world.clock.pass_by(seconds=10)
    return watch_visible_orders(world.services.for_tenant(world.acme))


def asked_by_us(world: World) -> list[str]:
    return [soql for token, soql in world.org.queries if token.startswith("integration-")]


def asked_by(world: World, agent: Any) -> int:
    return sum(token == agent.token for token, _ in world.org.queries)


@pytest.fixture
def followed(world: World, page: Page) -> Page:
    """A page that was visible while the org was asked for the first time."""
    poll(world, page)
    assert watch(world) == []
    poll(world, page)
    world.org.queries.clear()
    return page


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"Grand_Total__c": 230.0}, {"total": "230.00"}),
        ({"BillToContact": {"MobilePhone": "+27 83 765 4321", "Phone": None}}, {"phone": "27837654321"}),
        ({"BillToContact": None, "Account": {"Phone": "+27 83 765 4321"}}, {"phone": "27837654321"}),
        ({"Status": "Cancelled"}, {"can_send": False}),
    ],
    ids=["amount", "phone of the contact", "phone of the account", "status"],
)
def test_what_changes_in_salesforce_is_on_the_page(
    world: World, followed: Page, fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    world.org.change(followed.order_id, **fields)
    assert watch(world) == [followed.order_id]
    told = poll(world, followed).json
    assert {name: told[name] for name in shown} == shown
    assert len(asked_by_us(world)) == 1
    assert asked_by(world, THANDI) == 1, "the page reads it with its agent's own token"
    poll(world, followed)
    assert asked_by(world, THANDI) == 1, "once is enough"


def test_what_was_read_at_the_moment_of_its_change_is_not_read_again_later(world: World, followed: Page) -> None:
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    assert watch(world) == [followed.order_id]
    poll(world, followed)
    world.clock.pass_by(seconds=11)
    poll(world, followed)
    assert asked_by(world, THANDI) == 1


def test_what_does_not_change_is_not_read_again(world: World, followed: Page) -> None:
    tag = poll(world, followed).headers["ETag"]
    for _ in range(6):
        assert watch(world) == []
        assert poll(world, followed, tag).status_code == 304
    assert (len(asked_by_us(world)), asked_by(world, THANDI)) == (6, 0)


def test_what_we_write_ourselves_is_no_change(world: World, followed: Page) -> None:
    world.sent(followed)
    world.settle()
    poll(world, followed)
    watch(world)
    world.org.queries.clear()
    poll(world, followed)
    assert asked_by(world, THANDI) == 0


def test_what_changed_between_the_launch_and_the_first_question_is_found(world: World, page: Page) -> None:
    poll(world, page)
    world.org.change(page.order_id, Grand_Total__c=230.0)
    assert watch(world) == [page.order_id]
    assert poll(world, page).json["total"] == "230.00"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_five_hundred_orders_on_visible_pages_one_call_is_made_every_ten_seconds(world: World) -> None:
    page = world.open(world.order())
    others = [world.order() for _ in range(499)]

    def visible() -> None:
        for order_id in others:
            world.services.store.visible_pages.see("acme", order_id, now=world.clock())
        world.clock.pass_by(seconds=3)
        poll(world, page)

    visible()
    assert watch(world) == []
    visible()
    before, world.org.queries[:] = world.org.calls, []
    for total in (210.0, 220.0, 230.0):
        visible()
        world.org.change(page.order_id, Grand_Total__c=total)
        assert watch(world) == [page.order_id]
        poll(world, page)
    assert world.org.calls - before == 3 + 3, "three turns, and three readings of the one order that changed"
    assert len(asked_by_us(world)) == 3 * 3, "five hundred ids are three queries in one call"
    assert asked_by(world, THANDI) == 3


def test_two_processes_ask_once(world: World, page: Page) -> None:
    poll(world, page)
    world.clock.pass_by(seconds=10)
    other = World(world.database_url, world.clock, world.org, world.core)
    first, second = (one.services.for_tenant(world.acme) for one in (world, other))
    watch_visible_orders(first)
    asked = len(asked_by_us(world))
    watch_visible_orders(second)
    watch_visible_orders(first)
    assert len(asked_by_us(world)) == asked
    world.clock.pass_by(seconds=10)
    poll(world, page)
    watch_visible_orders(second)
    assert len(asked_by_us(world)) == asked + 1
    other.services.store.database.close()


@pytest.mark.parametrize(
    ("due_in", "is_due"),
    [
        pytest.param(-1, True, id="over"),
        pytest.param(0, True, id="now"),
        pytest.param(1, False, id="to come"),
        pytest.param(240, False, id="as far ahead as a pause can be"),
        pytest.param(241, True, id="written under a wrong clock"),
    ],
)
def test_the_next_question_of_an_org_is_due_at_its_time_and_not_for_ever_later(
    world: World, clock: Clock, due_in: int, is_due: bool
) -> None:
    at = clock() + timedelta(seconds=due_in)
    with world.services.store.write() as work:
        visible_orders.see(work, {("acme", "801xx0000001gEhAAI"): clock()})
        work.connection.execute(insert(order_watches).values(tenant_id="acme", due_at=at, failures=0))
        assert visible_orders.due_tenants(work, now=clock()) == (["acme"] if is_due else [])
        assert visible_orders.claim(work, "acme", now=clock()) is is_due
        assert visible_orders.claim(work, "acme", now=clock()) is False, "taken, or not due yet"
        if is_due:
            seconds = [
                second
                for second in (9, 10)
                if visible_orders.claim(work, "acme", now=clock() + timedelta(seconds=second))
            ]
            assert seconds == [10]


def test_each_failure_of_an_org_doubles_its_own_pause_until_it_answers(world: World, clock: Clock) -> None:
    def pause(tenant_id: str) -> float:
        visible_orders.fail(work, tenant_id, now=clock())
        return (visible_orders.find(work, [tenant_id])[tenant_id].due_at - clock()).total_seconds()

    with world.services.store.write() as work:
        for tenant_id in ("acme", "globex"):
            visible_orders.claim(work, tenant_id, now=clock())
        assert [pause("acme") for _ in range(12)] == [20, 40, 80, *[120] * 9]
        assert pause("globex") == 20
        visible_orders.succeed(work, "acme", read_at=clock())
        assert pause("acme") == 20


@pytest.mark.parametrize(("seconds", "visible"), [(0, True), (14, True), (15, False)])
def test_a_page_is_visible_for_a_quarter_of_a_minute_after_its_last_poll(
    world: World, clock: Clock, seconds: int, visible: bool
) -> None:
    order_id = "801xx0000001gEhAAI"
    with world.services.store.write() as work:
        visible_orders.see(work, {("acme", order_id): clock(), ("globex", "801xx0000001gEiAAI"): clock()})
        now = clock() + timedelta(seconds=seconds)
        assert sorted(visible_orders.due_tenants(work, now=now)) == (["acme", "globex"] if visible else [])
        assert visible_orders.digests(work, "acme", now=now) == ({order_id: None} if visible else {})


@pytest.mark.parametrize(
    ("polls", "read", "asked", "is_current"),
    [
        pytest.param([0, 15, 30], 0, None, True, id="visible for half a minute"),
        pytest.param([0, 15, 30, 31], 0, None, False, id="visible for longer, and nobody was asked"),
        pytest.param([0, 15, 30, 31], 1, None, True, id="read half a minute ago"),
        pytest.param([0, 15, 30, 31], 0, 1, True, id="its org answered half a minute ago"),
        pytest.param([0, 15, 31], 0, None, True, id="hidden meanwhile"),
        pytest.param([20, 31], 0, None, True, id="opened a moment ago"),
        pytest.param([0, 15, 30, 45, 46], 0, 15, False, id="its org answered longer ago"),
    ],
)
def test_a_page_says_how_old_it_is_once_it_was_visible_for_half_a_minute(
    world: World, clock: Clock, polls: list[int], read: int, asked: int | None, is_current: bool
) -> None:
    """Seconds at which the page polls, its order was read, and its org last answered; it is judged at its last poll."""
    begun, pages = clock(), VisiblePages(world.services.store.transactions)
    if asked is not None:
        with world.services.store.write() as work:
            visible_orders.claim(work, "acme", now=begun)
            visible_orders.succeed(work, "acme", read_at=begun + timedelta(seconds=asked))
    order = make_order(read_at=begun + timedelta(seconds=read))
    for second in polls:
        pages.see("acme", order.order_id, now=begun + timedelta(seconds=second))
    until = pages.current_until(orders.StoredOrder(order, 1, 1), now=begun + timedelta(seconds=polls[-1]))
    assert until == (None if is_current else begun + timedelta(seconds=asked or read))


@pytest.mark.parametrize(
    ("seconds", "is_visible"), [(15, True), (16, False)], ids=["between two polls", "hidden, or its machine asleep"]
)
def test_a_page_that_does_not_poll_blames_nobody(world: World, clock: Clock, seconds: int, is_visible: bool) -> None:
    begun, pages = clock(), VisiblePages(world.services.store.transactions)
    order, now = make_order(read_at=begun), begun + timedelta(seconds=45 + seconds)
    with world.services.store.write() as work:
        visible_orders.claim(work, "acme", now=begun)
    assert pages.current_until(orders.StoredOrder(order, 1, 1), now=now) is None, "no page has shown it"
    for second in (0, 15, 30, 45):
        pages.see("acme", order.order_id, now=begun + timedelta(seconds=second))
    assert pages.is_any_visible(now=now) is is_visible
    assert pages.current_until(orders.StoredOrder(order, 1, 1), now=now) == (begun if is_visible else None)


def test_a_page_whose_order_changed_since_is_as_old_as_its_own_reading(world: World, clock: Clock) -> None:
    begun, pages = clock(), VisiblePages(world.services.store.transactions)
    order, now = make_order(read_at=begun), begun + timedelta(seconds=31)
    with world.services.store.write() as work:
        visible_orders.claim(work, "acme", now=begun)
        visible_orders.succeed(work, "acme", read_at=now)
    for second in (0, 15, 30, 31):
        pages.see("acme", order.order_id, now=begun + timedelta(seconds=second))
    for changed, until in ((begun, None), (begun + timedelta(seconds=1), begun)):
        assert pages.current_until(orders.StoredOrder(order, 1, 1, changed_at=changed), now=now) == until


@pytest.mark.parametrize(("seconds", "written"), [(0, 1), (2.4, 1), (2.5, 2), (-60, 2)])
def test_polls_are_written_together_and_a_clock_that_was_set_back_stops_none(
    world: World, clock: Clock, seconds: float, written: int
) -> None:
    pages = VisiblePages(world.services.store.transactions)
    pages.see("acme", "801xx0000001gEhAAI", now=clock())
    pages.see("acme", "801xx0000001gEiAAI", now=clock() + timedelta(seconds=seconds))
    assert len(world.rows("watched_orders")) == written


def test_nobody_looks_nobody_asks(world: World, followed: Page) -> None:
    world.clock.pass_by(seconds=20)
    watch(world)
    assert asked_by_us(world) == []
    with world.services.store.read() as work:
        assert visible_orders.due_tenants(work, now=world.clock()) == []
    poll(world, followed)
    with world.services.store.read() as work:
        assert visible_orders.due_tenants(work, now=world.clock()) == ["acme"]


def test_a_page_that_was_hidden_meanwhile_finds_out(world: World, followed: Page) -> None:
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    world.clock.pass_by(minutes=5)
    watch(world)
    first = poll(world, followed).json
    assert (first["total"], first["not_current"]) == ("115.00", None), "Salesforce is well: nobody asked it meanwhile"
    watch(world)
    assert poll(world, followed).json["total"] == "230.00"


def test_who_may_not_see_the_order_any_more_is_shown_nothing_of_it(world: World) -> None:
    order_id = world.order(THANDI, SIPHO)
    mine, theirs = world.open(order_id), world.open(order_id, SIPHO)
    poll(world, mine)
    watch(world)
    poll(world, mine)
    world.org.seen_by[THANDI.token].discard(order_id)
    world.org.change(order_id, Grand_Total__c=230.0)
    watch(world)
    assert poll(world, theirs).json["total"] == "230.00"
    refused = poll(world, mine)
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "no_access")
    assert "230.0" not in refused.text  # the bare digits may stand in the id of the request
    assert poll(world, mine).status_code == 401, "nor later"
    renewed = world.client.post("/api/launches/renew", headers=mine.headers)
    assert renewed.status_code == 401
    assert poll(world, theirs).status_code == 200


@pytest.mark.parametrize("known", [False, True], ids=["nobody knows it", "we know it"])
def test_an_order_that_was_hidden_before_it_was_first_watched_is_read_again_unless_that_is_known(
    world: World, page: Page, clock: Clock, known: bool
) -> None:
    poll(world, page)
    del world.org.orders[page.order_id]
    if known:
        at = clock() + timedelta(seconds=1)
        record_missing(tenant_id="acme", order_ids=[page.order_id], store=world.services.store, at=at)
    assert watch(world) == ([] if known else [page.order_id])


def test_a_new_owner_is_a_reason_to_check_who_may_see(world: World, followed: Page) -> None:
    world.org.seen_by[THANDI.token].discard(followed.order_id)
    world.org.change(followed.order_id, OwnerId="005xx000001X9ZzAAK")
    watch(world)
    assert poll(world, followed).status_code == 422


@pytest.mark.both_databases
def test_an_org_that_does_not_answer_is_asked_less_often_and_the_page_says_how_old_it_is(
    world: World, followed: Page, clock: Clock
) -> None:
    read_at = clock()
    before = world.org.calls
    current = poll(world, followed).headers["ETag"]
    world.org.down = True
    tries = 0
    for _ in range(60):
        poll(world, followed)
        clock.pass_by(seconds=5)
        with world.services.store.read() as work:
            due = visible_orders.due_tenants(work, now=clock())
        tries += len(due)
        if due:
            watch_visible_orders(world.services.for_tenant(world.acme))
    assert 3 <= tries <= 6, "in five minutes"
    assert world.org.calls - before >= tries
    told = poll(world, followed, current)
    assert told.json["not_current"]["id"] == "order_not_current"
    assert told.json["not_current"]["values"]["at"] == read_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert poll(world, followed, told.headers["ETag"]).status_code == 304
    world.org.down = False
    clock.pass_by(minutes=2)
    poll(world, followed)
    watch(world)
    clock.pass_by(seconds=3)
    poll(world, followed)
    assert poll(world, followed).json["not_current"] is None


def test_where_calls_run_short_none_is_spent_on_looking(world: World, followed: Page, clock: Clock) -> None:
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=clock())
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    watch(world)
    assert poll(world, followed).json["total"] == "115.00"
    assert world.org.queries == []
    assert world.row("order_watches")["due_at"] == clock() + timedelta(seconds=20), "nor is it soon looked for calls"


def test_where_calls_run_short_a_page_shows_what_was_read_last(world: World, followed: Page, clock: Clock) -> None:
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    assert watch(world) == [followed.order_id]
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=clock())
    assert poll(world, followed).json["total"] == "115.00"
    world.services.salesforce.limits.note("acme", "api-usage=10/1000", now=clock())
    assert poll(world, followed).json["total"] == "230.00"


def test_a_page_that_finds_no_room_to_read_its_order_does_so_at_its_next_poll(world: World, followed: Page) -> None:
    """A fleet's few slots for that are taken by pages whose org is slow."""
    other = world.open(followed.order_id)
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    watch(world)
    meanwhile: list[str] = []
    world.org.before_query = once(lambda: meanwhile.append(poll(world, other).json["total"]))
    assert poll(world, followed).json["total"] == "230.00"
    assert meanwhile == ["115.00"]
    asked = asked_by(world, THANDI)
    poll(world, other)
    assert asked_by(world, THANDI) == asked + 1


def test_a_quarter_of_the_threads_may_read_orders_at_once(world: World, followed: Page) -> None:
    world.restart(threads=8)
    other = world.open(followed.order_id)
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    watch(world)
    meanwhile: list[str] = []
    world.org.before_query = once(lambda: meanwhile.append(poll(world, other).json["total"]))
    assert poll(world, followed).json["total"] == "230.00"
    assert meanwhile == ["230.00"]


def test_an_order_that_the_agent_cannot_read_just_now_stays_as_it_was(world: World, followed: Page) -> None:
    world.org.change(followed.order_id, Grand_Total__c=230.0)
    watch(world)
    world.org.down = True
    assert poll(world, followed).json["total"] == "115.00"
    world.org.down = False
    world.clock.pass_by(seconds=11)
    assert poll(world, followed).json["total"] == "230.00"


def test_what_pages_showed_is_not_kept_and_holds_no_number(world: World, followed: Page) -> None:
    row = world.row("watched_orders")
    assert len(row["digest"]) == 32
    world.clock.pass_by(minutes=16)
    world.sweep()
    assert world.rows("watched_orders") == []


def test_the_fields_of_the_mapping_are_asked_for(world: World, followed: Page) -> None:
    mapping = replace(world.acme.mapping, phones=("Ship_Phone__c",))
    world.services.store.tenants.change("acme", lambda kept: replace(kept, mapping=mapping), now=world.clock())
    poll(world, followed)
    watch(world)
    assert "Ship_Phone__c" in asked_by_us(world)[-1]
    assert "BillToContact" not in asked_by_us(world)[-1]
