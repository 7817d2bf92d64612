"""Days are the merchant's own, from midnight to midnight where it is, and a report has at most a year and a day of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payment_core.services import Core
from payment_core.store import merchants
from payment_core.web.portal.days import days_between, read_day
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.portal.conftest import Browser

# No statement of the database has a part in it.
on_sqlite = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("zone", "args", "begin", "end"),
    [
        ("UTC", {}, None, None),
        ("UTC", {"from": "2026-11-28"}, "2026-11-28T00:00", None),
        ("UTC", {"to": "2026-11-28"}, None, "2026-11-29T00:00"),
        ("Africa/Johannesburg", {"from": "2026-11-28", "to": "2026-11-28"}, "2026-11-27T22:00", "2026-11-28T22:00"),
        # Days of 23 and of 25 hours.
        ("Europe/Berlin", {"from": "2026-03-29", "to": "2026-03-29"}, "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Berlin", {"from": "2026-10-25", "to": "2026-10-25"}, "2026-10-24T22:00", "2026-10-25T23:00"),
        ("UTC", {"from": "rubbish", "to": "2026-02-30"}, None, None),
    ],
)
def test_a_day_is_from_midnight_to_midnight_where_the_merchant_is(
    zone: str, args: dict[str, str], begin: str | None, end: str | None
) -> None:
    found = days_between(replace(MERCHANT, time_zone=zone), args)
    assert found == tuple(datetime.fromisoformat(one).replace(tzinfo=UTC) if one else None for one in (begin, end))


@pytest.mark.parametrize(
    ("text", "is_day"),
    [
        ("2000-01-01", True),
        ("1999-12-31", False),
        ("2099-12-31", True),
        ("2100-01-01", False),
        (" 2026-11-28 ", True),
        ("", False),
    ],
)
def test_a_day_is_of_this_century(text: str, is_day: bool) -> None:
    assert (read_day(text) is not None) == is_day


@on_sqlite
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", "2026-10-30 to 2026-11-28"),
        ("from=2026-11-01", "2026-11-01 to 2026-11-28"),
        ("to=2026-11-10", "2026-10-12 to 2026-11-10"),
        ("from=2026-11-01&to=2026-11-10", "2026-11-01 to 2026-11-10"),
        # Tomorrow has no links, and a time that ends before it begins has none.
        ("from=2026-11-01&to=2026-11-29", "2026-11-01 to 2026-11-28"),
        ("from=2026-11-20&to=2026-11-10", "2026-11-10 to 2026-11-10"),
        ("from=2025-11-27", "2025-11-27 to 2026-11-28"),
        ("from=2025-11-26", "2025-11-27 to 2026-11-28"),
    ],
)
def test_a_report_is_of_thirty_days_or_of_those_that_are_asked_for(browser: Browser, query: str, shown: str) -> None:
    assert f"Report {shown}" in browser.get(f"/portal/report?{query}").text


@on_sqlite
def test_today_is_where_the_merchant_is(core: Core, browser: Browser) -> None:
    """At noon in UTC it is tomorrow on Kiritimati."""
    with core.transactions.write() as work:
        merchants.save(work, replace(MERCHANT, time_zone="Pacific/Kiritimati"), now=core.now())
    assert "to 2026-11-29" in browser.get("/portal/report").text
