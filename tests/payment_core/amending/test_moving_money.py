"""What is held can be taken, and what was taken given back: once, by its documented refusals, and found out when lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from payment_core.domain.enums import PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.payment import PaymentState
from payment_core.errors import Refusal
from payment_core.gateways.gateway import GatewayRefused
from payment_core.journeys.amending.move_money import capture, finish_moves, reverse
from payment_core.journeys.amending.reverse_old_reviews import reverse_old_reviews
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from tests.payment_core.conftest import order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of

Make = Callable[..., Link]


@pytest.fixture
def holding(core: Core, merchant: Merchant) -> Merchant:
    """The merchant, with authorizations in place of sales."""
    with core.transactions.write() as work:
        return merchants.save(work, replace(merchant, transaction_type=TransactionType.AUTHORIZATION), now=core.now())


def paid(core: Core, merchant: Merchant, link: Link, gateway: FakeGateway) -> Link:
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference))
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    return now_of(core, link)


def held(core: Core, merchant: Merchant, gateway: FakeGateway, **changes: object) -> Link:
    return paid(core, merchant, create_link(core, merchant, order_for(**changes)).link, gateway)


def test_a_part_of_what_is_held_is_taken_once(core: Core, holding: Merchant, gateway: FakeGateway) -> None:
    link = held(core, holding, gateway)
    assert (link.payment_status, link.authorized) == (PaymentStatus.AUTHORIZED, Decimal("150.00"))
    taken = capture(core, holding, link.reference, Decimal("100.00"))
    assert (taken.payment_status, taken.captured) == (PaymentStatus.CAPTURED, Decimal("100.00"))
    with pytest.raises(Refusal) as refused:
        capture(core, holding, link.reference, None)
    assert (refused.value.status, refused.value.word) == (409, "ALREADY_CAPTURED")


def test_all_that_is_held_can_be_taken_by_its_amount(core: Core, holding: Merchant, gateway: FakeGateway) -> None:
    link = held(core, holding, gateway)
    taken = capture(core, holding, link.reference, link.authorized)
    assert (taken.payment_status, taken.captured) == (PaymentStatus.CAPTURED, Decimal("150.00"))


@pytest.mark.parametrize(("late", "is_taken"), [(0, True), (1, False)])
def test_a_hold_is_taken_until_its_time_and_not_after(
    core: Core, holding: Merchant, gateway: FakeGateway, clock: MovableClock, late: int, is_taken: bool
) -> None:
    link = held(core, holding, gateway)
    clock.move(days=7, seconds=late)
    if is_taken:
        assert capture(core, holding, link.reference, None).captured == link.authorized
    else:
        with pytest.raises(Refusal, match="has expired"):
            capture(core, holding, link.reference, None)


def test_an_amount_that_the_gateway_cannot_express_leaves_no_move_behind(
    core: Core, holding: Merchant, gateway: FakeGateway
) -> None:
    link = held(core, holding, gateway)
    gateway.not_carried.add(Decimal("0.01"))
    stranger = replace(holding, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    for merchant, status in ((holding, 422), (stranger, 404)):
        with pytest.raises(Refusal) as refused:
            capture(core, merchant, link.reference, Decimal("0.01"))
        assert refused.value.status == status
    assert capture(core, holding, link.reference, None).captured == link.authorized


@pytest.mark.parametrize("fault", [Lost.BEFORE, Lost.AFTER])
def test_a_capture_whose_answer_was_lost_is_found_out_and_never_doubled(
    core: Core, holding: Merchant, gateway: FakeGateway, clock: MovableClock, fault: Lost
) -> None:
    link = held(core, holding, gateway)
    gateway.loses("capture", fault)
    with pytest.raises(Refusal) as refused:
        capture(core, holding, link.reference, None)
    assert refused.value.status == 502
    with pytest.raises(Refusal) as second:
        capture(core, holding, link.reference, None)
    assert second.value.word == "MOVE_UNDER_WAY"
    clock.move(minutes=1)
    assert finish_moves(core, owner="test") == 1
    assert now_of(core, link).payment_status is PaymentStatus.CAPTURED
    assert len({key for method, key in gateway.calls if method == "capture"}) == 1


def test_too_much_and_too_late_are_refused_by_name(
    core: Core, holding: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = held(core, holding, gateway)
    with pytest.raises(Refusal) as too_much:
        capture(core, holding, link.reference, Decimal("150.01"))
    clock.move(days=8)
    with pytest.raises(Refusal) as too_late:
        capture(core, holding, link.reference, None)
    assert (too_much.value.word, too_late.value.word) == ("AMOUNT_TOO_HIGH", "AUTHORIZATION_EXPIRED")


def test_held_money_is_reversed_taken_money_is_voided_settled_money_is_refused(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = paid(core, merchant, make_link(), gateway)
    voided = reverse(core, merchant, link.reference)
    assert (voided.payment_status, voided.reversed) == (PaymentStatus.VOIDED, Decimal("150.00"))
    with pytest.raises(Refusal) as again:
        reverse(core, merchant, link.reference)
    other = paid(core, merchant, make_link(order_number="00000101", caller_reference="other"), gateway)
    gateway.change(gateway.key_of(other.reference), settled=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, other.reference)[0]
    look(core, attempt)
    with pytest.raises(Refusal) as settled:
        reverse(core, merchant, other.reference)
    with pytest.raises(Refusal) as taken:
        capture(core, merchant, other.reference, None)
    assert (again.value.word, settled.value.word, taken.value.word) == (
        "ALREADY_REVERSED",
        "ALREADY_SETTLED",
        "ALREADY_CAPTURED",
    )


def test_a_refund_of_a_part_names_the_part_and_leaves_a_payment(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger, client: FlaskClient
) -> None:
    """As somebody gives it back in the gateway's own pages."""
    link = paid(core, merchant, make_link(), gateway)
    with core.transactions.read() as work:
        address, attempt = links.token_of(work, link), attempts_of(work, link.reference)[0]
    gateway.change(gateway.key_of(link.reference), reversed=Decimal("40.00"))
    look(core, attempt)
    after = now_of(core, link)
    assert (after.reversed, after.has_money) == (Decimal("40.00"), True)
    send_due(core)
    assert "ZAR 40.00" in messenger.sent[-1].text
    page = client.get(f"/pay/{address}", base_url="https://pay.example")
    assert "receipt" in page.text
    assert "does not keep this money" not in page.text
    reverse(core, merchant, link.reference)
    page = client.get(f"/pay/{address}", base_url="https://pay.example")
    assert "does not keep this money" in page.text


