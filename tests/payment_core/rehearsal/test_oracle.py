"""The oracle of the rehearsal sees each kind of wrong: a rehearsal that proves nothing would be worse than none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.payment_rehearsal.actors.schedule import Schedule
from sandbox.payment_rehearsal.outcome import VIOLATIONS, Outcome
from sandbox.payment_rehearsal.plan import FAULTS, Plan
from sandbox.payment_rehearsal.receiver import Received, Receiver
from sandbox.payment_rehearsal.verification.judge import Judge
from sandbox.payment_rehearsal.verification.money import AtGateway, at_gateway, is_explained, judge_money
from sandbox.payment_rehearsal.verification.words import WordsJudge
from sandbox.rehearsal.command import UnknownFaults, parse_faults
from sandbox.stripe.app import running as stripe_running
from sandbox.twilio.app import running as twilio_running

CHARGE: dict[str, Any] = {"status": "succeeded"}


def record(**changes: Any) -> dict[str, Any]:
    """Return the core's record of a sale of 150.00 that was received."""
    return {
        "paymentLinkRef": "ref", "orderNumber": "R1", "linkStatus": "PAYMENT_LINK_CLICKED", "attention": None,
        "paymentStatus": "PAYMENT_RECEIVED", "authorizedAmount": "150.00", "capturedAmount": "150.00",
        "reversedAmount": 0, **changes,
    }  # fmt: skip


def news(*events: str) -> list[Received]:
    return [Received(place, f"msg{place}", "ref", event) for place, event in enumerate(events)]


def found(ours: dict[str, Any], at: AtGateway, *events: str) -> dict[str, int]:
    outcome = Outcome(1)
    judge_money(outcome, ours, at, news(*events))
    return dict(outcome.violations)


def paid(*left: str) -> AtGateway:
    return AtGateway(charges=[CHARGE] * len(left), left=[Decimal(one) for one in left])


def test_what_is_right_is_no_violation() -> None:
    assert found(record(), paid("150.00"), "PAYMENT_LINK_SENT", "PAYMENT_DECLINED", "PAYMENT_RECEIVED") == {}
    untouched = record(paymentStatus=None, authorizedAmount=0, capturedAmount=0, linkStatus="PAYMENT_LINK_EXPIRED")
    assert found(untouched, AtGateway(), "PAYMENT_LINK_SENT", "PAYMENT_LINK_EXPIRED") == {}
    part = record(paymentStatus="PAYMENT_CAPTURED", capturedAmount="100.00", reversedAmount="30.00")
    assert found(part, paid("70.00"), "PAYMENT_CAPTURED") == {}


@pytest.mark.parametrize(
    ("ours", "at", "events", "violation"),
    [
        (record(), paid("150.00", "150.00"), ["PAYMENT_RECEIVED"], "charged_twice"),
        (record(paymentStatus=None, authorizedAmount=0, capturedAmount=0), paid("150.00"), [], "charged_not_notified"),
        (record(), paid("150.00"), ["PAYMENT_RECEIVED", "PAYMENT_DECLINED"], "charged_not_notified"),
        (record(), AtGateway(), ["PAYMENT_RECEIVED"], "notified_not_charged"),
        (record(), paid("120.00"), ["PAYMENT_RECEIVED"], "money_differs"),
        (record(linkStatus="PAYMENT_LINK_EXPIRED"), paid("150.00"), ["PAYMENT_RECEIVED"], "payable_after_end"),
        (record(), replace(paid("150.00"), suspected=True), ["PAYMENT_RECEIVED"], "alarm_missing"),
        (record(), replace(paid("150.00"), disputed=True), ["PAYMENT_RECEIVED"], "alarm_missing"),
    ],
)
def test_each_wrong_about_money_is_seen(ours: dict[str, Any], at: AtGateway, events: list[str], violation: str) -> None:
    assert violation in VIOLATIONS
    assert violation in found(ours, at, *events)


def test_only_what_happened_explains_that_a_person_must_look() -> None:
    assert is_explained("a person must look: disputed", AtGateway(disputed=True))
    assert not is_explained("a person must look: disputed", paid("150.00"))
    assert is_explained("a person must look: fraud suspected", AtGateway(suspected=True))
    assert not is_explained("captured: 1 here, 2 at the gateway", AtGateway(disputed=True, failed_refunds=1))


def test_the_gateways_own_books_are_read_by_link() -> None:
    with stripe_running() as stripe:
        intent = stripe.intents.new(
            {"amount": "12340", "currency": "kwd", "metadata": {"link": "ref"}}, from_page=False
        )
        card = stripe.account.add(
            "pm", "payment_method", type="card", customer=None, number="4242424242424242", card={}
        )
        stripe.intents.try_card(intent, card, "succeeds")
        stripe.intents.refund(intent, 2340)
        assert at_gateway(stripe.account)["ref"].left == [Decimal("10.000")]


