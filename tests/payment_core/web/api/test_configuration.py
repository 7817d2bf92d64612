"""What the core tells applications of a merchant's configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.gateways.stripe.amounts import check_total, least_of, step_of
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from payment_core.web.api import routes
from tests.payment_core.fakes import FakeGateway


def test_limits_are_the_merchants_or_the_gateways_whichever_is_greater(
    client: FlaskClient, api_key: str, core: Core, merchant: Merchant, gateway: FakeGateway
) -> None:
    gateway.steps = {"KWD": Decimal("0.010"), "USD": Decimal("0.01")}
    gateway.least = {"ZAR": Decimal("9.00"), "USD": Decimal("0.50")}
    changed = replace(
        merchant, currencies=("ZAR", "USD", "KWD"), minimum={"ZAR": Decimal("5.00"), "USD": Decimal("2.00")},
        maximum={"USD": Decimal("900.00")},
    )  # fmt: skip
    with core.transactions.write() as work:
        merchants.save(work, changed, now=core.now())
    told = client.get("/api/v2/configuration", headers={"Authorization": api_key}).get_json()
    assert told["minimumAmounts"] == {"ZAR": "9.00", "USD": "2.00"}
    # Each cent is a cent: that needs no saying.
    assert told["amountSteps"] == {"KWD": "0.010"}
    assert told["maximumAmounts"] == {"USD": "900.00"}


def test_what_stripe_says_that_a_payment_must_be_is_what_it_takes() -> None:
    least = least_of("USD")
    assert least == Decimal("0.50")
    assert least_of("ZAR") is None
    check_total(least, "USD")
    with pytest.raises(ValueError, match="at least"):
        check_total(least - Decimal("0.01"), "USD")


@pytest.mark.parametrize(
    ("currency", "amounts"), [("KWD", ("0.010", "12.340")), ("ISK", ("1", "250")), ("UGX", ("1", "70.00"))]
)
def test_what_stripe_takes_multiples_of_is_what_it_charges(currency: str, amounts: tuple[str, ...]) -> None:
    step = step_of(currency)
    assert step is not None
    for amount in map(Decimal, amounts):
        check_total(amount, currency)
        with pytest.raises(ValueError, match=f"multiple of {step}"):
            check_total(amount + step / 2, currency)
    assert (step_of("ZAR"), step_of("JPY")) == (None, None)


def test_what_needs_a_person_is_listed_for_an_application(
    client: FlaskClient, api_key: str, core: Core, make_link: Callable[..., Link]
) -> None:
    needing, returned, _ = (make_link(caller_reference=one) for one in "abc")
    with core.transactions.write() as work:
        for link, word in ((needing, "disputed"), (returned, "paid_twice_returned")):
            links.save(work, replace(link, attention=word, attention_at=core.now()))
    told = client.get("/api/v2/payments-needing-person", headers={"Authorization": api_key}).get_json()
    assert told == {"payments": [{"paymentLinkRef": needing.reference, "attention": "disputed"}], "morePayments": 0}
    assert client.get("/api/v2/payments-needing-person").status_code == 401


@pytest.mark.parametrize(("most", "more"), [(1, 2), (2, 1), (3, 0), (4, 0)])
def test_a_list_that_is_cut_says_how_many_more_need_a_person(
    client: FlaskClient, api_key: str, core: Core, make_link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch,
    most: int, more: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(routes, "_MOST_LISTED", most)
    made = {
        word: make_link(caller_reference=word)
        for word in ("disputed", "refund_failed", "paid_late", "paid_twice_returned")
    }
    with core.transactions.write() as work:
        for word, link in made.items():
            links.save(work, replace(link, attention=word, attention_at=core.now()))
    told = client.get("/api/v2/payments-needing-person", headers={"Authorization": api_key}).get_json()
    assert (len(told["payments"]), told["morePayments"]) == (min(most, 3), more)
