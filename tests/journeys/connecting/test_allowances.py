"""What all processes take from one allowance of a minute: together no more than it has, whichever clock is behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store.tenants.call_rates import Take
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World
from tests.unit.examples import NOW

MINUTE = timedelta(minutes=1)
BEFORE, AFTER = NOW - MINUTE, NOW + MINUTE


@pytest.fixture(params=["of a key", "of a sender"])
def taking(world: World, request: pytest.FixtureRequest) -> tuple[Take, str, str]:
    """What takes calls, and two names to take them for."""
    store = world.services.store
    if request.param == "of a sender":
        return store.call_rates.take, "one", "other"
    one, other = (KeyHolder(world, "read", name=name).key.key_id for name in ("one", "other"))
    return store.api_keys.take_calls, one, other


@pytest.mark.both_databases
def test_each_takes_what_the_others_have_left(taking: tuple[Take, str, str]) -> None:
    take, one, other = taking
    asked = [
        (one, NOW, 5), (one, NOW, 4), (one, NOW, 0), (other, NOW, 5), (one, AFTER, 5), (one, NOW, 4), (one, BEFORE, 0),
        (one, AFTER + MINUTE, 5),
    ]  # fmt: skip
    assert [take(name, wanted=5, most=9, minute=minute) for name, minute, _ in asked] == [left for *_, left in asked]
