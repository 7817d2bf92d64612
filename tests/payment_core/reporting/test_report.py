"""Each link counts once in a report, by what became of its money, and each customer once, however often they paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.journeys.reporting.report import Report, ReportLine, make_report
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.reports import ReportScope
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT, NOW

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
P, DAY = PaymentStatus, timedelta(days=1)
TODAY = ReportScope(MERCHANT.merchant_id, NOW, NOW + DAY)
OTHER, THIRD, FOURTH = "27830000001", "27830000002", "27830000003"
ALL, PART = Decimal("150.00"), Decimal("40.00")


@pytest.fixture
def link_that(core: Core, make_link: Make) -> Callable[..., Link]:
    """A function that makes a link of which this became, on a day and for a number."""
    numbers = iter(range(1000))

    def made(number: str = CUSTOMER, *, days: int = 0, **became: Any) -> Link:
        link = make_link(phone=Phone(number), caller_reference=f"{next(numbers)}")
        with core.transactions.write() as work:
            links.save(work, replace(link, **became))
            mine = tables.links.c.reference == link.reference
            work.connection.execute(update(tables.links).where(mine).values(created_at=NOW + days * DAY))
        return link

    return made


@pytest.mark.parametrize(
    ("became", "counts"),
    [
        ({}, {"open": 1}),
        ({"clicked_at": NOW}, {"open": 1, "clicked": 1}),
        ({"payable": False}, {"unsuccessful": 1, "unsuccessful_value": ALL}),
        # Another card may still be taken: it has not ended.
        ({"payment_status": P.DECLINED}, {"open": 1}),
        ({"payment_status": P.DECLINED, "payable": False}, {"unsuccessful": 1, "unsuccessful_value": ALL}),
        ({"payment_status": P.RECEIVED, "captured": ALL}, {"successful": 1, "successful_value": ALL}),
        ({"payment_status": P.AUTHORIZED, "authorized": ALL}, {"successful": 1, "successful_value": ALL}),
        (
            {"payment_status": P.CAPTURED, "authorized": ALL, "captured": PART},
            {"successful": 1, "successful_value": PART},
        ),
        (
            {"payment_status": P.RECEIVED, "captured": ALL, "reversed": PART},
            {"successful": 1, "successful_value": ALL - PART, "reversed_value": PART},
        ),
        (
            {"payment_status": P.REVERSED, "captured": ALL, "reversed": ALL, "payable": False},
            {"reversed": 1, "reversed_value": ALL},
        ),
        (
            {"payment_status": P.VOIDED, "authorized": ALL, "reversed": ALL, "payable": False},
            {"reversed": 1, "reversed_value": ALL},
        ),
        ({"payment_status": P.REVIEW, "payable": False}, {"in_review": 1}),
    ],
)
def test_a_link_counts_once_by_what_became_of_it(
    core: Core, link_that: Callable[..., Link], became: dict[str, Any], counts: dict[str, Any]
) -> None:
    link_that(**became)
    (line,) = make_report(core, TODAY).lines.values()
    assert line == ReportLine(links=1, **counts)


def test_rates_are_of_the_links_that_have_ended(core: Core, link_that: Callable[..., Link]) -> None:
    assert (ReportLine().success_rate, ReportLine().click_rate) == (None, None)
    link_that()
    link_that(payment_status=P.REVIEW, payable=False, clicked_at=NOW)
    assert only_line(make_report(core, TODAY)).success_rate is None, "none has ended"
    link_that(payment_status=P.RECEIVED, captured=ALL)
    link_that(payable=False)
    link_that(payment_status=P.REVERSED, captured=ALL, reversed=ALL, payable=False)
    line = only_line(make_report(core, TODAY))
    assert (line.success_rate, line.click_rate) == (Decimal("33.3"), Decimal("20.0"))


@pytest.mark.parametrize("status", list(P))
def test_who_has_paid_is_a_customer(core: Core, link_that: Callable[..., Link], status: PaymentStatus) -> None:
    link_that(payment_status=status)
    is_paid = status in (P.AUTHORIZED, P.RECEIVED, P.CAPTURED)
    assert make_report(core, TODAY).customers == int(is_paid)


def test_a_customer_returns_who_had_paid_the_same_merchant_before(core: Core, link_that: Callable[..., Link]) -> None:
    paid = {"payment_status": P.RECEIVED, "captured": ALL}
    for number, days in ((CUSTOMER, -30), (CUSTOMER, 0), (CUSTOMER, 0), (OTHER, 0), (OTHER, 0), (THIRD, 0)):
        link_that(number, days=days, **paid)
    link_that(THIRD, days=-1, payment_status=P.DECLINED)
    # Who came back, and did not pay.
    link_that(FOURTH, days=-1, **paid)
    link_that(FOURTH, payable=False)
    found = make_report(core, TODAY)
    assert (found.customers, found.returning, found.returning_share) == (3, 1, Decimal("33.3"))
    # Of an erased number nobody knows whose it was.
    with core.transactions.write() as work:
        theirs = tables.links.c.created_at < NOW
        work.connection.execute(update(tables.links).where(theirs).values(phone_key=bytes(32)))
    assert make_report(core, TODAY).returning == 0


def test_customers_are_compared_with_a_time_as_long_before(core: Core, link_that: Callable[..., Link]) -> None:
    paid = {"payment_status": P.RECEIVED, "captured": ALL}
    for number, days in ((CUSTOMER, -2), (OTHER, -1), (THIRD, 0), (CUSTOMER, 1)):
        link_that(number, days=days, **paid)
    found = make_report(core, TODAY)
    assert (found.customers, found.customers_before, found.growth) == (1, 1, Decimal("0.0"))
    longer = make_report(core, replace(TODAY, end=NOW + 2 * DAY))
    assert (longer.customers, longer.customers_before, longer.growth) == (2, 2, Decimal("0.0"))
    none = make_report(core, replace(TODAY, begin=NOW - 2 * DAY, end=NOW - DAY))
    assert (none.customers, none.customers_before, none.growth, none.returning_share) == (1, 0, None, Decimal("0.0"))
    assert make_report(core, replace(TODAY, begin=NOW + 9 * DAY, end=NOW + 10 * DAY)).returning_share is None


def test_each_channel_application_and_currency_is_a_line_of_its_own(core: Core, link_that: Callable[..., Link]) -> None:
    """Amounts of two currencies make no sum."""
    paid, mine = {"payment_status": P.RECEIVED, "captured": ALL}, APPLICATION.application_id
    for became in ({}, {"currency": "USD"}, {"channel": Channel.SMS}, {"application": "books"}):
        link_that(**paid, **became)
    found = make_report(core, TODAY).lines
    assert {key: line.successful_value for key, line in found.items()} == dict.fromkeys(
        [("sms", mine, "ZAR"), ("whatsapp", mine, "USD"), ("whatsapp", mine, "ZAR"), ("whatsapp", "books", "ZAR")], ALL
    )
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("changes", "is_in"),
    [
        ({}, True),
        ({"begin": NOW + timedelta(microseconds=1)}, False),
        ({"end": NOW}, False),
        ({"channel": Channel.WHATSAPP.value}, True),
        ({"channel": Channel.SMS.value}, False),
        ({"application_id": APPLICATION.application_id}, True),
        ({"application_id": "another"}, False),
        ({"merchant_id": "another"}, False),
    ],
)
def test_a_report_is_of_its_part_alone(
    core: Core, link_that: Callable[..., Link], changes: dict[str, Any], is_in: bool
) -> None:
    link_that(payment_status=P.RECEIVED, captured=ALL)
    found = make_report(core, replace(TODAY, **changes))
    assert (bool(found.lines), found.customers) == (is_in, int(is_in))


def only_line(report: Report) -> ReportLine:
    (line,) = report.lines.values()
    return line
