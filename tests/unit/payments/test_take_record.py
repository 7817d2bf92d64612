"""Which record of the core's is taken in for a request: one that names it, or that of its own link."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.status import Link, Money, StatusUpdate
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.take_record import Mismatch, check_match
from tests.factories import make_tenant
from tests.unit.examples import make_request

RECORD = CoreRecord(
    link_reference="link-2",
    order_number=None,
    reference="c2p_1",
    core_status="PAYMENT_LINK_SENT",
    news=StatusUpdate(link=Link.SENT),
    total=Decimal("115.00"),
    authorized=Decimal(0),
    captured=Decimal(0),
    reversed=Decimal(0),
    currency="ZAR",
    environment="SANDBOX",
)


@pytest.mark.parametrize(
    ("bound_to", "instead_of", "named", "field"),
    [
        pytest.param(None, None, "c2p_1", None, id="not bound, named"),
        pytest.param(None, None, None, "reference", id="not bound, not named"),
        pytest.param("link-2", None, None, None, id="bound to this link, not named"),
        pytest.param("link-2", None, "c2p_2", "reference", id="bound to this link, another named"),
        pytest.param("link-1", None, "c2p_1", "link_reference", id="bound to another link"),
        pytest.param("link-1", "link-1", "c2p_1", None, id="bound to a link that was another's, named"),
        pytest.param("link-1", "link-1", None, "reference", id="bound to a link that was another's, not named"),
        pytest.param("link-3", "link-1", "c2p_1", "link_reference", id="bound anew meanwhile"),
    ],
)
def test_a_record_fits_what_it_names(
    bound_to: str | None, instead_of: str | None, named: str | None, field: str | None
) -> None:
    request, found = make_request(link_reference=bound_to), Found(replace(RECORD, reference=named), instead_of)
    if field is None:
        check_match(found, request, make_tenant())
        return
    with pytest.raises(Mismatch) as refused:
        check_match(found, request, make_tenant())
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("money", "amounts", "field"),
    [
        pytest.param(Money.PAID, {}, "captured", id="paid, nothing captured"),
        pytest.param(Money.PAID, {"captured": 115}, None, id="paid"),
        pytest.param(Money.AUTHORIZED, {}, "authorized", id="held, nothing authorized"),
        pytest.param(Money.AUTHORIZED, {"authorized": 115}, None, id="held"),
        pytest.param(Money.REVERSED, {"captured": 115}, "reversed", id="given back, and all that was captured is kept"),
        pytest.param(Money.REVERSED, {"captured": 115, "reversed": 15}, None, id="given back in part"),
        pytest.param(Money.REVERSED, {"authorized": 115}, None, id="given back before anything was captured"),
    ],
)
def test_a_record_whose_amounts_contradict_its_status_is_not_taken(
    money: Money, amounts: dict[str, int], field: str | None
) -> None:
    exact: dict[str, Any] = {name: Decimal(amount) for name, amount in amounts.items()}
    record = replace(RECORD, news=StatusUpdate(money=money), **exact)
    if field is None:
        check_match(Found(record), make_request(link_reference="link-2"), make_tenant())
        return
    with pytest.raises(Mismatch) as refused:
        check_match(Found(record), make_request(link_reference="link-2"), make_tenant())
    assert refused.value.field == field
