"""The org's API allowance: what each header form says, and what may be pushed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.salesforce.calls.api_allowance import Allowance, ApiLimits

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "used", "allowed"),
    [
        ("api-usage=18/5000", 18, 5000),
        ("api-usage=110018/100000; api-bursts=1/750", 110018, 100000),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", 25, 5000),
        ("per-app-api-usage=17/250(appName=sample); api-usage=25/5000", 25, 5000),
    ],
)
def test_every_seen_form_of_the_header_is_understood(header: str, used: int, allowed: int) -> None:
    limits = ApiLimits()
    limits.note("t1", header, now=NOW)
    usage = limits.usage_of("t1")
    assert usage is not None
    assert (usage.used, usage.allowed) == (used, allowed)


@pytest.mark.parametrize("header", [None, "", "per-app-api-usage=17/250(appName=x)", "api-usage=many/few"])
def test_a_header_that_says_nothing_is_no_fault(header: str | None) -> None:
    limits = ApiLimits()
    limits.note("t1", header, now=NOW)
    assert limits.usage_of("t1") is None
    assert limits.allowance("t1", now=NOW) is Allowance.ALL


@pytest.mark.parametrize(
    ("used", "allowance"),
    [
        (100, Allowance.ALL),
        (799, Allowance.ALL),
        (800, Allowance.FINAL_ONLY),
        (969, Allowance.FINAL_ONLY),
        (970, Allowance.NOTHING),
        (1200, Allowance.NOTHING),
    ],
)
def test_the_fuller_the_allowance_the_less_is_pushed(used: int, allowance: Allowance) -> None:
    limits = ApiLimits()
    limits.note("t1", f"api-usage={used}/1000", now=NOW)
    assert limits.allowance("t1", now=NOW) is allowance


def test_an_org_that_reports_no_allowance_at_all_is_pushed_to() -> None:
    limits = ApiLimits()
    limits.note("t1", "api-usage=0/0", now=NOW)
    assert limits.allowance("t1", now=NOW) is Allowance.ALL


def test_final_news_is_tried_now_and_then_even_when_nothing_is_left() -> None:
    limits = ApiLimits()
    limits.note("t1", "api-usage=1000/1000", now=NOW)
    assert limits.allowance("t1", now=NOW + timedelta(seconds=30)) is Allowance.NOTHING
    assert limits.allowance("t1", now=NOW + timedelta(seconds=31)) is Allowance.FINAL_ONLY


def test_what_was_seen_long_ago_counts_no_more() -> None:
    limits = ApiLimits()
    limits.note("t1", "api-usage=1000/1000", now=NOW)
    assert limits.allowance("t1", now=NOW + timedelta(minutes=5)) is Allowance.FINAL_ONLY
    assert limits.allowance("t1", now=NOW + timedelta(minutes=5, seconds=1)) is Allowance.ALL


def test_one_tenants_usage_and_pause_leave_the_others_alone() -> None:
    limits = ApiLimits()
    limits.note("t1", "api-usage=1000/1000", now=NOW)
    limits.pause("t2", until=NOW + timedelta(seconds=60))
    assert limits.allowance("t2", now=NOW) is Allowance.NOTHING
    assert limits.allowance("t2", now=NOW + timedelta(seconds=60)) is Allowance.ALL
    assert limits.allowance("t3", now=NOW) is Allowance.ALL
