"""What a reading of an order changes: whatever a page shows of it, and nothing that the reading did not cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.order import Order, OrderProblem, OrderRemark
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.choose_phone_field import NoteReason, PhoneNote
from foundation.phones.phone import Phone
from tests.journeys.world import World
from tests.unit.examples import NOW, make_order

# What is decided here is decided of values, and is no database's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LATER, MUCH_LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)
ORDER = make_order().order_id
NO_TOTAL, NO_TAX = OrderProblem("TotalAmount", "amount_missing", {}), OrderRemark("Tax__c", "negative_tax", {})
OTHER_LINE = PhoneNote("Home_Phone__c", NoteReason.OTHER_LINE, (Phone("27112345678"),))
FULL = make_order(
    account_id="001xx000003DGb2AAG", original_id="801xx0000000009AAA", country="ZA", notes=(NO_TAX,),
    phone_notes=(OTHER_LINE,), consents={"sms": "yes", "whatsapp": "yes"},
)  # fmt: skip


@pytest.fixture
def work(world: World) -> Iterator[UnitOfWork]:
    """An order of which everything is known."""
    with world.services.store.write() as work:
        orders.save(work, FULL)
        yield work


def stored(work: UnitOfWork) -> StoredOrder:
    found = orders.find_many(work, "acme", [ORDER])
    return found[ORDER]


def test_what_was_read_is_found_again(work: UnitOfWork) -> None:
    assert stored(work) == StoredOrder(FULL, version=0, revision=1)


@pytest.mark.parametrize(
    ("change", "is_shown"),
    [
        ({"number": "00000999"}, True),
        ({"currency": "USD"}, True),
        ({"total": Decimal("230.00")}, True),
        ({"total": Decimal("115.000")}, True),
        ({"tax": None}, True),
        ({"sub_total": None}, True),
        ({"phone": None}, True),
        ({"phone_notes": ()}, True),
        ({"country": "NA"}, True),
        ({"problems": (OrderProblem("Status", "not_payable", {}),)}, True),
        ({"notes": ()}, True),
        ({"consents": {"sms": "no"}}, True),
        ({"account_id": None}, False),
        ({"original_id": None}, False),
    ],
    ids=lambda one: f"{next(iter(one))} {next(iter(one.values()))!s}"[:24] if isinstance(one, dict) else str(one),
)
def test_a_difference_is_news_and_a_page_reads_again_what_it_shows(
    work: UnitOfWork, change: dict[str, Any], *, is_shown: bool
) -> None:
    known = stored(work)
    same, other = replace(FULL, read_at=LATER), replace(FULL, read_at=LATER, **change)
    assert (orders.is_news(same, known), orders.is_news(other, known)) == (False, True)
    orders.save(work, same, known=known)
    assert (stored(work).revision, stored(work).phone_since) == (1, None)
    orders.save(work, replace(other, read_at=MUCH_LATER), known=stored(work))
    now = stored(work)
    assert now.revision == (2 if is_shown else 1)
    assert now.phone_since == (MUCH_LATER if "phone" in change else None)
    kept: dict[str, Any] = {"consents": {"sms": "no", "whatsapp": "yes"}} if "consents" in change else {}
    assert now.order == replace(other, read_at=MUCH_LATER, **kept)


NONE_OF_IT: dict[str, Any] = {
    "total": Decimal(0), "tax": None, "sub_total": None, "currency": "XXX", "problems": (NO_TOTAL,),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "kept"),
    [
        pytest.param({"numbers_read": False, "phone": None, "phone_notes": (), "country": None},
                     ("phone", "phone_notes", "country"), id="without numbers"),
        pytest.param(NONE_OF_IT, ("total", "tax", "sub_total", "currency"), id="without a total that can be read"),
        pytest.param({"consents": {}}, ("consents",), id="without the customer's choice"),
    ],
)  # fmt: skip
def test_what_a_reading_did_not_cover_stays_as_it_was(
    work: UnitOfWork, reading: dict[str, Any], kept: tuple[str, ...]
) -> None:
    order = replace(FULL, read_at=LATER, **reading)
    orders.save(work, order, known=stored(work))
    of_before: dict[str, Any] = {name: getattr(FULL, name) for name in kept}
    found: Order = replace(stored(work).order, numbers_read=order.numbers_read)
    assert found == replace(order, **of_before)


def test_an_order_without_a_total_is_unread_until_one_is_read(work: UnitOfWork) -> None:
    unclear = replace(FULL, read_at=LATER, **NONE_OF_IT)
    assert orders.is_news(unclear, stored(work))
    orders.save(work, unclear, known=stored(work))
    known = stored(work)
    assert (known.unread_because, known.unread_at, known.revision) == (orders.TOTAL_UNREADABLE, LATER, 2)
    assert not orders.is_news(replace(unclear, read_at=MUCH_LATER), known)
    orders.save(work, replace(FULL, read_at=MUCH_LATER), known=known)
    known = stored(work)
    assert (known.unread_because, known.unread_at, known.revision) == (None, None, 3)


@pytest.mark.parametrize(
    ("after", "marked"),
    [(timedelta(0), False), (timedelta(milliseconds=1), True)],
    ids=["answered as it was read", "answered since"],
)
def test_an_answer_without_the_order_counts_against_an_older_reading_only(
    work: UnitOfWork, after: timedelta, *, marked: bool
) -> None:
    for expected in ([ORDER] if marked else [], []):
        assert orders.mark_unread(work, "acme", [ORDER], because="NOT_IN_ORG", at=NOW + after) == expected
    known = stored(work)
    assert (known.unread_because, known.revision) == (("NOT_IN_ORG", 2) if marked else (None, 1))
    assert (known.answered_at, known.takes_money) == (NOW + after, not marked)
    again = replace(FULL, read_at=LATER)
    assert orders.is_news(again, known) is marked, "it is there again, as it was"
    orders.mark_read(work, "acme", [ORDER], read_at=LATER)
    assert (stored(work).order.read_at, stored(work).unread_at) == (LATER, LATER if marked else None)
    assert stored(work).answered_at == LATER
    orders.save(work, again, known=stored(work))
    assert (stored(work).unread_because, stored(work).revision) == (None, 3 if marked else 1)


def test_the_first_answer_for_another_reason_is_news_again(work: UnitOfWork) -> None:
    reasons = ("NOT_IN_ORG", "NOT_IN_ORG", "NO_ACCESS")
    found = [orders.mark_unread(work, "acme", [ORDER], because=because, at=LATER) for because in reasons]
    assert found == [[ORDER], [], [ORDER]]
    orders.set_versions(work, "acme", {ORDER: 7})
    assert (stored(work).version, stored(work).revision) == (7, 4)
