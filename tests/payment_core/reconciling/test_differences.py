"""What differs between a link and the gateway stays named until a person has looked, or the money is back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.services import Core
from payment_core.store.links import attempts, links, money_moves
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from tests.payment_core.conftest import NOW
from tests.payment_core.fakes import FakeGateway
from tests.payment_core.links import attempts_of, now_of
from tests.payment_core.reconciling.test_reconcile import run

S, TOTAL, NOTHING = PaymentState, Decimal("150.00"), Decimal("0.00")


@pytest.mark.parametrize(
    ("attention", "said"),
    [
        ("disputed", "a person must look: disputed"),
        ("dispute_lost_then_won", "a person must look: dispute lost then won"),
        # Nothing is left to do about money that is back.
        ("paid_twice_returned", None),
    ],
)
def test_what_needs_a_person_stays_unexplained_until_it_is_over(
    core: Core, merchant: Merchant, paid: Link, attention: str, said: str | None
) -> None:
    run(core, merchant)
    with core.transactions.write() as work:
        links.save(work, replace(now_of(core, paid), attention=attention))
    assert run(core, merchant).unexplained.get(paid.reference) == said


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({"reversed": Decimal("40.00")}, {}, "given back: 40.00 here, 0 at the gateway"),
        (
            {"captured": Decimal("150.00")},
            {"captured": Decimal("90.00")},
            "captured: 150.00 here, 90.00 at the gateway",
        ),
        ({"authorized": Decimal("151.00")}, {}, None),
    ],
)
def test_each_amount_that_differs_is_named(
    core: Core, merchant: Merchant, paid: Link, gateway: FakeGateway,
    ours: dict[str, Decimal], theirs: dict[str, Decimal], said: str | None,
) -> None:  # fmt: skip
    run(core, merchant)
    with core.transactions.write() as work:
        links.save(work, replace(now_of(core, paid), **ours))  # type: ignore[arg-type]
    gateway.change(gateway.key_of(paid.reference), **theirs)
    assert run(core, merchant).unexplained.get(paid.reference) == said


@pytest.mark.parametrize(
    ("shown", "is_moved", "is_named"),
    [
        ({"state": S.TAKEN, "captured": TOTAL, "authorized": TOTAL}, False, True),
        ({"state": S.HELD, "captured": NOTHING, "authorized": TOTAL}, False, True),
        # Its return waits for the end of another move, and is asked for after that.
        ({"state": S.HELD, "captured": NOTHING, "authorized": TOTAL}, True, False),
        ({"state": S.REVERSED, "captured": TOTAL, "authorized": TOTAL, "reversed": TOTAL}, False, False),
        ({"state": S.DEAD, "captured": NOTHING, "authorized": NOTHING}, False, False),
    ],
)
def test_money_that_belongs_to_no_link_is_named_until_it_was_given_back(
    core: Core,
    merchant: Merchant,
    paid: Link,
    gateway: FakeGateway,
    shown: dict[str, Any],
    is_moved: bool,
    is_named: bool,
) -> None:
    """Also where a person has dealt with it: the gateway's account goes on showing it."""
    run(core, merchant)
    key = gateway.key_of(paid.reference)
    gateway.plans["other"], gateway.payments["other"] = gateway.plans[key], replace(gateway.payments[key], **shown)
    with core.transactions.write() as work:
        (mine,) = attempts_of(work, paid.reference)
        other = replace(mine, attempt_id="att_other", key="other")
        attempts.add(work, other)
        attempts.change(work, other, payment_id="pay_other")
        links.save(work, replace(now_of(core, paid), attention_done="paid_twice"))
        if is_moved:
            move = MoneyMove(
                "mov", paid.reference, mine.attempt_id, MoveKind.GIVE_BACK, "k", None, MoveState.PREPARED, NOW
            )
            money_moves.add(work, move, look_at=NOW)
    said = {paid.reference: "a payment at the gateway belongs to no state of its link, and was not given back"}
    assert run(core, merchant).unexplained == (said if is_named else {})
