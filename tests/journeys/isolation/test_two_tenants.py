"""Two orgs in one deployment: whatever befalls one, the other's orders are written as if nothing had happened."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses
from cryptography.fernet import Fernet
from sqlalchemy import update

from callbacks.drain import drain
from connector.domain.payments.operation import Operation, OperationCall
from connector.domain.payments.payment import Person
from connector.domain.tenants.tenant import HmacProof
from connector.salesforce.calls.api_allowance import Allowance
from connector.store.encryption.vault import TenantVault
from connector.store.requests import operations
from connector.store.schema.tables import payment_requests, tenants
from connector.workers.embedded_workers import EmbeddedWorkers
from connector.workers.news_delivery import NewsDelivery
from foundation.secret import Secret
from tests.factories import CANVAS_SECRET, THANDI, envelope, long_id, make_tenant, sign
from tests.journeys.world import Clock, Page, World, page_data
from tests.peers.core import FakeCore
from tests.peers.news import TYPE
from tests.peers.org import FakeOrg

GLOBEX_HOST, GLOBEX_ORG, GLOBEX_KEY = "https://globex.my.salesforce.com", "00Dyy0000002hFiEAI", "callback-key-of-globex"


class TwoOrgs(World):
    """A world with a second tenant, whose org stands beside the first one's."""

    def begin(self, wire: responses.RequestsMock) -> None:
        """Connect the second org."""
        self.globex = FakeOrg(GLOBEX_HOST, GLOBEX_ORG)
        self.globex.register(wire)
        made = make_tenant("globex", org_id=GLOBEX_ORG, callback_key=GLOBEX_KEY)
        made = replace(made, salesforce=replace(made.salesforce, host_url=GLOBEX_HOST))
        self.services.store.tenants.add(made, now=self.clock())

    def sent_by_globex(self) -> dict[str, Any]:
        """Send a link for an order of the second org."""
        order_id = self.globex.add_order(long_id(f"801yy00000{next(self.serial):05d}"), THANDI)
        content = envelope(order_id)
        content["context"]["organization"]["organizationId"] = GLOBEX_ORG
        answer = self.post_launch(sign(content, CANVAS_SECRET))
        assert answer.status_code == 200, answer.text
        data = page_data(answer.text)
        link = self.sent(Page(data, data["launch_token"], order_id))
        link["order_id"] = order_id
        return link


