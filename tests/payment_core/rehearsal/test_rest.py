"""When the rehearsal's core is at rest: what waits for its time is no reason to wait on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from sandbox.payment_rehearsal.database import CoreDatabase
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import press


def test_a_link_whose_time_is_over_waits_for_its_attempt_without_being_due(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway, clock: MovableClock
) -> None:
    """What became of a payment whose answer was lost is known later, and till then the link cannot end."""
    press(core, merchant, make_link())
    clock.move(minutes=30)
    with closing(CoreDatabase(core.settings.database_url, clock)) as database:
        assert {"attempts", "links"} <= database.due().keys()
        gateway.loses("look", Lost.BEFORE)
        look_at_payments(core, owner="a")
        assert not {"attempts", "links"} & database.due().keys()
        clock.move(minutes=1)
        assert {"attempts", "links"} <= database.due().keys()