class _Rows:
    """A database that says what a test wants."""

    def __init__(self, messages: list[tuple[object, ...]], deliveries: list[tuple[object, ...]]) -> None:
        self._messages, self._deliveries = messages, deliveries

    def rows(self, query: str, **_: object) -> list[tuple[object, ...]]:
        return self._messages if "FROM messages" in query else self._deliveries


def words(messages: list[tuple[object, ...]], sent: list[str]) -> dict[str, int]:
    outcome = Outcome(1)
    with twilio_running() as twilio:
        for message_id in sent:
            row = twilio.account.add(to="+27831", sender="+2787", body="x", direction="outbound-api")
            row["_callback"] = f"https://pay.example/hooks?message={message_id}"
        WordsJudge(_Rows([(*one, "2026-11-29") for one in messages], []), outcome).judge_messages(twilio.account)  # type: ignore[arg-type]
    return dict(outcome.violations)


@pytest.mark.parametrize(
    ("messages", "sent", "violation"),
    [
        ([("m1", "ref", "receipt", "SENT", None)], ["m1", "m1"], "sent_twice"),
        (
            [("m1", "ref", "payment_request", "SENT", None), ("m2", "ref", "replaced", "SENT", None)],
            ["m1", "m2"],
            "sent_twice",
        ),
        ([("m1", "ref", "receipt", "SENT", None)], [], "message_misreported"),
        ([("m1", "ref", "receipt", "FAILED", "too_late")], ["m1"], "message_misreported"),
        ([("m1", "ref", "receipt", "QUEUED", None)], [], "message_misreported"),
        ([], ["m1"], "message_misreported"),
    ],
)
def test_each_wrong_about_messages_is_seen(messages: list[tuple[object, ...]], sent: list[str], violation: str) -> None:
    assert violation in words(messages, sent)


def test_news_that_is_lost_or_out_of_order_is_seen() -> None:
    rows: list[tuple[object, ...]] = [(number, "lane", f"msg{number}", "E", "delivered") for number in (1, 2, 3)]
    for order, violation in (((1, 2), "news_lost"), ((2, 1, 3), "news_out_of_order")):
        outcome = Outcome(1)
        first = {f"msg{one}": Received(place, f"msg{one}", "ref", "E") for place, one in enumerate(order)}
        WordsJudge(_Rows([], rows), outcome).judge_news(first)  # type: ignore[arg-type]
        assert violation in outcome.violations
    outcome = Outcome(1)
    first = {f"msg{one}": Received(one, f"msg{one}", "ref", "E") for one in (1, 2, 3)}
    WordsJudge(_Rows([], rows), outcome).judge_news(first)  # type: ignore[arg-type]
    assert not outcome.violations


def test_a_notification_without_its_proof_is_not_taken() -> None:
    receiver = Receiver()
    receiver.start()
    receiver.stop()
    assert receiver.answer({"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, b"{}") == 401
    assert (receiver.unproven, receiver.first) == (1, {})


def test_the_end_of_a_link_is_checked_at_the_moment_of_its_news() -> None:
    outcome, receiver = Outcome(1), Receiver()
    receiver.start()
    receiver.stop()
    with stripe_running() as stripe:
        around: Any = SimpleNamespace(stripe=stripe, receiver=receiver)
        Judge(around, _Rows([], []), outcome, None)  # type: ignore[arg-type]
        page = stripe.account.add(
            "cs_test", "checkout.session", status="open", client_reference_id="ref",
            expires_at=stripe.account.seconds + 60,
        )  # fmt: skip
        receiver.on_end("another")
        assert not outcome.violations
        receiver.on_end("ref")
        assert outcome.violations == {"payable_after_end": 1}
        stripe.account.save(page | {"status": "expired"})
        receiver.on_end("ref")
        assert outcome.violations == {"payable_after_end": 1}


def test_a_payment_that_breaks_the_rehearsal_ends_it() -> None:
    def broken() -> Iterator[None]:
        yield
        raise ValueError("no such button")

    schedule = Schedule([broken()], at_once=1)
    schedule.work(random.Random(1))
    assert [type(one) for one in schedule.errors] == [ValueError]


def test_nothing_charged_proves_nothing() -> None:
    assert not Outcome(1).is_proven
    assert Plan(2500, 1, frozenset()).waves == [1000, 1000, 500]
    assert parse_faults("all", FAULTS) == set(FAULTS)
    with pytest.raises(UnknownFaults, match="earthquake"):
        parse_faults("kill,earthquake", FAULTS)
