"""What Stripe reports: stored before it is answered, in any order, twice, late, forged, of the other mode."""

from __future__ import annotations

import json
import random
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from sqlalchemy import delete, func, select
from stripe.params import WebhookEndpointCreateParams

from foundation.errors import UntrustedMessage
from foundation.secret import Secret
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.merchant import Merchant
from payment_core.gateways.stripe.events import TYPES, sighting_of
from payment_core.gateways.stripe.signature import verify
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store.links import attempts
from payment_core.store.schema import tables
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.events import signature
from tests.payment_core.conftest import NOW, events_of
from tests.payment_core.fakes import MovableClock
from tests.payment_core.links import deal_with
from tests.payment_core.stripe.conftest import IN_REVIEW, Shop

TOTAL = Decimal("150.00")
SAMPLES = Path(__file__).resolve().parents[5] / "shared/vendor_specs/stripe_fixtures3.json"


def signed_by_sdk(raw: str, secret: str, seconds: int) -> str:
    """Return a header whose signature the vendor's package made."""
    made = stripe.WebhookSignature._compute_signature(f"{seconds}.{raw}", secret)
    return f"t={seconds},v1={made}"


def posted(url: str, raw: bytes, header: str) -> int:
    return requests.post(url, data=raw, headers={"Stripe-Signature": header}, timeout=20).status_code


def stored(core: Core) -> int:
    with core.transactions.read() as work:
        return work.connection.execute(select(func.count()).select_from(tables.webhooks)).scalar_one()


def test_a_payment_is_heard_of_by_webhook_alone(merchant: Merchant, shop: Shop, hooked: str) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    assert shop.webhooks() > 0
    assert shop.now(link).payment_status is PaymentStatus.RECEIVED


def test_any_order_and_twice_is_the_same_as_once(
    merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link), IN_REVIEW)
    for round_ in range(3):
        shop.webhooks(order=random.Random(round_), repeat=1.0)
    assert (shop.now(link).payment_status, shop.now(link).in_review) == (PaymentStatus.RECEIVED, True)
    assert set(stand_in.deliveries.answers) == {200}


def test_what_several_events_are_about_is_read_once(
    merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn
) -> None:
    links = [shop.link(merchant), shop.link(merchant)]
    for link in links:
        shop.pay(shop.open(merchant, link), IN_REVIEW)
    stand_in.api.calls.clear()
    assert shop.webhooks() > 2 * len(links)
    assert stand_in.api.calls.count("GET /v1/checkout/sessions/{id}") == len(links)
    assert all(shop.now(link).payment_status is PaymentStatus.RECEIVED and shop.now(link).in_review for link in links)


@pytest.mark.parametrize(("amount", "status"), [(4000, False), (None, True)])
def test_a_refund_of_the_dashboard_reaches_the_order_with_its_amount(
    merchant: Merchant,
    shop: Shop,
    hooked: str,
    stand_in: StripeStandIn,
    clock: MovableClock,
    amount: int | None,
    status: bool,
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    stand_in.intents.settle()
    clock.move(days=3)
    stand_in.intents.refund(shop.intents(link)[0], amount)
    shop.webhooks()
    after = shop.now(link)
    given = TOTAL if amount is None else Decimal("40.00")
    assert (after.payment_status, after.reversed, after.captured) == (PaymentStatus.REVERSED, given, TOTAL)
    assert after.has_money is not status


def test_a_dispute_and_a_refund_that_failed_need_a_person(
    merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn
) -> None:
    first = shop.link(merchant, caller_reference="first")
    shop.pay(shop.open(merchant, first))
    shop.webhooks()
    stand_in.intents.dispute(shop.intents(first)[0])
    second = shop.link(merchant, caller_reference="second")
    shop.pay(shop.open(merchant, second))
    refund = stand_in.intents.refund(shop.intents(second)[0], None)
    shop.webhooks()
    assert shop.now(second).reversed == TOTAL
    stand_in.intents.fail_refund(refund)
    shop.webhooks()
    assert (shop.now(first).attention, shop.now(second).attention) == ("disputed", "refund_failed")


@pytest.mark.parametrize(
    ("status", "word"), [("lost", "dispute_lost"), ("won", "dispute_won"), ("warning_closed", "dispute_won")]
)
def test_the_end_of_a_dispute_is_told_though_somebody_had_dealt_with_its_beginning(
    core: Core, merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn, status: str, word: str
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    intent = shop.intents(link)[0]
    stand_in.intents.dispute(intent)
    shop.webhooks()
    assert deal_with(core, merchant, link)
    stand_in.intents.close_dispute(intent, status)
    shop.webhooks(repeat=1.0, order=random.Random(1))
    after = shop.now(link)
    assert (after.attention, after.payment_status, after.reversed) == (word, PaymentStatus.RECEIVED, Decimal("0.00"))
    raised = [why for event, why in events_of(core, link) if event == "PAYMENT_ATTENTION"]
    assert raised == ["disputed", None, word]


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (("won", "lost"), ("dispute_won", "dispute_won_then_lost")),
        (("lost", "won"), ("dispute_lost", "dispute_lost_then_won")),
        (("lost", "warning_closed", "lost"), ("dispute_lost", "dispute_lost_then_won", "dispute_won_then_lost")),
        (("lost", "lost"), ("dispute_lost", "dispute_lost")),
    ],
)
def test_a_second_dispute_is_told_as_it_ended_though_somebody_had_dealt_with_the_first(
    core: Core, merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn, clock: MovableClock,
    ends: tuple[str, ...], words: tuple[str, ...],
) -> None:  # fmt: skip
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    intent = shop.intents(link)[0]
    for end, word in zip(ends, words, strict=True):
        clock.move(days=1)
        stand_in.intents.dispute(intent)
        shop.webhooks()
        assert (shop.now(link).attention, deal_with(core, merchant, link)) == ("disputed", True)
        stand_in.intents.close_dispute(intent, end)
        shop.webhooks(repeat=1.0, order=random.Random(1))
        assert (shop.now(link).attention, deal_with(core, merchant, link)) == (word, True)