@pytest.mark.both_databases
def test_what_stays_in_review_is_reversed_after_48_hours_where_the_merchant_wants_it(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    made = {}
    for wanted in (True, False):
        with core.transactions.write() as work:
            merchant = merchants.save(work, replace(merchant, auto_reversal=wanted), now=core.now())
        made[wanted] = held(core, merchant, gateway, caller_reference=str(wanted))
        gateway.change(gateway.key_of(made[wanted].reference), in_review=True)
        with core.transactions.read() as work:
            attempt = attempts_of(work, made[wanted].reference)[0]
        look(core, attempt)
    clock.move(hours=47, minutes=59, seconds=59)
    assert reverse_old_reviews(core) == 0
    clock.move(seconds=1)
    assert reverse_old_reviews(core) == 1
    assert (now_of(core, made[True]).payment_status, now_of(core, made[False]).payment_status) == (
        PaymentStatus.VOIDED, PaymentStatus.RECEIVED,
    )  # fmt: skip
    assert reverse_old_reviews(core) == 0


def test_a_review_that_the_gateway_will_not_reverse_is_a_persons_and_asked_for_once(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    with core.transactions.write() as work:
        merchant = merchants.save(work, replace(merchant, auto_reversal=True), now=core.now())
    link = held(core, merchant, gateway, caller_reference="a")
    gateway.change(gateway.key_of(link.reference), in_review=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    clock.move(hours=49)
    gateway.loses("give_back", *[Lost.REFUSED] * 5)
    assert [reverse_old_reviews(core) for _ in range(3)] == [0, 0, 0]
    assert len([one for one in gateway.calls if one[0] == "give_back"]) == 1
    assert now_of(core, link).attention == "refund_failed"


@pytest.mark.parametrize(
    ("shown", "attention"), [({"disputed": True}, "disputed"), ({"in_review": False}, None), ({}, "refund_failed")]
)
def test_a_review_that_the_gateway_does_not_reverse_needs_a_person_as_far_as_it_is_one_by_then(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch,
    shown: dict[str, bool], attention: str | None,
) -> None:  # fmt: skip
    """It may have been disputed, or approved, while it was asked for."""
    with core.transactions.write() as work:
        merchant = merchants.save(work, replace(merchant, auto_reversal=True), now=core.now())
    link = held(core, merchant, gateway)
    with core.transactions.write() as work:
        links.save(work, replace(link, in_review=True))
    clock.move(hours=49)
    gateway.change(gateway.key_of(link.reference), in_review=True)

    def refuse(*_: object, **__: object) -> None:
        gateway.change(gateway.key_of(link.reference), **shown)
        raise GatewayRefused("the gateway said no", reason="refused")

    monkeypatch.setattr(gateway, "give_back", refuse)
    assert reverse_old_reviews(core) == 0
    assert now_of(core, link).attention == attention


def test_a_review_whose_reversal_got_no_answer_is_nobodys_yet(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    """It is asked for again by itself, and mostly done then: an alarm would be false."""
    with core.transactions.write() as work:
        merchant = merchants.save(work, replace(merchant, auto_reversal=True), now=core.now())
    link = held(core, merchant, gateway)
    gateway.change(gateway.key_of(link.reference), in_review=True)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    clock.move(hours=49)
    gateway.loses("give_back", Lost.BEFORE)
    for _ in range(2):
        assert reverse_old_reviews(core) == 0
        assert now_of(core, link).attention is None
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert (now_of(core, link).payment_status, now_of(core, link).attention) == (PaymentStatus.VOIDED, None)


def test_a_review_that_holds_no_money_yet_has_nothing_to_give_back(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), state=PaymentState.REVIEW)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    assert now_of(core, link).payment_status is PaymentStatus.REVIEW
    with pytest.raises(Refusal) as refused:
        reverse(core, merchant, link.reference)
    assert (refused.value.word, "give_back" in dict(gateway.calls)) == ("NOTHING_TO_REVERSE", False)


@pytest.mark.parametrize(("kind", "word"), [("capture", "capture_failed"), ("give_back", "refund_failed")])
def test_a_move_that_is_refused_when_nobody_waits_any_more_is_a_persons(
    core: Core, holding: Merchant, gateway: FakeGateway, clock: MovableClock, kind: str, word: str
) -> None:
    """Its first answer was lost, so that its caller knows nothing."""
    link = held(core, holding, gateway)
    gateway.loses(kind, Lost.BEFORE, Lost.REFUSED)
    with pytest.raises(Refusal):
        capture(core, holding, link.reference, None) if kind == "capture" else reverse(core, holding, link.reference)
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert (now_of(core, link).payment_status, now_of(core, link).attention) == (PaymentStatus.AUTHORIZED, word)


def test_what_cannot_be_seen_to_be_back_is_a_persons(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = paid(core, merchant, make_link(), gateway)
    gateway.loses("give_back", Lost.BEFORE, Lost.REFUSED)
    with pytest.raises(Refusal):
        reverse(core, merchant, link.reference)
    clock.move(minutes=1)
    gateway.loses("look", Lost.BEFORE, Lost.BEFORE)
    finish_moves(core, owner="test")
    assert now_of(core, link).attention == "refund_failed"


@pytest.mark.parametrize("answer", [Lost.KEY, Lost.BEFORE])
def test_a_move_is_asked_for_again_half_a_minute_after_it_got_no_answer_or_the_key_was_not_accepted(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock, answer: Lost
) -> None:
    """What an earlier try of it did is not known, so that it is not refused either."""
    link = paid(core, merchant, make_link(), gateway)
    gateway.loses("give_back", Lost.BEFORE, answer)
    with pytest.raises(Refusal):
        reverse(core, merchant, link.reference)
    for _ in range(2):
        clock.move(seconds=29)
        assert finish_moves(core, owner="test") == 0
        clock.move(seconds=1)
        assert finish_moves(core, owner="test") == 1
    assert (now_of(core, link).payment_status, now_of(core, link).attention) == (PaymentStatus.VOIDED, None)


def test_a_move_that_is_refused_because_it_was_done_raises_no_alarm(
    core: Core, holding: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = held(core, holding, gateway)
    gateway.loses("give_back", Lost.AFTER, Lost.REFUSED)
    with pytest.raises(Refusal):
        reverse(core, holding, link.reference)
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert (now_of(core, link).payment_status, now_of(core, link).attention) == (PaymentStatus.REVERSED, None)
