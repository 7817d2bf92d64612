"""Alarms whose webhook was lost are found by the list of events: soon by the worker, at once by `reconcile`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.reconciling.reconcile import reconcile
from payment_core.journeys.webhooks.find_missed_reports import missed_reports
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.faults import Fault
from tests.payment_core.conftest import events_of
from tests.payment_core.fakes import MovableClock
from tests.payment_core.stripe.conftest import Shop


@pytest.fixture
def silent(hooked: str, stand_in: StripeStandIn) -> StripeStandIn:
    """The stand-in, whose webhooks from now on are all lost when they are thrown away."""
    return stand_in


def searched(core: Core, clock: MovableClock, *, minutes: int = 12) -> int:
    clock.move(minutes=minutes)
    found = missed_reports().of_all(core)
    while read_due(core, owner="test"):
        pass
    return found


def happen(stand_in: StripeStandIn, shop: Shop, merchant: Merchant, what: str) -> Link:
    """Let a payment need a person, of which nobody reports; return its link."""
    link = shop.link(merchant, caller_reference=what)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    intent = shop.intents(link)[0]
    if what == "disputed":
        stand_in.intents.dispute(intent)
    elif what == "dispute_lost":
        stand_in.intents.dispute(intent)
        stand_in.intents.close_dispute(intent, "lost")
    elif what == "fraud_suspected":
        stand_in.intents.warn_of_fraud(intent)
    else:
        stand_in.intents.fail_refund(stand_in.intents.refund(intent, None))
    stand_in.deliveries.waiting.clear()
    return link


@pytest.mark.parametrize("what", ["disputed", "dispute_lost", "fraud_suspected", "refund_failed"])
def test_a_lost_alarm_is_raised_once_within_minutes(
    core: Core, merchant: Merchant, shop: Shop, silent: StripeStandIn, clock: MovableClock, what: str
) -> None:
    searched(core, clock)
    link = shop.link(merchant, caller_reference="other")
    needing = happen(silent, shop, merchant, what)
    assert searched(core, clock, minutes=1) == 0, "its webhook may still come, and nobody asks each minute"
    assert searched(core, clock) > 0
    assert searched(core, clock) == 0
    raised = [one for one in events_of(core, needing) if one[0] == "PAYMENT_ATTENTION"]
    assert (raised, shop.now(link).attention) == ([("PAYMENT_ATTENTION", what)], None)


def test_what_a_webhook_brought_is_not_found_again(
    core: Core, merchant: Merchant, shop: Shop, silent: StripeStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    silent.intents.dispute(shop.intents(link)[0])
    shop.webhooks()
    assert shop.now(link).attention == "disputed"
    assert searched(core, clock) == 0


def test_a_refund_of_the_dashboard_whose_report_was_lost_takes_no_day(
    core: Core, merchant: Merchant, shop: Shop, silent: StripeStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    silent.intents.settle()
    silent.intents.refund(shop.intents(link)[0], 4000)
    silent.deliveries.waiting.clear()
    assert searched(core, clock) > 0
    assert shop.now(link).payment_status is PaymentStatus.REVERSED


def test_reconcile_finds_the_alarms_of_older_links_too(
    core: Core, merchant: Merchant, shop: Shop, silent: StripeStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    clock.move(days=3)
    silent.intents.warn_of_fraud(shop.intents(link)[0])
    silent.deliveries.waiting.clear()
    clock.move(minutes=5)
    report = reconcile(core, merchant, since=core.now() - timedelta(days=1))
    assert (report.links, report.missed, shop.now(link).attention) == (0, 1, "fraud_suspected")
    assert reconcile(core, merchant, since=core.now() - timedelta(days=1)).missed == 0


def test_a_list_that_cannot_be_read_now_is_read_later(
    core: Core, merchant: Merchant, shop: Shop, silent: StripeStandIn, clock: MovableClock
) -> None:
    searched(core, clock)
    happen(silent, shop, merchant, "fraud_suspected")
    silent.faults.add("GET /v1/events", Fault.ERROR_BEFORE, 2)
    assert searched(core, clock) == 0
    assert list(reconcile(core, merchant, since=core.now()).unreachable) == ["reports"]
    assert searched(core, clock, minutes=45) == 1
