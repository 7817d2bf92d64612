"""Which record of the core's is taken in for a request, when it says that a link ended, and what it contradicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.notification import CoreRecord, Notification
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money, States, StatusUpdate
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.take_record import (
    Mismatch,
    check_match,
    disputed,
    evidence_of,
    near_ours,
    own_evidence,
    take_record,
)
from connector.store.inbox.inbox import InboxEntry
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
    ("bound_to", "instead_of", "then"),
    [(None, None, "link-2"), ("link-2", None, "link-2"), ("link-1", "link-1", "link-2")],
    ids=["not bound", "bound to this link", "bound to a link that was another's"],
)
def test_a_record_that_fits_binds_the_request_to_its_link(
    bound_to: str | None, instead_of: str | None, then: str
) -> None:
    request = make_request(link_reference=bound_to, states=States(link=Link.UNKNOWN), live=True)
    taken = take_record(request, Found(RECORD, instead_of), tenant=make_tenant(), now=NOW)
    assert (taken.link_reference, taken.states.link) == (then, Link.SENT)


def test_a_record_of_another_payment_is_not_taken() -> None:
    with pytest.raises(Mismatch):
        take_record(make_request(), Found(replace(RECORD, total=Decimal(116))), tenant=make_tenant(), now=NOW)


@pytest.mark.parametrize(
    ("money", "amounts", "field"),
    [
        pytest.param(Money.PAID, {}, "captured", id="paid, nothing captured"),
        pytest.param(Money.PAID, {"captured": Decimal("0.50")}, None, id="paid"),
        pytest.param(Money.AUTHORIZED, {}, "authorized", id="held, nothing authorized"),
        pytest.param(Money.AUTHORIZED, {"authorized": Decimal("0.50")}, None, id="held"),
        pytest.param(Money.REVERSED, {"captured": 115}, "reversed", id="given back, and all that was captured is kept"),
        pytest.param(Money.REVERSED, {"captured": 115, "reversed": 15}, None, id="given back in part"),
        pytest.param(Money.REVERSED, {"captured": 115, "reversed": Decimal("0.50")}, None, id="given back, a little"),
        pytest.param(Money.REVERSED, {"authorized": 115}, None, id="given back before anything was captured"),
        pytest.param(Money.DECLINED, {"captured": Decimal("0.50")}, "captured", id="declined, and captured"),
        pytest.param(Money.REFUSED, {"captured": Decimal("0.50")}, "captured", id="refused, and captured"),
        pytest.param(Money.REFUSED, {"captured": 115, "reversed": 115}, None, id="refused, and given back"),
    ],
)
def test_a_record_whose_amounts_contradict_its_status_is_not_taken(
    money: Money, amounts: dict[str, int | Decimal], field: str | None
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


PAID = replace(CLOSED, states=States(link=Link.OPENED, money=Money.PAID), captured=Decimal(115))
PAID_RECORD = replace(RECORD, news=StatusUpdate(money=Money.PAID), captured=Decimal(115))


@pytest.mark.parametrize(
    ("present", "record", "why"),
    [
        pytest.param(PAID, PAID_RECORD, None, id="paid, both"),
        pytest.param(
            PAID, replace(PAID_RECORD, captured=Decimal("114.50")),
            "we have 115.00 ZAR as taken, the payment core's record 114.50", id="less was taken there",
        ),
        pytest.param(PAID, replace(PAID_RECORD, captured=Decimal(116)), None, id="more was taken there"),
        pytest.param(
            replace(PAID, reversed=Decimal(40)), replace(PAID_RECORD, reversed=Decimal("39.50")),
            "we have 40.00 ZAR as given back, the payment core's record 39.50", id="less was given back there",
        ),
        pytest.param(PAID, replace(PAID_RECORD, reversed=Decimal(40)), None, id="more was given back there"),
        pytest.param(
            PAID, replace(RECORD, news=StatusUpdate(money=Money.AUTHORIZED)),
            "we have it as paid, the payment core's record as authorized", id="only held there",
        ),
        pytest.param(PAID, RECORD, "we have it as paid, the payment core's record as none", id="no money there"),
        pytest.param(
            replace(PAID, states=States(link=Link.OPENED, money=Money.AUTHORIZED)),
            replace(RECORD, news=StatusUpdate(money=Money.REVERSED)), None, id="given back there, whatever was taken",
        ),
        pytest.param(
            replace(PAID, states=States(link=Link.OPENED, money=Money.AUTHORIZED), reversed=Decimal(40)),
            replace(RECORD, news=StatusUpdate(money=Money.AUTHORIZED)), None, id="held, of which we have a part as released",
        ),
    ],
)  # fmt: skip
def test_money_that_the_record_does_not_have_is_for_a_person(
    present: PaymentRequest, record: CoreRecord, why: str | None
) -> None:
    assert disputed(present, record, now=NOW) == why


def notification(news: StatusUpdate, *, at: datetime | None = NOW, total: Decimal | None = None) -> Notification:
    return Notification("00000102", "link-2", "c2p_1", "A_WORD", news, total, None, None, at)


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        pytest.param(None, NOW, id="no time: that of its arrival"),
        pytest.param(NOW - timedelta(minutes=5), NOW - timedelta(minutes=5), id="five minutes before its arrival"),
        pytest.param(NOW - timedelta(minutes=5, seconds=1), NOW, id="longer before it"),
        pytest.param(NOW + timedelta(minutes=5), NOW + timedelta(minutes=5), id="five minutes after its arrival"),
        pytest.param(NOW + timedelta(minutes=5, seconds=1), NOW, id="longer after it"),
    ],
)
def test_a_callback_s_own_time_is_believed_near_its_arrival(said: datetime | None, believed: datetime) -> None:
    assert near_ours(ENTRY, notification(StatusUpdate(), at=said)) == believed


ENTRY = InboxEntry(b"d", "acme", "transaction-status", b"{}", NOW, 1, 1, None, "w1.1", True)


@pytest.mark.parametrize(
    ("money", "amounts"),
    [
        (Money.AUTHORIZED, (40, 0, 0)),
        (Money.PAID, (0, 40, 0)),
        (Money.REVERSED, (0, 0, 40)),
        (Money.DECLINED, (0, 0, 0)),
        (Money.IN_REVIEW, (0, 0, 0)),
    ],
)
def test_a_callback_proves_its_amount_of_its_own_kind_of_money(money: Money, amounts: tuple[int, int, int]) -> None:
    news = StatusUpdate(money=money)
    proof = own_evidence(ENTRY, notification(news, total=Decimal(40)), OPEN)
    assert (proof.authorized, proof.captured, proof.reversed) == tuple(map(Decimal, amounts))
    proof = own_evidence(ENTRY, notification(news), OPEN)
    assert [str(one) for one in (proof.authorized, proof.captured, proof.reversed)] == ["0"] * 3
    assert (proof.link_reference, proof.message_at) == (None, None)


def test_a_callback_of_the_message_alone_has_its_time() -> None:
    said = NOW - timedelta(minutes=1)
    assert own_evidence(ENTRY, notification(StatusUpdate(message=Message.SENT), at=said), OPEN).message_at == said


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"clicked_at": NOW - timedelta(minutes=2), "created_at": NOW - timedelta(minutes=4)}, 2),
        ({"created_at": NOW - timedelta(minutes=4)}, 4),
        ({}, 0),
        ({"news": StatusUpdate(money=Money.PAID), "decided_at": NOW - timedelta(minutes=1)}, 1),
        ({"news": StatusUpdate(money=Money.PAID), "clicked_at": NOW - timedelta(minutes=2)}, 0),
    ],
)
def test_a_record_is_of_the_time_of_its_money_or_of_its_click(changes: dict[str, Any], at: int) -> None:
    (proof,) = evidence_of(replace(RECORD, **changes), now=NOW)
    assert proof.occurred_at == NOW - timedelta(minutes=at)


@pytest.mark.parametrize(("money", "captured"), [(Money.IN_REVIEW, 0), (Money.PAID, 115), (Money.REVERSED, 115)])
def test_what_is_being_checked_is_not_the_merchants_yet(money: Money, captured: int) -> None:
    (proof,) = evidence_of(replace(RECORD, news=StatusUpdate(money=money), captured=Decimal(115)), now=NOW)
    assert proof.captured == captured


@pytest.mark.parametrize(
    ("message", "news", "at"),
    [
        (Message.DELIVERED, StatusUpdate(message=Message.DELIVERED), NOW),
        (Message.DELIVERED, StatusUpdate(message=Message.READ), None),
        (None, StatusUpdate(), None),
        (None, StatusUpdate(message=Message.SENT), None),
    ],
)
def test_only_what_a_record_says_of_its_message_has_a_time(
    message: Message | None, news: StatusUpdate, at: datetime | None
) -> None:
    (proof,) = evidence_of(replace(RECORD, message=message, news=news), now=NOW)
    assert proof.message_at == at


@pytest.mark.parametrize(
    ("news", "expires_at", "at"),
    [
        pytest.param(StatusUpdate(link=Link.EXPIRED), NOW, NOW - timedelta(minutes=2), id="its deadline is now"),
        pytest.param(
            StatusUpdate(link=Link.EXPIRED), NOW - timedelta(minutes=3), NOW - timedelta(minutes=3), id="past"
        ),
        pytest.param(
            StatusUpdate(link=Link.EXPIRED), NOW + timedelta(minutes=1), NOW - timedelta(minutes=2), id="to come"
        ),
        pytest.param(
            StatusUpdate(link=Link.CANCELLED), NOW - timedelta(minutes=3), NOW - timedelta(minutes=2), id="cancelled"
        ),
    ],
)
def test_an_end_that_a_callback_told_is_of_its_time_and_of_the_deadline_before_it(
    news: StatusUpdate, expires_at: datetime, at: datetime
) -> None:
    record = replace(RECORD, news=news, expires_at=expires_at)
    _, end = evidence_of(record, now=NOW, ended_at=NOW - timedelta(minutes=2))
    assert end.occurred_at == at


def test_a_cancelled_link_on_which_a_card_was_declined_ended_now() -> None:
    news = StatusUpdate(link=Link.CANCELLED, money=Money.DECLINED)
    _, end = evidence_of(replace(RECORD, news=news, decided_at=NOW - timedelta(minutes=3)), now=NOW)
    assert end.occurred_at == NOW


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
