"""What a core does not take: a currency, an amount that is too small, too large, or no multiple of its step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.domain.payments.order import OrderProblem
from connector.domain.tenants.amount_limits import broken_limit
from connector.domain.tenants.obstacles import obstacles_of
from connector.domain.tenants.tenant import CoreConfiguration
from tests.factories import make_tenant
from tests.unit.examples import make_order

CORE = CoreConfiguration(
    channels=(),
    currencies=("ZAR",),
    merchant_name=None,
    minimum_amounts={"ZAR": "10"},
    maximum_amounts={"ZAR": "500"},
    amount_steps={"ZAR": "0.05", "JPY": "0"},
)


def rand(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "ZAR"}


@pytest.mark.parametrize(
    ("amount", "broken"),
    [
        pytest.param("10.00", None, id="the least"),
        pytest.param("9.95", ("amount_below_minimum", {"minimum": rand("10.00")}), id="less"),
        pytest.param("500.00", None, id="the most"),
        pytest.param("500.05", ("amount_above_maximum", {"maximum": rand("500.00")}), id="more"),
        pytest.param(
            "10.09", ("amount_not_in_steps", {"step": rand("0.05"), "nearest": rand("10.05")}), id="between two steps"
        ),
        pytest.param("10.05", None, id="a multiple of its step"),
    ],
)
def test_an_amount_keeps_the_limits_that_the_core_states(
    amount: str, broken: tuple[str, dict[str, object]] | None
) -> None:
    assert broken_limit(CORE, Decimal(amount), "ZAR") == broken


def test_of_less_than_one_step_the_nearest_is_one_step() -> None:
    found = broken_limit(replace(CORE, minimum_amounts={}), Decimal("0.03"), "ZAR")
    assert found == ("amount_not_in_steps", {"step": rand("0.05"), "nearest": rand("0.05")})


@pytest.mark.parametrize(("amount", "currency"), [("0.01", "EUR"), ("999999", "EUR"), ("7", "JPY")])
def test_a_core_that_states_no_limit_has_none(amount: str, currency: str) -> None:
    assert broken_limit(CORE, Decimal(amount), currency) is None


UNREADABLE = OrderProblem("Currency__c", "currency_unreadable", {})
ZERO = OrderProblem("Total__c", "amount_zero", {})


@pytest.mark.parametrize(
    ("currency", "problems", "found"),
    [
        ("ZAR", (), []),
        ("ZAR", (ZERO,), ["amount_zero"]),
        ("EUR", (), ["currency_not_offered"]),
        ("EUR", (ZERO,), ["amount_zero", "currency_not_offered"]),
        pytest.param("EUR", (UNREADABLE,), ["currency_unreadable"], id="shown in the tenant's own for want of another"),
        pytest.param("EUR", (ZERO, UNREADABLE), ["amount_zero", "currency_unreadable"], id="the same, and nothing due"),
    ],
)
def test_a_currency_that_the_core_does_not_take_stands_in_the_way(
    currency: str, problems: tuple[OrderProblem, ...], found: list[str]
) -> None:
    order = make_order(currency=currency, problems=problems)
    assert [one.sentence for one in obstacles_of(order, make_tenant())] == found


@pytest.mark.parametrize(
    ("of_profiles", "of_orders", "named"),
    [
        ([None, "Shop_Currency__c"], "CurrencyIsoCode", "Shop_Currency__c"),
        ([None, None], "CurrencyIsoCode", "CurrencyIsoCode"),
        ([None], None, "currency"),
    ],
)
def test_a_currency_that_the_core_does_not_take_is_said_with_the_field_that_it_was_read_from(
    of_profiles: list[str | None], of_orders: str | None, named: str
) -> None:
    tenant = make_tenant()
    profiles = tuple(replace(tenant.mapping.profiles[0], currency=one) for one in of_profiles)
    mapping = replace(tenant.mapping, profiles=profiles, currency=of_orders)
    (found,) = obstacles_of(make_order(currency="EUR"), replace(tenant, mapping=mapping))
    assert (found.field, found.values) == (named, {"currency": "EUR"})
