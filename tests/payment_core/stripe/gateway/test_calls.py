"""What the gateway asks Stripe for, in which order and with which key: each step scripted, one answer to each call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payment_core.domain.attempt import Attempt
from payment_core.domain.payment import CardToken, DisputeEnd, PaymentState
from payment_core.gateways.gateway import (
    AmountRefused,
    GatewayRefused,
    NotAdmitted,
    NothingLeft,
    ObjectUnknown,
    OutcomeUnknown,
    PaymentIds,
    SavedCharge,
)
from payment_core.gateways.stripe import payments
from payment_core.gateways.stripe.calls import CardRefused, InvalidRequest, ServerFault
from payment_core.gateways.stripe.events import FOUND_BY_LIST
from payment_core.gateways.stripe.gateway import StripeGateway
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.stripe.gateway.test_bodies import LINK, PLAN, charge
from tests.payment_core.stripe.gateway.test_reading_payments import NOTHING, intent
from tests.payment_core.stripe.gateway.test_refused_calls import CHARGE, HELD, NOW, PAGE, RELEASED

S = PaymentState
WAITING = intent(**{**NOTHING, "status": "requires_action", "latest_charge": None})
LOST = replace(CHARGE, payment_id=None, body=charge())
FAULT = ServerFault("500")


@dataclass
class Script:
    """Stripe as a test scripts it: the next answer to each call, and what was asked for."""

    answers: list[Any]
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, str]] = field(default_factory=list)
    expanded: list[tuple[str, ...]] = field(default_factory=list)
    older: list[Script] = field(default_factory=list)

    def _answer(self, call: str) -> Any:
        self.asked.append(call)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def post(self, path: str, body: bytes, *, key: str | None = None) -> Any:
        self.keys.append(key)
        self.bodies.append(dict(parse_qsl(body.decode())))
        return self._answer(f"POST {path}")

    def get(self, path: str, *, expand: tuple[str, ...] = (), query: Mapping[str, str] | None = None) -> Any:
        self.queries.append(dict(query or {}))
        self.expanded.append(expand)
        return self._answer(f"GET {path}")

    def each(self, path: str, query: Mapping[str, str]) -> Iterator[Any]:
        self.queries.append(dict(query))
        yield from self._answer(f"LIST {path}")

    def time(self) -> Any:
        return self._answer("TIME")

    def each_account(self) -> Iterator[Script]:
        return iter((self, *self.older))


def gateway(*answers: Any, older: tuple[Script, ...] = (), now: datetime = NOW) -> tuple[StripeGateway, Script]:
    script = Script(list(answers), older=list(older))
    return StripeGateway(script, MERCHANT, lambda: now), script  # type: ignore[arg-type]


def test_a_part_may_be_less_than_a_payment_must_be() -> None:
    stripe, _ = gateway()
    stripe.check("USD", {"amount": Decimal("0.10")})
    with pytest.raises(AmountRefused) as refused:
        stripe.check("USD", {"total": Decimal("0.10")})
    assert (refused.value.word, str(refused.value.message)) == ("total", "must be at least 0.50 USD here")


@pytest.mark.parametrize(
    ("currency", "total", "word"), [("USD", "0.10", "total"), ("KWD", "1.005", "total"), ("LTL", "1.00", "currency")]
)
def test_what_cannot_be_charged_is_refused_before_its_body_is_stored(currency: str, total: str, word: str) -> None:
    link = replace(LINK, currency=currency, total=Decimal(total))
    stripe, script = gateway()
    for plan in (replace(PLAN, link=link), SavedCharge(link, CHARGE, CardToken("cus_1", "pm_1"))):
        with pytest.raises(AmountRefused) as refused:
            stripe.prepare(plan)
        assert refused.value.word == word
    assert script.asked == []


@pytest.mark.parametrize(
    ("attempt", "answers", "asked", "state"),
    [
        (replace(PAGE, page_id="cs_1"), [{"page": "open"}], ["GET /v1/checkout/sessions/cs_1"], S.OPEN),
        (PAGE, [WAITING], ["GET /v1/payment_intents/pi_1"], S.OPEN),
        # Nobody is on a page of a saved card's: what waits needs its owner.
        (CHARGE, [WAITING], ["GET /v1/payment_intents/pi_1"], S.NEEDS_CUSTOMER),
        (LOST, [WAITING], ["POST /v1/payment_intents"], S.NEEDS_CUSTOMER),
    ],
)
def test_a_payment_is_read_by_what_is_known_of_it(
    attempt: Attempt, answers: list[Any], asked: list[str], state: PaymentState
) -> None:
    session = {"id": "cs_1", "livemode": False, "status": "open", "currency": "zar", "amount_total": 15000}
    stripe, script = gateway(*(session if "page" in one else one for one in answers))
    assert (stripe.look(attempt).state, script.asked) == (state, asked)
    # With its charge, refunds and review, of which an object that is not expanded shows the id alone.
    read_with = {"cs": payments.EXPAND_SESSION, "pi": payments.EXPAND_INTENT}
    assert script.expanded == [read_with[one.rpartition("/")[2][:2]] for one in asked if one.startswith("GET")]


@pytest.mark.parametrize("attempt", [PAGE, CHARGE, replace(PAGE, page_id="cs_1")], ids=["intent", "charge", "page"])
def test_how_a_dispute_ended_is_read_of_every_payment(attempt: Attempt) -> None:
    """The payment says no more than that there was one."""
    paid = intent()
    paid = {**paid, "latest_charge": {**paid["latest_charge"], "disputed": True}}
    session = {
        "id": "cs_1", "status": "complete", "currency": "zar", "amount_total": 15000, "payment_intent": paid,
    }  # fmt: skip
    lost = {"data": [{"status": "lost", "created": 1}]}
    stripe, script = gateway(session if attempt.page_id else paid, lost)
    found = stripe.look(attempt)
    assert (found.state, found.dispute_end) == (S.TAKEN, DisputeEnd.LOST)
    assert script.asked[1:] == ["GET /v1/disputes"]


MINUTES = timedelta(minutes=1)
LISTED = [{"id": "pi_2", "metadata": {"attempt": "att_1"}}]
CREATED = ["POST /v1/payment_intents"]
FOUND = ["LIST /v1/payment_intents", "GET /v1/payment_intents/pi_2"]


@pytest.mark.parametrize(
    ("age", "answers", "asked", "end"),
    [
        (0, [intent()], CREATED, S.TAKEN),
        (10, [intent()], CREATED, S.TAKEN),
        # Its owner is not there any more: what happened is found out, and nothing is charged.
        (11, [LISTED, intent()], FOUND, S.TAKEN),
        (0, [FAULT, LISTED, intent()], [*CREATED, *FOUND], S.TAKEN),
        (0, [FAULT, []], [*CREATED, FOUND[0]], OutcomeUnknown),
        (15, [[]], FOUND[:1], OutcomeUnknown),
        (16, [[]], FOUND[:1], S.DEAD),
        # The customer was deleted meanwhile, which says nothing of the charge.
        (11, [InvalidRequest("no", reason="x"), LISTED, intent()], [FOUND[0], *FOUND], S.TAKEN),
        (0, [NothingLeft("busy")], CREATED, NothingLeft),
    ],
)
def test_a_saved_card_is_charged_once_and_looked_for_afterwards(
    age: int, answers: list[Any], asked: list[str], end: object
) -> None:
    stripe, script = gateway(*answers, now=NOW + age * MINUTES)
    try:
        found: object = stripe.charge_saved(LOST).state
    except (OutcomeUnknown, NothingLeft) as error:
        found = type(error)
    assert (found, script.asked, script.keys) == (end, asked, ["key"] * asked.count(CREATED[0]))
    assert [one.get("customer") for one in script.queries if "created[gte]" in one] == ["cus_1", None][
        : asked.count(FOUND[0])
    ]


@pytest.mark.parametrize(
    ("answers", "keys", "end"),
    [
        ([intent()], ["key"], S.TAKEN),
        # What Stripe could not say is read: money that is still held is asked for again, without the key that is spent.
        ([FAULT, intent()], ["key"], S.TAKEN),
        ([FAULT, RELEASED], ["key"], S.REVERSED),
        ([FAULT, HELD, intent()], ["key", None], S.TAKEN),
        ([CardRefused({"code": "card_declined"})], ["key"], "card_declined"),
    ],
)
def test_a_capture_is_asked_for_again_only_while_the_money_is_held(
    answers: list[Any], keys: list[str | None], end: object
) -> None:
    stripe, script = gateway(*answers)
    try:
        found: object = stripe.capture(PAGE, Decimal("100.00"), currency="ZAR", key="key").state
    except GatewayRefused as refused:
        found = refused.reason
    assert (found, script.keys) == (end, keys)
    assert {one["amount_to_capture"] for one in script.bodies} == {"10000"}


def test_all_that_is_held_is_captured_where_no_amount_is_said() -> None:
    stripe, script = gateway(intent())
    stripe.capture(PAGE, None, currency="ZAR", key="key")
    assert "amount_to_capture" not in script.bodies[0]
    assert script.bodies[0]["expand[0]"] == "latest_charge.balance_transaction"


def test_a_part_that_cannot_be_carried_is_refused_before_anything_is_sent() -> None:
    stripe, script = gateway()
    with pytest.raises(AmountRefused) as refused:
        stripe.capture(PAGE, Decimal("1.005"), currency="ZAR", key="key")
    assert (refused.value.word, script.asked) == ("amount", [])


BACK = {"status": "succeeded"}
CANCELLED, REFUNDED = "POST /v1/payment_intents/pi_1/cancel", "POST /v1/refunds"
READ = "GET /v1/payment_intents/pi_1"
PART_BACK = intent((5000, "succeeded"))
ALL_BACK = intent((15000, "succeeded"))


@pytest.mark.parametrize(
    ("answers", "asked", "keys"),
    [
        ([ALL_BACK], [READ], []),
        ([HELD, BACK, RELEASED], [READ, CANCELLED, READ], ["key_held"]),
        ([PART_BACK, BACK, ALL_BACK], [READ, REFUNDED, READ], ["key_taken"]),
        ([intent(), FAULT, ALL_BACK], [READ, REFUNDED, READ], ["key_taken"]),
        ([intent(), FAULT, intent(), BACK, ALL_BACK], [READ, REFUNDED, READ, REFUNDED, READ], ["key_taken", None]),
        # It was captured between the two: what is taken is refunded, and no longer cancelled.
        ([HELD, FAULT, intent(), BACK, ALL_BACK], [READ, CANCELLED, READ, REFUNDED, READ], ["key_held", None]),
    ],
)
def test_money_is_given_back_once_and_asked_for_again_only_while_it_is_there(
    answers: list[Any], asked: list[str], keys: list[str | None]
) -> None:
    stripe, script = gateway(*answers)
    assert stripe.give_back(PAGE, key="key").state is S.REVERSED
    assert (script.asked, script.keys) == (asked, keys)


def test_a_payment_whose_id_is_known_is_not_looked_for_and_one_that_was_never_made_moves_nothing() -> None:
    stripe, script = gateway({"data": [{"id": "issfr_1"}]}, {"data": []})
    assert [stripe.is_fraud_suspected(PAGE) for _ in range(2)] == [True, False]
    assert script.asked == ["GET /v1/radar/early_fraud_warnings"] * 2
    assert script.queries == [{"payment_intent": "pi_1", "limit": "1"}] * 2
    open_ = {"id": "cs_1", "livemode": False, "status": "open", "currency": "zar", "amount_total": 15000}
    with pytest.raises(GatewayRefused) as refused:
        gateway(open_)[0].give_back(replace(PAGE, payment_id=None, page_id="cs_1"), key="key")
    assert refused.value.reason == "not_paid"


@pytest.mark.parametrize(
    ("ids", "path", "metadata", "named"),
    [
        (PaymentIds("cs_1", None), "checkout/sessions/cs_1", {"link": "l", "attempt": "a"}, ("l", "a")),
        (PaymentIds("cs_1", "pi_1"), "payment_intents/pi_1", {"link": "l"}, ("l", None)),
        (PaymentIds(None, "pi_1"), "payment_intents/pi_1", None, (None, None)),
    ],
)
def test_an_object_is_ours_by_what_we_named_to_it(
    ids: PaymentIds, path: str, metadata: object, named: tuple[str | None, str | None]
) -> None:
    stripe, script = gateway({"livemode": False, "metadata": metadata})
    found = stripe.named(ids)
    assert (found.link_reference, found.attempt_id, script.asked) == (*named, [f"GET /v1/{path}"])
    assert (found.page_id, found.payment_id) == (ids.page_id, ids.payment_id)


def reported(event_id: str) -> dict[str, Any]:
    item = {"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}
    return {"id": event_id, "type": "charge.dispute.created", "created": 1, "data": {"object": item}}


def test_what_was_reported_is_read_oldest_first_at_each_account_that_still_answers() -> None:
    ours, shop = [reported("evt_2"), {"id": "evt_x", "data": {}}, reported("evt_1")], Script([[reported("evt_0")]])
    stripe, script = gateway(ours, older=(Script([NotAdmitted("rolled", reason="401")]), shop))
    assert [one.event_id for one in stripe.reports(since=NOW)] == ["evt_0", "evt_1", "evt_2"]
    kinds = {f"types[{place}]": kind for place, kind in enumerate(FOUND_BY_LIST)}
    assert script.queries == shop.queries == [{"created[gte]": str(int(NOW.timestamp())), **kinds}]


@pytest.mark.parametrize("fault", [OutcomeUnknown("no answer"), ObjectUnknown("?", reason="resource_missing")])
def test_an_earlier_account_that_does_not_answer_is_asked_again_later(fault: Exception) -> None:
    with pytest.raises(type(fault)):
        gateway([], older=(Script([fault]),))[0].reports(since=NOW)