def test_a_key_that_may_not_read_disputes_still_tells_that_there_is_one(
    merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn
) -> None:
    """Doctor names the right that is missing."""
    stand_in.account.denied = {"disputes"}
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    stand_in.intents.dispute(shop.intents(link)[0])
    stand_in.intents.close_dispute(shop.intents(link)[0], "lost")
    shop.webhooks()
    assert shop.now(link).attention == "disputed"


@pytest.mark.parametrize("may_read", [True, False])
def test_an_early_fraud_warning_needs_a_person(
    merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn, may_read: bool
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    shop.webhooks()
    if not may_read:
        stand_in.account.denied = {"radar/early_fraud_warnings"}
    stand_in.intents.warn_of_fraud(shop.intents(link)[0])
    shop.webhooks(repeat=1.0, order=random.Random(1))
    assert (shop.now(link).attention, shop.now(link).payment_status) == ("fraud_suspected", PaymentStatus.RECEIVED)
    assert [one for one in events_of(shop.core, link) if one[0] == "PAYMENT_ATTENTION"] == [
        ("PAYMENT_ATTENTION", "fraud_suspected")
    ]


def test_a_refund_of_a_payment_whose_id_never_reached_us_is_found_at_the_gateway(
    core: Core, merchant: Merchant, shop: Shop, hooked: str, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    """The events of its payment were lost, and a refund names our link nowhere."""
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    stand_in.deliveries.waiting.clear()
    with core.transactions.write() as work:
        attempts.change(work, shop.attempt(link), page_id=None)
        attempts.end(work, shop.attempt(link), now=core.now())
    stand_in.intents.refund(shop.intents(link)[0], 4000)
    only_refunds = [one for one in stand_in.deliveries.waiting if one.event["type"].startswith("refund.")]
    stand_in.deliveries.waiting.clear()
    stand_in.deliveries.waiting.extend(only_refunds)
    assert shop.webhooks() > 0
    assert (shop.now(link).captured, shop.now(link).reversed) == (TOTAL, Decimal("40.00"))


def test_an_object_of_the_account_that_is_not_ours_is_read_once(
    core: Core, shop: Shop, hooked: str, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    """A shop of the same merchant takes payments, too."""
    theirs = stand_in.account.add("pi", "payment_intent", metadata={"order": "of a shop"}, status="succeeded")
    stand_in.deliveries.publish("payment_intent.succeeded", theirs)
    assert shop.webhooks() == 1
    clock.move(hours=1)
    assert read_due(core, owner="test") == 0


@pytest.mark.both_databases
def test_an_event_that_is_quicker_than_our_own_commit_is_not_lost(
    core: Core, merchant: Merchant, shop: Shop, hooked: str, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    attempt = shop.attempt(link)
    with core.transactions.write() as work:
        # As if nothing of this attempt had been committed yet.
        work.connection.execute(delete(tables.attempts))
    assert shop.webhooks() > 0
    assert shop.now(link).payment_status is None
    with core.transactions.write() as work:
        attempts.add(work, attempt)
    clock.move(minutes=1)
    assert read_due(core, owner="test") > 0
    assert shop.now(link).payment_status is PaymentStatus.RECEIVED


def test_an_event_finds_the_attempt_whose_ids_never_reached_us(
    core: Core, merchant: Merchant, shop: Shop, hooked: str
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    attempt = shop.attempt(link)
    with core.transactions.write() as work:
        attempts.change(work, attempt, page_id=None)
        attempts.end(work, attempt, now=core.now())
    shop.webhooks()
    assert shop.now(link).payment_status is PaymentStatus.RECEIVED


@pytest.mark.both_databases
def test_an_event_of_an_unknown_object_is_stored_and_changes_nothing(
    core: Core, hooked: str, webhook_secret: str, stand_in: StripeStandIn
) -> None:
    event = {"id": "evt_x", "object": "event", "type": "payment_intent.succeeded", "livemode": False, "created": 1,
             "data": {"object": {"object": "payment_intent", "id": "pi_of_somebody_else"}}}  # fmt: skip
    raw = json.dumps(event).encode()
    assert posted(hooked, raw, signature(raw, webhook_secret, stand_in.account.seconds)) == 200
    assert read_due(core, owner="test") == 1
    assert stored(core) == 1


@pytest.mark.parametrize(
    "case", [
        "other secret", "a year old", "an hour early", "other mode", "no JSON", "no event", "too deep", "changed", "unsigned",
    ],
)  # fmt: skip
def test_what_is_not_proven_is_refused_and_not_stored(
    core: Core, hooked: str, webhook_secret: str, stand_in: StripeStandIn, case: str
) -> None:
    now = stand_in.account.seconds
    event = {"id": "evt_x", "object": "event", "type": "payment_intent.succeeded", "livemode": case == "other mode",
             "data": {"object": {"object": "payment_intent", "id": "pi_1"}}}  # fmt: skip
    odd = {"no JSON": b"x", "no event": b"[]", "too deep": b'{"a":' * 5000 + b"1" + b"}" * 5000}
    raw = odd.get(case) or json.dumps(event).encode()
    seconds = now - 31_536_000 if case == "a year old" else now + 3600 if case == "an hour early" else now
    secret = f"whsec_{secrets.token_hex(16)}" if case == "other secret" else webhook_secret
    header = "" if case == "unsigned" else signature(raw, secret, seconds)
    sent = raw.replace(b"pi_1", b"pi_2") if case == "changed" else raw
    assert posted(hooked, sent, header) in (400, 401, 403)
    assert stored(core) == 0


def test_nobody_elses_address_takes_our_events(hooked: str, webhook_secret: str, stand_in: StripeStandIn) -> None:
    raw = b"{}"
    header = signature(raw, webhook_secret, stand_in.account.seconds)
    assert posted(hooked.replace("hook_stripe", "hook_of_nobody"), raw, header) == 404


def test_our_check_agrees_with_the_vendors_signatures() -> None:
    seconds = int(NOW.timestamp())
    old, new = (f"whsec_{secrets.token_hex(16)}" for _ in range(2))
    raw = json.dumps({"text": "é€ \U0001f600"}, ensure_ascii=False)
    for secret in (old, new):
        header = signed_by_sdk(raw, secret, seconds)
        verify(raw.encode(), header, [Secret(new), Secret(old)], now=NOW)
        stripe.WebhookSignature.verify_header(raw, signature(raw.encode(), secret, seconds), secret, tolerance=None)
    with pytest.raises(UntrustedMessage):
        verify(raw.encode(), signed_by_sdk(raw, old, seconds), [Secret(new)], now=NOW)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the vendor's samples lie beside the checkout, and are not there")
@pytest.mark.parametrize("kind", ["checkout.session", "payment_intent", "charge", "refund", "review", "dispute"])
def test_the_vendors_own_samples_are_read(kind: str) -> None:
    sample: dict[str, Any] = json.loads(SAMPLES.read_text("utf-8"))["resources"][kind]
    expected = sample["id"] if kind == "payment_intent" else sample.get("payment_intent")
    event = {"id": "evt_1", "type": f"{kind}.something", "created": 1234567890, "data": {"object": sample}}
    found = sighting_of(event)
    if kind == "checkout.session":
        assert found is not None
        assert (found.ids.page_id, found.ids.payment_id) == (sample["id"], sample["payment_intent"])
    else:
        assert (found.ids.payment_id if found else None) == expected


def test_each_kind_of_event_exists_at_the_vendor() -> None:
    named = str(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    assert [one for one in TYPES if f"'{one}'" not in named and f'"{one}"' not in named] == []
