"""A hold that nobody captured ends, and its link says so although no report of it arrived."""

from __future__ import annotations

from payment_core.domain.enums import PaymentStatus
from payment_core.domain.merchant import Merchant
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from tests.payment_core.conftest import events_of
from tests.payment_core.fakes import MovableClock
from tests.payment_core.stripe.conftest import Shop


def test_a_hold_that_ends_without_a_report_is_found(
    core: Core, holding: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(holding)
    shop.pay(shop.open(holding, link))
    for days in (0, 1, 5):
        clock.move(days=days, minutes=2)
        look_at_payments(core, owner="test")
        assert shop.now(link).payment_status is PaymentStatus.AUTHORIZED
    clock.move(days=1, minutes=15)
    look_at_payments(core, owner="test")
    assert shop.now(link).payment_status is PaymentStatus.REVERSED
    assert not shop.now(link).has_money
    assert events_of(core, link)[-1] == ("PAYMENT_REVERSED", None)
    clock.move(days=400)
    while look_at_payments(core, owner="test"):
        pass
    assert shop.stand_in.api.calls.count("GET /v1/payment_intents/{id}") < 10, "an ended hold is not looked at for ever"
