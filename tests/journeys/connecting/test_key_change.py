"""A key changes in two rounds while processes work: whoever was restarted already and whoever was not understand each other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector.store.schema.encrypted_columns import encrypted_columns
from foundation.secret import Secret
from tests.journeys.world import World

# As docs/operations.md has it: behind, in front, alone.
ROUNDS = [("old",), ("old", "new"), ("new", "old"), ("new",)]


@pytest.fixture
def keys(world: World) -> dict[str, tuple[Secret, Secret]]:
    """An encryption key and a launch key of each name."""
    had = world.services.settings
    new = Secret(Fernet.generate_key().decode()), Secret(secrets.token_urlsafe(32))
    return {"old": (had.encryption_keys[0], had.launch_keys[0]), "new": new}


@pytest.fixture
def other(world: World) -> Iterator[World]:
    """Another process on the same database."""
    other = World(world.database_url, world.clock, world.org, world.core)
    other.serial = world.serial
    yield other
    other.services.store.database.close()


def begin(world: World, names: tuple[str, ...], keys: dict[str, tuple[Secret, Secret]]) -> None:
    sealing, signing = zip(*(keys[name] for name in names), strict=True)
    world.restart(encryption_keys=sealing, launch_keys=signing)


@pytest.mark.parametrize(("before", "after"), [*pairwise(ROUNDS)])
def test_of_two_processes_in_one_round_each_goes_on_with_what_the_other_began(
    world: World, other: World, keys: dict[str, tuple[Secret, Secret]], before: Any, after: Any
) -> None:
    begin(other, before, keys)
    begin(world, before, keys)
    first = other.sent(other.open(other.order()))
    if after == ROUNDS[-1]:
        encrypted_columns(world.services.store.transactions).reencrypt()
    begin(world, after, keys)
    for one, another in ((world, other), (other, world)):
        page = one.open(one.order())
        assert another.look(page)["order_id"] == page.order_id
        link = another.sent(page)
        assert one.callback(one.core.happen(link, "PAYMENT_RECEIVED")).status_code == 200
        another.drain()
        assert one.look(page)["payment_state"] == "paid"
    world.told(first, "PAYMENT_RECEIVED")
    assert {(row["state"], row["verdict"]) for row in world.rows("inbox")} == {("done", "applied")}
