"""Time-outs of the stand-in for Stripe fall by the call: a storm that goes on for long makes none more likely."""

from __future__ import annotations

from sandbox.stripe.faults import Fault, Faults

CHARGE, REFUND = "POST /v1/payment_intents", "POST /v1/refunds"


def test_only_calls_of_the_named_operations_time_out_and_only_as_often_as_said() -> None:
    faults = Faults()
    faults.at_random(0.0, seed=7)
    faults.time_out_at_random(0.03, [CHARGE])
    met = [faults.next(CHARGE) for _ in range(2000)]
    assert 30 <= met.count(Fault.TIMED_OUT) <= 100
    assert met.count(None) == 2000 - met.count(Fault.TIMED_OUT)
    assert {faults.next(REFUND) for _ in range(2000)} == {None}


def test_nothing_times_out_once_it_is_calm() -> None:
    faults = Faults()
    faults.time_out_at_random(1.0, [CHARGE])
    assert faults.next(CHARGE) is Fault.TIMED_OUT
    faults.clear()
    assert faults.next(CHARGE) is None
