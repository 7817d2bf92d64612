"""Which record of the core's is taken in for a request, when it says that a link ended, and what it contradicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Money, States, StatusUpdate
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.take_record import Mismatch, check_match, disputed, evidence_of
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW, make_request

RECORD = replace(CORE_RECORD, link_reference="link-2")


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


OVER = NOW + timedelta(minutes=15)
OPEN = make_request(link_reference="link-2", live=True, states=States(link=Link.OPENED), pay_by=OVER)
CLOSED = replace(OPEN, live=False, states=States(link=Link.EXPIRED))


@pytest.mark.parametrize(
    ("present", "record", "now", "is_disputed"),
    [
        pytest.param(OPEN, RECORD, OVER + timedelta(minutes=5), False, id="over, and within the grace"),
        pytest.param(OPEN, RECORD, OVER + timedelta(minutes=5, seconds=1), True, id="over, and the grace as well"),
        pytest.param(CLOSED, RECORD, NOW, True, id="closed"),
        pytest.param(CLOSED, replace(RECORD, news=StatusUpdate(money=Money.IN_REVIEW)), NOW, False, id="being checked"),
        pytest.param(CLOSED, replace(RECORD, news=StatusUpdate(link=Link.EXPIRED)), NOW, False, id="closed there, too"),
    ],
)
def test_a_link_that_can_still_be_paid_there_and_not_here_is_for_a_person(
    present: PaymentRequest, record: CoreRecord, now: datetime, is_disputed: bool
) -> None:
    assert (disputed(present, record, now=now) is not None) is is_disputed


@pytest.mark.parametrize(
    ("link", "expires_at", "ended_at"),
    [
        pytest.param(Link.CANCELLED, None, NOW - timedelta(minutes=3), id="cancelled: when it was paid"),
        pytest.param(Link.EXPIRED, NOW - timedelta(minutes=1), NOW - timedelta(minutes=1), id="expired: its deadline"),
        pytest.param(Link.EXPIRED, None, NOW, id="expired, no deadline told: now, and so after what was paid on it"),
    ],
)
def test_a_link_that_was_paid_ended_at_its_time(link: Link, expires_at: datetime | None, ended_at: datetime) -> None:
    paid_at = NOW - timedelta(minutes=3)
    news = StatusUpdate(link=link, money=Money.PAID)
    record = replace(RECORD, news=news, captured=Decimal(115), decided_at=paid_at, expires_at=expires_at)
    money, end = evidence_of(record, now=NOW)
    assert (money.occurred_at, end.occurred_at) == (paid_at, ended_at)
