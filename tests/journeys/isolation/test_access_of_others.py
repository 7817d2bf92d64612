"""What is written about one key, token or open page changes that of nobody else: who may call what hangs on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.tenants.api_key import ApiKey
from connector.domain.tenants.token import LoginFailure
from connector.store.store import Store
from connector.store.tenants.launches import Launch
from foundation.secret import Secret
from tests.factories import long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World
from tests.unit.examples import NOW

LATER = NOW + timedelta(minutes=5)
LEASE = timedelta(seconds=20)
TABLES = {"api_keys": "key_id", "tokens": "tenant_id", "launches": "launch_id", "tenants": "tenant_id"}


@dataclass(frozen=True)
class Held:
    """What two tenants hold: keys of the same names, a token each, and an open page each."""

    store: Store
    keys: dict[tuple[str, str], ApiKey]


@pytest.fixture
def held(world: World) -> Held:
    """Acme and Globex, each with two keys, a token and a page."""
    store, keys = world.services.store, {}
    tenants = [
        world.tenant(),
        world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="of-globex"),
    ]
    for tenant in tenants:
        one = tenant.tenant_id
        for name in ("CRM", "Flow"):
            keys[one, name] = KeyHolder(world, "read", tenant=tenant, name=name).key
        store.tokens.keep(one, Secret("token"), now=NOW)
        launch = Launch(f"launch-{one}", one, "005xx000001X8UzAAK", "801xx0000000001AAA", Secret("agent"), NOW, NOW)
        assert store.launches.consume(one.encode().ljust(32), launch, forget_at=LATER)
    return Held(store, keys)


def rows(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    return {(table, row[key]): row for table, key in TABLES.items() for row in world.rows(table)}


def crm(held: Held, tenant: str = "acme") -> ApiKey:
    return held.keys[tenant, "CRM"]


def claim(held: Held) -> str:
    """Let a process have its turn to log in, because the token was refused."""
    turn: Any = held.store.tokens.claim("acme", refused=Secret("token"), now=NOW, lease=LEASE)
    return str(turn.lease)


def keep(held: Held, lease: str | None) -> None:
    assert held.store.tokens.keep("acme", Secret("new"), now=LATER, lease=lease)


def fail(held: Held) -> None:
    held.store.tokens.fail("acme", LoginFailure.REFUSED, lease=claim(held), finding=None, now=NOW)


@pytest.mark.parametrize(
    ("write", "table"),
    [
        (lambda h: h.store.tokens.claim("acme", refused=Secret("token"), now=NOW, lease=LEASE), "tokens"),
        (lambda h: keep(h, claim(h)), "tokens"),
        (lambda h: keep(h, None), "tokens"),
        (fail, "tokens"),
        (lambda h: h.store.tokens.distrust("acme", Secret("token"), now=NOW), "tokens"),
        (lambda h: h.store.tenants.set_disabled("acme", disabled=True, now=LATER), "tenants"),
        (lambda h: h.store.tenants.change("acme", lambda tenant: tenant, now=LATER), "tenants"),
    ],
    ids=["claimed", "kept by who logged in", "kept", "failed", "distrusted", "disabled", "changed"],
)
def test_of_a_tenant(world: World, held: Held, write: Callable[[Held], object], table: str) -> None:
    assert changed(world, lambda: write(held)) == {(table, "acme")}


@pytest.mark.parametrize(
    ("write", "is_there"),
    [
        (lambda h: h.store.api_keys.used(crm(h), now=LATER), True),
        (lambda h: h.store.api_keys.take_calls(crm(h).key_id, wanted=5, most=9, minute=NOW), True),
        (lambda h: h.store.api_keys.remove([crm(h)]), False),
    ],
    ids=["used", "called with", "removed"],
)
def test_of_a_key(world: World, held: Held, write: Callable[[Held], object], is_there: bool) -> None:
    assert changed(world, lambda: write(held)) == {("api_keys", crm(held).key_id)}
    assert (("api_keys", crm(held).key_id) in rows(world)) is is_there


def test_of_a_key_that_gives_way_to_a_new_one_of_its_name(world: World, held: Held) -> None:
    new: list[KeyHolder] = []
    over = changed(world, lambda: new.append(KeyHolder(world, "read", tenant=world.acme)))
    assert over == {("api_keys", crm(held).key_id), ("api_keys", new[0].key.key_id)}
    assert rows(world)["api_keys", crm(held).key_id]["expires_at"] == world.clock()


@pytest.mark.parametrize(
    "write",
    [
        lambda launches: launches.checked("launch-acme", now=LATER),
        lambda launches: launches.end("launch-acme"),
    ],
    ids=["looked after", "ended"],
)
def test_of_a_page(world: World, held: Held, write: Callable[[Any], object]) -> None:
    assert changed(world, lambda: write(held.store.launches)) == {("launches", "launch-acme")}


def changed(world: World, write: Callable[[], object]) -> set[tuple[str, str]]:
    """Return the keys of the rows that a write changed, added or deleted."""
    before = rows(world)
    write()
    after = rows(world)
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