@pytest.fixture
def world(database_url: str, clock: Clock, lines: list[Any]) -> Iterator[TwoOrgs]:
    """Two connected orgs that share the payment core."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        org, core = FakeOrg(), FakeCore(clock)
        org.register(wire)
        core.register(wire)
        made = TwoOrgs(database_url, clock, org, core)
        made.tenant()
        made.begin(wire)
        yield made
        made.services.store.database.close()


def _revoked(world: TwoOrgs) -> None:
    world.org.sessions_over = {f"integration-{serial}" for serial in range(1, 50)}
    world.org.login_refused = "invalid_grant"


def _exhausted(world: TwoOrgs) -> None:
    world.org.limit = True


def _gone(world: TwoOrgs) -> None:
    world.org.down = True


def _another_org(world: TwoOrgs) -> None:
    world.org.sessions_over = {f"integration-{serial}" for serial in range(1, 50)}
    world.org.org_id = "00Dzz0000003iGjEAI"


@pytest.mark.parametrize("befalls", [_revoked, _exhausted, _gone, _another_org])
def test_what_befalls_one_org_does_not_reach_the_other(world: TwoOrgs, befalls: Callable[[TwoOrgs], None]) -> None:
    ours = [world.sent(world.open(world.order())) for _ in range(3)]
    theirs = [world.sent_by_globex() for _ in range(3)]
    world.settle()
    befalls(world)
    logins = world.org.logins
    begun = time.monotonic()
    for link in ours:
        assert world.callback(world.core.happen(link, "PAYMENT_RECEIVED")).status_code == 200
    for link in theirs:
        assert world.callback(world.core.happen(link, "PAYMENT_RECEIVED"), key=GLOBEX_KEY).status_code == 200
    for _ in range(5):
        world.settle()
    assert time.monotonic() - begun < 30  # nobody waits for the org that is gone
    for link in theirs:
        assert world.globex.orders[link["order_id"]]["Chat2Pay_Payment_State__c"] == "paid"
    assert world.globex.logins == 1
    assert world.org.logins - logins <= 2
    states = {row["tenant_id"]: row["state"] for row in world.rows("outbox")}
    assert (states["globex"], states["acme"] != "written") == ("written", True)
    assert world.services.salesforce.limits.allowance("globex", now=world.clock()) is Allowance.ALL
    assert {row["tenant_id"] for row in world.rows("findings")} <= {"acme"}


@pytest.mark.both_databases
def test_an_org_that_hangs_keeps_the_news_of_the_other_waiting_for_no_moment(world: TwoOrgs) -> None:
    hangs, answers, delivery = threading.Event(), threading.Event(), NewsDelivery()

    def hang() -> None:
        hangs.set()
        assert answers.wait(60)

    for org in (world.org, world.globex):
        org.answers["CustomNotificationType"] = [{"Id": TYPE}]
    world.org.news.before = hang
    ours, theirs = world.sent(world.open(world.order())), [world.sent_by_globex() for _ in range(2)]
    world.settle()
    world.told(ours, "PAYMENT_RECEIVED")
    for number, link in enumerate(theirs, 1):
        world.callback(world.core.happen(link, "PAYMENT_RECEIVED"), key=GLOBEX_KEY)
        world.settle()
        world.clock.pass_by(seconds=3)
        assert hangs.is_set() == (number > 1)
        while len(world.globex.news.bells) < number:  # once in each round, the second of them while acme is still away
            delivery.deliver(world.services, patience=1)
        assert hangs.wait(30)
    assert (world.org.news.bells, world.org.news.calls) == ([], 1), "what hangs is not asked again"
    answers.set()
    assert delivery.stop(within=30)
    assert len(world.org.news.bells) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a fleet pushes each tenant in a job of its own
def test_an_org_that_hangs_keeps_the_other_waiting_for_no_moment(world: TwoOrgs) -> None:
    ours, theirs = world.sent(world.open(world.order())), world.sent_by_globex()
    world.settle()
    hangs, answers = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert answers.wait(60)

    world.org.before_write = hang
    workers = EmbeddedWorkers(world.services)  # never started: single steps of its push are all we want
    world.callback(world.core.happen(ours, "PAYMENT_RECEIVED"))
    world.drain()
    world.clock.pass_by(seconds=2)
    assert workers.push_once() is False
    assert hangs.wait(60)
    world.callback(world.core.happen(theirs, "PAYMENT_RECEIVED"), key=GLOBEX_KEY)
    world.drain()
    world.clock.pass_by(seconds=2)
    ends_at = time.monotonic() + 30
    while not workers.push_once():
        assert time.monotonic() < ends_at
    assert world.globex.orders[theirs["order_id"]]["Chat2Pay_Payment_State__c"] == "paid"
    answers.set()
    assert workers.stop(within=30)


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["payment-status", "settings"])
def test_a_payment_core_that_hangs_keeps_the_other_tenants_news_waiting_for_no_moment(
    world: TwoOrgs, kind: str
) -> None:
    ours, theirs = world.sent(world.open(world.order())), world.sent_by_globex()
    hangs, answers = threading.Event(), threading.Event()

    def hang() -> None:
        world.core.on_question = None
        hangs.set()
        assert answers.wait(60)

    world.core.on_question = hang
    body = world.core.happen(ours, "PAYMENT_RECEIVED") if kind == "payment-status" else {"event": "KEY_ADDED"}
    world.callback(body, kind=kind)
    assert drain(world.services, world.asking, patience=0.1) == 1
    assert hangs.wait(60)
    world.callback(world.core.happen(ours, "PAYMENT_CAPTURED"))
    world.callback(world.core.happen(theirs, "PAYMENT_RECEIVED"), key=GLOBEX_KEY)
    assert world.drain() == 1  # and the hanging one's is left for later
    money = {row["tenant_id"]: row["money"] for row in world.rows("payment_requests")}
    assert money == {"acme": "none", "globex": "paid"}
    answers.set()
    assert world.asking.stop(within=60)
    assert {row["verdict"] for row in world.rows("inbox")} == {"applied", None}


def test_a_disabled_tenants_news_of_money_is_applied_and_the_other_goes_on(world: TwoOrgs) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    world.disable()
    assert world.post_launch(sign(envelope(world.order()))).status_code == 403
    assert world.send(page).status_code in (409, 503)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert [row["live"] for row in world.rows("payment_requests")] == [False]
    world.sent_by_globex()


def test_news_of_one_tenants_link_at_the_others_door_changes_nothing(world: TwoOrgs) -> None:
    link = world.sent(world.open(world.order()))
    before = world.rows("payment_requests")
    assert world.callback(world.core.happen(link, "PAYMENT_RECEIVED"), key=GLOBEX_KEY).status_code == 200
    world.drain()
    assert world.rows("payment_requests") == before
    assert world.row("inbox")["verdict"] == "held"


def test_a_signed_callback_opens_its_own_tenants_door_alone(world: TwoOrgs) -> None:
    key = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    signs = lambda kept: replace(kept, core=replace(kept.core, proofs=(HmacProof(Secret(key)), *kept.core.proofs)))  # noqa: E731
    world.services.store.tenants.change("acme", signs, now=world.clock())
    link = world.sent(world.open(world.order()))
    body = b'{"spaces":   "count"}'
    at = str(int(world.clock().timestamp()))
    digest = hmac.new(base64.b64decode(key[6:]), b"msg_1." + at.encode() + b"." + body, hashlib.sha256).digest()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    assert [world.callback(body, headers=headers).status_code, world.row("inbox")["proven"]] == [200, True]
    assert world.callback(body + b" ", headers=headers).status_code == 401
    assert world.callback(body, headers=headers, key=GLOBEX_KEY).status_code == 401
    world.clock.pass_by(minutes=6)
    assert world.callback(body, headers=headers).status_code == 401
    assert world.callback(world.core.happen(link, "PAYMENT_RECEIVED")).status_code == 200  # Basic, all the while


def test_a_proof_that_was_just_changed_survives_news_of_settings(world: TwoOrgs) -> None:
    directory = world.services.store.tenants
    remembered = directory.by_id("acme")
    assert remembered is not None
    added = HmacProof(Secret("whsec_" + base64.b64encode(b"k" * 32).decode()))
    # Another process changes the row; this one still remembers the old one when the core's settings change.
    other = type(directory)(world.services.store.transactions)
    other.change("acme", lambda kept: replace(kept, core=replace(kept.core, proofs=(added,))), now=world.clock())
    directory.set_configuration(remembered, remembered.configuration, now=world.clock())
    kept = directory.by_id("acme")
    assert kept is not None
    assert kept.core.proofs == (added,)


# --- the sweep -----------------------------------------------------------------------------------------------------------


def _sealed_with_a_lost_key(world: TwoOrgs) -> None:
    sealed = TenantVault([Secret(Fernet.generate_key().decode())]).seal("acme", b"{}")
    with world.services.store.database.write() as connection:
        connection.execute(update(tenants).where(tenants.c.tenant_id == "acme").values(secrets=sealed))
    world.services.store.tenants.forget()


def _key_refused_by_the_core(world: TwoOrgs) -> None:
    revoked = Secret("revoked-" + secrets.token_hex(8))
    change = lambda kept: replace(kept, core=replace(kept.core, api_key=revoked))  # noqa: E731
    world.services.store.tenants.change("acme", change, now=world.clock())


def _many_that_went_quiet(world: TwoOrgs, *, live: bool) -> None:
    """Give the first tenant more requests than a sweep asks about, each of an order of its own."""
    (row,) = [one for one in world.rows("payment_requests") if one["tenant_id"] == "acme"]
    row |= {"live": live, "money": "none" if live else "paid", "ask_at": None if live else world.clock()}
    many = [
        row | {"reference": f"c2p_{n:04d}", "order_id": f"801ww{n:013d}", "link_reference": f"l{n}"} for n in range(300)
    ]
    with world.services.store.database.write() as connection:
        connection.execute(payment_requests.insert(), many)


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("befalls", [_sealed_with_a_lost_key, _key_refused_by_the_core])
def test_a_tenant_whose_core_cannot_be_asked_keeps_no_other_from_being_asked_about(
    world: TwoOrgs, befalls: Callable[[TwoOrgs], None], live: bool
) -> None:
    world.sent(world.open(world.order()))
    _many_that_went_quiet(world, live=live)
    theirs = world.sent_by_globex()
    if not live:
        world.callback(world.core.happen(theirs, "PAYMENT_RECEIVED"), key=GLOBEX_KEY)
        world.drain()
    befalls(world)
    world.core.happen(theirs, "PAYMENT_RECEIVED" if live else "PAYMENT_REVERSED")  # and its callback is lost
    world.clock.pass_by(minutes=5)
    for _ in range(3):
        world.sweep()
        world.clock.pass_by(seconds=5)
    (row,) = [one for one in world.rows("payment_requests") if one["tenant_id"] == "globex"]
    assert row["money"] == ("paid" if live else "reversed")


@pytest.mark.both_databases
def test_an_open_call_of_a_tenant_whose_secrets_no_key_opens_does_not_stop_the_sweep(world: TwoOrgs) -> None:
    ours, theirs = world.sent(world.open(world.order())), world.sent_by_globex()
    (row,) = [one for one in world.rows("payment_requests") if one["link_reference"] == ours["paymentLinkRef"]]
    call = OperationCall(
        call_id=secrets.token_hex(16),
        tenant_id="acme",
        reference=row["reference"],
        verb=Operation.CAPTURE,
        by=Person("005xx0000000001AAA", "Thandi"),
        begun_at=world.clock(),
        call_until=world.clock(),
        open=True,
    )
    with world.services.store.write() as work:
        operations.add(work, call)
    _sealed_with_a_lost_key(world)
    world.core.happen(theirs, "PAYMENT_RECEIVED")
    world.clock.pass_by(seconds=61)
    world.sweep()
    assert {row["money"] for row in world.rows("payment_requests") if row["tenant_id"] == "globex"} == {"paid"}
    assert world.row("verb_calls")["call_until"] > world.clock()


def test_due_orders_of_a_tenant_whose_secrets_no_key_opens_do_not_stop_a_push(world: TwoOrgs) -> None:
    world.sent(world.open(world.order()))
    world.sent_by_globex()
    _sealed_with_a_lost_key(world)
    world.clock.pass_by(seconds=3)
    world.push()
    waiting = {row["tenant_id"]: row["state"] for row in world.rows("outbox")}
    assert waiting == {"acme": "waiting", "globex": "written"}
