"""The verbs against the sandbox core over real HTTP: what both sides say of the same money is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from connector.app import create_app as create_connector
from connector.core.client import CoreClient
from foundation.http.session import PeerSession
from foundation.secret import Secret
from tests.factories import THANDI, make_tenant
from tests.journeys.amending.capturing.test_capture import ALL
from tests.journeys.verbs import press, shown
from tests.journeys.world import CheckingClient, Clock, Page, World
from tests.peers.core import FakeCore
from tests.peers.demo_core import demo_core
from tests.peers.org import FakeOrg


class RealWorld(World):
    """A world whose core is not in memory."""

    def speak(self, core: CoreClient) -> None:
        """Speak to a core through this client."""
        self.services = replace(self.services, core=core)
        self.app = create_connector(self.services)
        self.app.test_client_class = CheckingClient


class RealCore:
    """The sandbox core behind a socket, its customer and its merchant."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.credentials = self.ask("GET", "/sandbox/credentials")
        self.application = self.credentials["applications"][0]["uuid"]
        urls = dict.fromkeys(("payment_status_url", "transaction_status_url"), "http://127.0.0.1:9/callbacks")
        self.ask(
            "PUT", f"/sandbox/applications/{self.application}", {**urls, "basic": {"user": "core", "password": "pw"}}
        )
        self.ask("PUT", "/sandbox/settings", {"transaction_type": "AUTHORIZATION"})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, timeout=60)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def transaction(self, link_reference: str) -> dict[str, Any]:
        key = {"Authorization": self.credentials["api_key"]}
        found = requests.get(f"{self.url}/api/v2/payment-links/{link_reference}", headers=key, timeout=60)
        return dict(found.json())

    def pay(self, phone: str) -> None:
        link = self.ask("GET", f"/sandbox/phones/{phone}")["messages"][-1]["link"]
        form = {"number": "4111 1111 1111 1111", "expiry": "12/99", "cvc": "123", "name": "T Customer"}
        path = link[link.index("/pay/") :]
        assert requests.post(self.url + path, data=form, timeout=60, allow_redirects=False).status_code == 303

    def notifications(self, kind: str = "payment-status") -> list[dict[str, Any]]:
        told = self.ask("GET", "/sandbox/callbacks")["callbacks"]
        return [one["body"] for one in told if one["kind"] == kind]


@pytest.fixture
def core(tmp_path: Path, migrated_core: Path) -> Iterator[RealCore]:
    """A sandbox that holds money until it is captured, and calls nobody by itself."""
    with demo_core(tmp_path / "core", migrated_core) as pair:
        yield RealCore(pair.url)


@pytest.fixture
def world(database_url: str, clock: Clock, lines: list[Any], core: RealCore) -> Iterator[World]:
    """A connector whose org answers in memory and whose core is a real server."""
    with (
        responses.RequestsMock(assert_all_requests_are_fired=False) as wire,
        PeerSession(peer="core", total_timeout=60, repeat_reads=False) as session,
    ):
        org = FakeOrg()
        org.register(wire)
        wire.add_passthru(core.url)
        made = RealWorld(database_url, clock, org, FakeCore(clock))
        made.speak(CoreClient(reads=session, writes=session, allow_loopback=True))
        org.permissions = {THANDI.user_id: ALL}
        tenant = make_tenant(policy={})
        access = replace(
            tenant.core,
            base_url=core.url,
            application=core.application,
            api_key=Secret(core.credentials["api_key"]),
        )
        made.services.store.tenants.add(replace(tenant, core=access), now=clock())
        yield made
        made.services.store.database.close()


@pytest.fixture
def page(world: World, core: RealCore) -> Page:
    """A page on an order whose money is held."""
    page = world.open(world.order())
    assert world.send(page).status_code == 201
    return page


def hear(world: World, core: RealCore) -> None:
    """Deliver everything that the core has to tell, on both doors."""
    for kind in ("transaction-status", "payment-status"):
        for body in core.notifications(kind):
            assert world.callback(body, kind=kind).status_code == 200
    world.drain()


def both_sides(world: World, page: Page, core: RealCore) -> tuple[str, str, float, str]:
    """(our status, what we think was taken, what the core says was taken, what we think is held)."""
    ours = shown(world, page)
    theirs = core.transaction(ours["link_reference"])
    return ours["status"], ours["amount_paid"], theirs["capturedAmount"], ours["amount_authorized"]


@pytest.mark.both_databases
def test_a_part_of_held_money_is_taken_and_given_back(world: World, core: RealCore, page: Page) -> None:
    core.pay("27831234567")
    hear(world, core)
    assert both_sides(world, page, core) == ("authorized", "0.00", 0, "115.00")
    assert press(world, page, "capture", amount="115.01")["outcome"] == "amount_too_high"
    assert press(world, page, "capture", amount="40.10", key="key-00001")["outcome"] == "captured"
    assert press(world, page, "capture", amount="40.10", key="key-00001")["outcome"] == "captured"
    assert both_sides(world, page, core) == ("part_paid", "40.10", 40.10, "0.00")
    hear(world, core)
    assert both_sides(world, page, core) == ("part_paid", "40.10", 40.10, "0.00")
    assert press(world, page, "reverse")["sentence"] == "Given back or released: R40.10."
    hear(world, core)
    assert world.look(page)["payment_state"] == "reversed"
    assert press(world, page, "reverse")["outcome"] == "already_reversed"


@pytest.mark.both_databases
def test_settled_money_is_for_the_gateway_and_a_hold_runs_out(world: World, core: RealCore, page: Page) -> None:
    core.pay("27831234567")
    core.ask("POST", "/sandbox/clock", {"advance_s": 8 * 24 * 3600})
    hear(world, core)
    assert press(world, page, "capture")["outcome"] == "expired"
    core.ask("PUT", "/sandbox/settings", {"transaction_type": "SALE"})
    other = world.open(world.order())
    assert world.send(other, phone="27827654321").status_code == 201
    core.pay("27827654321")
    hear(world, core)
    sold = shown(world, other)
    core.ask("POST", f"/sandbox/settle/{sold['link_reference']}")
    url = f"/api/payment-requests/{sold['reference']}/reverse"
    assert world.client.post(url, headers=other.headers).json["outcome"] == "too_late_refund_at_gateway"


def test_a_link_gives_way_to_another_and_only_that_one_can_be_paid(world: World, core: RealCore, page: Page) -> None:
    old = shown(world, page)["link_reference"]
    told = press(world, page, "replace", phone="27827654321", key="key-00001")
    assert (told["outcome"], core.transaction(old)["linkStatus"]) == ("replaced", "PAYMENT_LINK_CANCELLED")
    core.pay("27827654321")
    hear(world, core)
    assert (shown(world, page)["status"], shown(world, page)["replaces"]) == (
        "authorized",
        told["payment_request"]["replaces"],
    )
    again = press(world, page, "replace", phone="27827654321", key="key-00001")
    assert (again["outcome"], again["payment_request"]["status"]) == ("replaced", "authorized")
