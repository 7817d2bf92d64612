"""A card network's warning needs a person where the money is this link's and still there, and hides no graver reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.journeys.paying.heed_fraud_warning import heed_fraud_warning
from payment_core.journeys.paying.look_at_payments import look
from payment_core.services import Core
from payment_core.store.links import links
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

# Who needs a person is decided in Python.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
SUSPECTED = Attention.FRAUD_SUSPECTED


@pytest.fixture
def paid(core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway) -> tuple[Link, Attempt]:
    """A paid link, and the attempt that paid it, of whose card the network has a suspicion."""
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    gateway.suspected.add(attempt.key)
    return now_of(core, link), attempt


@pytest.mark.parametrize(
    ("changes", "attention"),
    [
        ({}, SUSPECTED),
        ({"attention": Attention.PAID_TWICE_RETURNED}, SUSPECTED),
        ({"attention": Attention.DISPUTED}, Attention.DISPUTED),
        ({"attention_done": "disputed fraud_suspected"}, None),
        ({"reversed": 150}, None),
        # Of another attempt's money, which is being given back.
        ({"paid_by": "att_another"}, None),
        ({"paid_by": None}, None),
    ],
)
def test_a_warning_needs_a_person_where_the_money_can_still_be_given_back(
    core: Core, merchant: Merchant, paid: tuple[Link, Attempt], clock: MovableClock, changes: dict[str, Any],
    attention: str | None,
) -> None:  # fmt: skip
    link, attempt = paid
    with core.transactions.write() as work:
        links.save(work, replace(link, **changes))
    core.wake.deliveries.clear()
    clock.move(hours=1)
    assert heed_fraud_warning(core, merchant, attempt)
    assert now_of(core, link).attention == attention
    assert now_of(core, link).attention_at == (clock() if attention is SUSPECTED else None)
    assert core.wake.deliveries.is_set() is (attention is SUSPECTED), "who is alarmed waits for no sweep"


@pytest.mark.parametrize(
    ("answer", "is_heeded", "attention"),
    [
        (None, True, None),
        (Lost.BEFORE, False, None),
        (Lost.REFUSED, False, None),
        # A key that may not read warnings: the report was proven, and an alarm moves no money.
        (Lost.KEY, True, SUSPECTED),
    ],
)
def test_a_warning_counts_as_far_as_the_gateway_confirms_it(
    core: Core, merchant: Merchant, paid: tuple[Link, Attempt], gateway: FakeGateway, answer: Lost | None,
    is_heeded: bool, attention: str | None,
) -> None:  # fmt: skip
    link, attempt = paid
    gateway.suspected.clear()
    if answer is not None:
        gateway.loses("is_fraud_suspected", answer)
    assert heed_fraud_warning(core, merchant, attempt) is is_heeded
    assert now_of(core, link).attention == attention
