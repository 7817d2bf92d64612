"""How much a link asks for: what is due and not held, in the order's own currency, within what the core takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.order import Order, OrderProblem
from connector.domain.payments.payment import Channel
from connector.domain.payments.status import Link, Money, States
from connector.errors import Conflict, Invalid
from connector.journeys.requesting.choose_amount import choose_amount
from connector.store.orders import orders
from connector.store.requests import request_rows
from tests.factories import make_tenant
from tests.journeys.world import World
from tests.unit.examples import make_order, make_request

TENANT = make_tenant(parts_allowed=True)
PART = Decimal("40.00")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to send for an order of R115."""

    channel: Channel = Channel.SMS
    amount: Decimal | None = None
    expected_total: Decimal | None = None
    currency: str | None = None


def money(kind: Money, **amounts: Decimal) -> dict[str, Any]:
    return {"states": States(link=Link.OPENED, money=kind), "link_reference": "link-1", **amounts}


@pytest.mark.parametrize(
    ("wanted", "order", "request_", "asked"),
    [
        ({}, {}, {}, "115.00"),
        ({"amount": PART}, {}, {}, "40.00"),
        ({"amount": Decimal("115.00")}, {}, {}, "115.00"),
        ({"amount": Decimal("115.01")}, {}, {}, "amount"),
        ({"amount": Decimal("0.01")}, {}, {}, "0.01"),
        ({"amount": Decimal("0.00")}, {}, {}, "amount"),
        ({"amount": Decimal("-1.00")}, {}, {}, "amount"),
        ({"expected_total": Decimal("115.0"), "currency": "ZAR"}, {}, {}, "115.00"),
        ({"expected_total": Decimal("114.99")}, {}, {}, "changed"),
        ({"currency": "EUR"}, {}, {}, "changed"),
        ({}, {"problems": (OrderProblem("Status", "order_status", {}),)}, {}, "Status"),
        ({}, {}, money(Money.PAID, captured=PART), "75.00"),
        ({"amount": Decimal("75.01")}, {}, money(Money.PAID, captured=PART), "amount"),
        ({}, {}, money(Money.AUTHORIZED, authorized=PART), "75.00"),
        ({}, {}, money(Money.PAID, captured=Decimal("114.50")), "0.50"),
        ({}, {}, money(Money.PAID, captured=Decimal("115.00")), "already_paid"),
        ({}, {}, money(Money.PAID, captured=Decimal("200.00")), "already_paid"),
        ({}, {}, {**money(Money.PAID, captured=Decimal("0.50")), "currency": "JPY"}, "currency"),
        ({}, {}, {**money(Money.REVERSED, captured=PART, reversed=PART), "currency": "JPY"}, "115.00"),
    ],
)  # fmt: skip
def test_what_is_due_is_asked_for_and_no_more(
    world: World, wanted: dict[str, Any], order: dict[str, Any], request_: dict[str, Any], asked: str
) -> None:
    due = make_order(phone=None, **order)
    with world.services.store.write() as work:
        orders.save(work, due)
        if request_:
            request = make_request(**request_)
            request_rows.add(work, request, phone_digest=b"digest", key=None, body_digest=None)
            request_rows.save(work, request)
    assert outcome(world, due, Wanted(**wanted)) == asked


def outcome(world: World, order: Order, wanted: Wanted, **changes: Any) -> str:
    """Return the amount that is asked for, the field that is wrong, or that the order has changed or is paid."""
    tenant = replace(TENANT, **changes)
    try:
        return str(choose_amount(order, tenant, wanted, world.services.store))
    except Conflict:
        return "changed"
    except Invalid as error:
        (field,) = error.fields
        return "already_paid" if error.sentence == "already_paid" else field


def test_a_part_is_asked_for_only_where_parts_are_allowed(world: World) -> None:
    order = make_order(phone=None)
    assert outcome(world, order, Wanted(amount=PART), parts_allowed=False) == "amount"
    assert outcome(world, order, Wanted(amount=Decimal(115)), parts_allowed=False) == "115"
    assert outcome(world, order, Wanted(), parts_allowed=False) == "115.00"


@pytest.mark.parametrize(
    ("least", "most", "asked"),
    [
        ("115.00", "115.00", "115.00"),
        ("115.01", None, "amount"),
        (None, "114.99", "amount"),
        (None, None, "115.00"),
    ],
)
def test_the_limits_of_the_core_are_kept_to_the_cent(
    world: World, least: str | None, most: str | None, asked: str
) -> None:
    limits: dict[str, Any] = {
        "minimum_amounts": {"ZAR": least} if least else {"EUR": "500"},
        "maximum_amounts": {"ZAR": most} if most else {"EUR": "1"},
    }
    configuration = replace(TENANT.configuration, **limits)
    assert outcome(world, make_order(phone=None), Wanted(), configuration=configuration) == asked


@pytest.mark.parametrize(
    ("limits", "parts_allowed", "amount", "sentence"),
    [
        ({"minimum_amounts": "115.01"}, False, None, "amount_below_minimum"),
        ({"maximum_amounts": "100"}, False, None, "amount_above_maximum"),
        ({"amount_steps": "10"}, False, None, "due_not_in_steps"),
        ({"amount_steps": "10"}, True, None, "amount_not_in_steps"),
        ({"amount_steps": "115"}, True, PART, "amount_not_in_steps"),
        ({"amount_steps": "116"}, True, PART, "due_not_in_steps"),
    ],
)
def test_a_limit_is_explained_by_what_the_agent_can_change(
    world: World, limits: dict[str, str], parts_allowed: bool, amount: Decimal | None, sentence: str
) -> None:
    of_currency: dict[str, Any] = {name: {"ZAR": limit} for name, limit in limits.items()}
    tenant = replace(TENANT, configuration=replace(TENANT.configuration, **of_currency), parts_allowed=parts_allowed)
    with pytest.raises(Invalid) as refused:
        choose_amount(make_order(phone=None), tenant, Wanted(amount=amount), world.services.store)
    assert refused.value.sentence == sentence


def test_a_channel_that_the_core_does_not_offer_is_not_used(world: World) -> None:
    configuration = replace(TENANT.configuration, channels=(Channel.SMS,))
    order = make_order(phone=None)
    assert outcome(world, order, Wanted(channel=Channel.WHATSAPP), configuration=configuration) == "channel"
    assert outcome(world, order, Wanted(), configuration=configuration) == "115.00"
