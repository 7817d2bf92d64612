"""Who pays, as a payment core of our own is told: the contact of the order, else its account."""

from __future__ import annotations

import pytest

from tests.factories import long_id
from tests.journeys.world import World

CONTACT, ACCOUNT = long_id("003xx0000000001"), long_id("001xx0000000001")


@pytest.mark.parametrize(
    ("fields", "payer"),
    [
        ({"BillToContactId": CONTACT, "AccountId": ACCOUNT}, CONTACT),
        ({"BillToContactId": None, "AccountId": ACCOUNT}, ACCOUNT),
    ],
    ids=["contact", "account"],
)
def test_a_core_of_our_own_is_told_who_pays(world: World, fields: dict[str, str | None], payer: str) -> None:
    world.with_own_core()
    world.sent(world.open(world.order(**fields)))
    assert world.core.sends[0]["payerReference"] == payer
