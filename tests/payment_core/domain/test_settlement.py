"""Every history of a payment, seen in every order and more than once, ends in one state, and no money goes back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation.phones.phone import Phone
from manifests.shipped import load_shipped
from payment_core.api_manifest import read_api_manifest
from payment_core.domain.enums import Channel, LinkStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.payment import Card, DisputeEnd, Payment, PaymentState
from payment_core.domain.settlement import OVER, Attention, Outcome, dealt_with, settle
from payment_core.store.schema.tables import links

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TOTAL, CENT = Decimal("150.00"), Decimal("0.01")
S = PaymentState
SALE, AUTHORIZATION = TransactionType.SALE, TransactionType.AUTHORIZATION
_ENDED = (PaymentStatus.VOIDED, PaymentStatus.REVERSED)


def link_of(kind: TransactionType, **more: Any) -> Link:
    values: dict[str, Any] = {
        "reference": "5b0e0c5e",
        "merchant_id": "mer",
        "application": "app",
        "order_number": "00000100",
        "channel": Channel.SMS,
        "phone": Phone("27831234567"),
        "currency": "ZAR",
        "total": TOTAL,
        "tax": Decimal("0.00"),
        "sub_total": TOTAL,
        "language": "en",
        "additional_data": {},
        "transaction_type": kind,
        "auto_reversal": False,
        "status": LinkStatus.CLICKED,
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
    }
    return Link(**values | more)


def seen(
    state: PaymentState, minute: int, captured: Decimal | int = 0, reversed_: Decimal | int = 0, **more: Any
) -> Payment:
    """Return what a gateway shows: its decision of a minute, and how much it took and gave back."""
    held = state in (S.HELD, S.TAKEN, S.REVERSED)
    return Payment(
        state=state,
        currency="ZAR",
        amount=TOTAL,
        authorized=TOTAL if held else Decimal(0),
        captured=Decimal(captured),
        reversed=Decimal(reversed_),
        decided_at=NOW + timedelta(minutes=minute) if minute else None,
        card=Card("Visa", "4242") if minute else None,
        **more,
    )


_REVIEWED = "a sale under review, approved"
OPEN = seen(S.OPEN, 0)
HISTORIES: dict[str, tuple[TransactionType, Sequence[Payment]]] = {
    "a sale after two refused cards, refunded in parts and disputed": (
        SALE,
        (
            OPEN,
            seen(S.DECLINED, 1),
            seen(S.TAKEN, 3, 150),
            seen(S.TAKEN, 3, 150, settled=True),
            seen(S.TAKEN, 3, 150, 40, settled=True),
            seen(S.TAKEN, 3, 150, 40, settled=True, disputed=True),
            seen(S.REVERSED, 3, 150, 150, settled=True, disputed=True),
        ),
    ),
    "a dispute that is lost": (
        SALE,
        (
            seen(S.TAKEN, 1, 150),
            seen(S.TAKEN, 1, 150, disputed=True),
            seen(S.TAKEN, 1, 150, disputed=True, dispute_end=DisputeEnd.LOST),
        ),
    ),
    "a sale that is voided, whose day of settlement comes later": (
        SALE,
        (seen(S.UNDER_WAY, 0), seen(S.TAKEN, 1, 150), seen(S.REVERSED, 1, 150, 150)),
    ),
    "a refund that fails": (
        SALE,
        (seen(S.TAKEN, 1, 150), seen(S.TAKEN, 1, 150, 40), seen(S.TAKEN, 1, 150, failed_refunds=1)),
    ),
    _REVIEWED: (
        SALE,
        (OPEN, seen(S.TAKEN, 1, 150, in_review=True), seen(S.TAKEN, 1, 150), seen(S.TAKEN, 1, 150, settled=True)),
    ),
    "a sale under review, refunded": (SALE, (seen(S.TAKEN, 1, 150, in_review=True), seen(S.REVERSED, 1, 150, 150))),
    "a capture of a part, refunded in two parts": (
        AUTHORIZATION,
        (
            OPEN,
            seen(S.HELD, 1),
            seen(S.TAKEN, 1, 100),
            seen(S.TAKEN, 1, 100, 30),
            seen(S.REVERSED, 1, 100, 100),
        ),
    ),
    "a hold that is released": (AUTHORIZATION, (OPEN, seen(S.HELD, 1), seen(S.REVERSED, 1, 0, 150))),
    "a review after a refused card, approved and captured": (
        AUTHORIZATION,
        (OPEN, seen(S.DECLINED, 1), seen(S.REVIEW, 2), seen(S.HELD, 3), seen(S.TAKEN, 3, 150)),
    ),
    "a review that is reversed by itself": (SALE, (OPEN, seen(S.REVIEW, 1), seen(S.REVERSED, 1, 0, 150))),
    "a page that dies": (SALE, (OPEN, seen(S.DECLINED, 1), seen(S.DECLINED, 2), seen(S.DEAD, 2))),
    "a saved card that needs its owner": (SALE, (OPEN, seen(S.NEEDS_CUSTOMER, 0))),
}


def sightings(history: Sequence[Payment]) -> Iterator[tuple[Payment, ...]]:
    """Yield every order of a history, and each with every sighting once more at its end."""
    for order in itertools.permutations(history):
        yield order
        yield order + order[::-1]


def facts(link: Link) -> tuple[object, ...]:
    return (
        link.payment_status, link.authorized, link.captured, link.reversed, link.settled, link.in_review,
        link.attention, link.payable, link.decided_at, link.paid_by,
    )  # fmt: skip


def news_of(link: Link) -> tuple[object, ...]:
    declined_at = link.decided_at if link.payment_status is PaymentStatus.DECLINED else None
    return (
        link.payment_status, link.authorized, link.captured, link.reversed, link.in_review, declined_at,
    )  # fmt: skip


def walked(link: Link, payments: Sequence[Payment]) -> Link:
    """Settle one sighting after another, and hold at each step what must never happen."""
    for payment in payments:
        change = settle(link, payment, "att_1", now=NOW + timedelta(hours=1))
        after = change.link
        assert after.authorized >= link.authorized
        assert after.captured >= link.captured
        assert after.reversed >= link.reversed
        assert after.settled >= link.settled
        assert link.payable or not after.payable
        if link.authorized:
            assert after.payment_status not in (None, PaymentStatus.DECLINED, PaymentStatus.REVIEW)
        if link.payment_status in _ENDED:
            assert after.payment_status in _ENDED
        assert change.is_news is (news_of(after) != news_of(link)), (link.payment_status, payment)
        assert change.outcome is Outcome.NONE
        link = after
    return link


@pytest.mark.parametrize("name", HISTORIES)
def test_every_order_of_a_history_ends_in_one_state(name: str) -> None:
    kind, history = HISTORIES[name]
    wanted = facts(walked(link_of(kind), history))
    # A review may open after the money was taken: only a later look tells that an answer of one came late.
    later = history[-1:] if name == _REVIEWED else ()
    for order in sightings(history):
        assert facts(walked(link_of(kind), (*order, *later))) == wanted, [
            (one.state, one.captured, one.reversed) for one in order
        ]


P = PaymentStatus


@pytest.mark.parametrize(
    ("kind", "history", "status"),
    [
        (SALE, (seen(S.TAKEN, 1, 150),), P.RECEIVED),
        (SALE, (seen(S.TAKEN, 1, 150, 40),), P.VOIDED),
        (SALE, (seen(S.TAKEN, 1, 150), seen(S.TAKEN, 1, 150, 40)), P.VOIDED),
        (SALE, (seen(S.TAKEN, 1, 150, 40, settled=True),), P.REVERSED),
        (AUTHORIZATION, (seen(S.HELD, 1),), P.AUTHORIZED),
        (AUTHORIZATION, (seen(S.TAKEN, 1, 100),), P.CAPTURED),
        (AUTHORIZATION, (seen(S.TAKEN, 1, 100), seen(S.HELD, 1)), P.CAPTURED),
        (AUTHORIZATION, (seen(S.HELD, 1), seen(S.REVERSED, 1, 0, 150)), P.REVERSED),
        # A gateway may say that a hold was released without saying how much it was.
        (AUTHORIZATION, (seen(S.HELD, 1), seen(S.REVERSED, 1)), P.REVERSED),
        (AUTHORIZATION, (seen(S.TAKEN, 1, 100, 30), seen(S.TAKEN, 1, 100, 30)), P.VOIDED),
        (SALE, (seen(S.TAKEN, 1, 150), seen(S.TAKEN, 1, 150, 40), seen(S.TAKEN, 1, 150, 40, settled=True)), P.VOIDED),
        # The least part is money, too.
        (AUTHORIZATION, (seen(S.TAKEN, 1, CENT), seen(S.HELD, 1)), P.CAPTURED),
        (AUTHORIZATION, (seen(S.TAKEN, 1, CENT, CENT),), P.VOIDED),
        (SALE, (seen(S.TAKEN, 1, 150, CENT), seen(S.TAKEN, 1, 150)), P.VOIDED),
    ],
)
def test_money_has_the_status_of_what_was_done_with_it(
    kind: TransactionType, history: Sequence[Payment], status: PaymentStatus
) -> None:
    """Held, taken at once or by a capture; void is what comes back before it is settled."""
    assert walked(link_of(kind), history).payment_status is status


@pytest.mark.parametrize(
    ("money", "is_in_review"),
    [
        (seen(S.HELD, 1, in_review=True), True),
        (seen(S.TAKEN, 1, 100, in_review=True), True),
        (seen(S.TAKEN, 1, 100, 40, in_review=True), True),
        (seen(S.TAKEN, 1, 100, 100, in_review=True), False),
        (seen(S.TAKEN, 1, 100), False),
    ],
)
def test_money_is_in_review_while_some_of_it_is_there(money: Payment, is_in_review: bool) -> None:
    assert settle(link_of(AUTHORIZATION), money, "att_1", now=NOW).link.in_review is is_in_review


def test_a_review_that_ends_badly_stays_ended() -> None:
    """The last word counts, however late what was read before it is written."""
    last = seen(S.DECLINED, 3)
    for order in sightings((OPEN, seen(S.DECLINED, 1), seen(S.REVIEW, 2), last)):
        after = walked(link_of(SALE), order)
        assert (after.payment_status, after.decided_at, after.in_review) == (
            PaymentStatus.DECLINED,
            last.decided_at,
            False,
        )


def test_a_review_whose_payment_dies_is_declined() -> None:
    after = walked(link_of(AUTHORIZATION), (seen(S.REVIEW, 1), seen(S.DEAD, 1), seen(S.REVIEW, 1)))
    assert (after.payment_status, after.payable, after.in_review) == (PaymentStatus.DECLINED, False, False)
    assert after.review_finalised_at is not None


def test_a_page_that_dies_without_a_card_declines_nothing() -> None:
    link = link_of(SALE)
    assert settle(link, seen(S.DEAD, 1), "att_1", now=NOW).link == link


@pytest.mark.parametrize("held", [seen(S.HELD, 2), seen(S.TAKEN, 2, 150), seen(S.REVERSED, 2, 150, 150)])
@pytest.mark.parametrize("minute", [0, 1, 2, 3])
def test_a_refusal_takes_the_place_of_no_money_whatever_its_time(held: Payment, minute: int) -> None:
    """Another try on the same page, or a clock of the gateway's that is ahead of its other."""
    link = settle(link_of(SALE), held, "att_1", now=NOW).link
    assert settle(link, seen(S.DECLINED, minute), "att_1", now=NOW).link == link


def test_a_refused_card_without_a_time_is_news_once() -> None:
    """Seen at each look at the page, it would else be told every minute."""
    declined = replace(seen(S.DECLINED, 1), decided_at=None)
    first = settle(link_of(SALE), declined, "att_1", now=NOW)
    assert first.is_news
    again = settle(first.link, declined, "att_1", now=NOW + timedelta(minutes=1))
    assert (again.is_news, again.link) == (False, first.link)


@pytest.mark.parametrize("before", [seen(S.REVIEW, 0), seen(S.HELD, 0, in_review=True)])
def test_the_end_of_a_review_of_money_has_its_time(before: Payment) -> None:
    reviewed = settle(link_of(SALE), before, "att_1", now=NOW).link
    taken = settle(reviewed, seen(S.TAKEN, 1, 150, in_review=True), "att_1", now=NOW).link
    cleared = settle(taken, seen(S.TAKEN, 1, 150), "att_1", now=NOW)
    assert (taken.in_review, taken.review_finalised_at) == (True, None), "it goes on beside the money"
    assert (cleared.is_news, cleared.link.in_review) == (True, False)
    assert cleared.link.review_finalised_at == taken.decided_at
    late = settle(cleared.link, seen(S.TAKEN, 1, 150, in_review=True), "att_1", now=NOW)
    assert (late.is_news, late.link.in_review) == (False, False), "read before its end, and written after it"


def test_money_that_was_never_in_review_has_no_end_of_one() -> None:
    taken = settle(link_of(SALE), seen(S.TAKEN, 1, 150), "att_1", now=NOW).link
    assert (taken.in_review, taken.review_finalised_at) == (False, None)


def test_money_that_is_seen_again_keeps_the_time_of_its_news() -> None:
    taken = settle(link_of(SALE), seen(S.TAKEN, 1, 150), "att_1", now=NOW)
    again = settle(taken.link, seen(S.TAKEN, 5, 150), "att_1", now=NOW)
    assert (again.is_news, again.link) == (False, taken.link)


def test_what_a_gateway_says_once_is_kept_and_its_newer_word_counts() -> None:
    """Until when a hold can be taken, and the gateway's own reference of the money."""
    week, days = NOW + timedelta(days=7), NOW + timedelta(days=5)
    held = settle(
        link_of(AUTHORIZATION), seen(S.HELD, 1, capture_before=week, reconciliation="ch_1"), "a", now=NOW
    ).link
    silent = settle(held, seen(S.TAKEN, 1, 100), "a", now=NOW).link
    newer = settle(held, seen(S.TAKEN, 1, 100, capture_before=days, reconciliation="ch_2"), "a", now=NOW).link
    for link, wanted in ((held, (week, "ch_1")), (silent, (week, "ch_1")), (newer, (days, "ch_2"))):
        assert (link.capture_before, link.reconciliation_reference) == wanted


def test_a_review_after_a_refusal_keeps_the_reference_that_was_given() -> None:
    """By it the merchant's books know the payment."""
    declined = replace(settle(link_of(SALE), seen(S.DECLINED, 1), "a", now=NOW).link, reconciliation_reference="TRN1")
    for said, kept in ((None, "TRN1"), ("ch_2", "ch_2")):
        review = seen(S.REVIEW, 2, reconciliation=said)
        assert settle(declined, review, "a", now=NOW).link.reconciliation_reference == kept


def test_money_without_a_time_of_the_gateways_was_decided_when_it_was_first_seen() -> None:
    taken = settle(link_of(SALE), replace(seen(S.TAKEN, 1, 150), decided_at=None), "att_1", now=NOW).link
    refunded = replace(seen(S.TAKEN, 1, 150, 40), decided_at=None)
    later = settle(taken, refunded, "att_1", now=NOW + timedelta(hours=1)).link
    assert (taken.decided_at, later.decided_at) == (NOW, NOW)


def test_an_older_answer_moves_no_decision_back() -> None:
    """The day on which a review is reversed by itself counts from it."""
    taken = settle(link_of(SALE), seen(S.TAKEN, 5, 150), "att_1", now=NOW).link
    refunded = settle(taken, seen(S.TAKEN, 2, 150, 40), "att_1", now=NOW).link
    assert (refunded.reversed, refunded.decided_at) == (Decimal(40), taken.decided_at)


def test_an_answer_that_says_less_takes_nothing_back() -> None:
    counted = walked(link_of(AUTHORIZATION), (seen(S.TAKEN, 1, 100, 30),))
    less = settle(counted, replace(seen(S.HELD, 1), authorized=Decimal(0)), "att_1", now=NOW).link
    assert (less.authorized, less.captured, less.reversed) == (TOTAL, Decimal(100), Decimal(30))


def test_what_was_voided_is_not_reversed_by_its_day_of_settlement() -> None:
    voided = walked(link_of(SALE), (seen(S.TAKEN, 1, 150), seen(S.REVERSED, 1, 150, 150)))
    later = settle(voided, seen(S.REVERSED, 1, 150, 150, settled=True), "att_1", now=NOW)
    assert (later.link.payment_status, later.is_news) == (PaymentStatus.VOIDED, False)


def test_a_refund_after_the_settlement_is_a_reversal_also_where_its_answer_does_not_say_settled() -> None:
    """Only what never reached the merchant's account is voided, and a settlement is not taken back."""
    settled = walked(link_of(SALE), (seen(S.TAKEN, 1, 150), seen(S.TAKEN, 1, 150, settled=True)))
    after = settle(settled, seen(S.REVERSED, 1, 150, 150), "att_1", now=NOW).link
    assert (after.payment_status, after.settled) == (PaymentStatus.REVERSED, True)


def test_a_captured_part_that_is_given_back_leaves_no_money() -> None:
    """The rest of the hold was released by the capture."""
    after = walked(link_of(AUTHORIZATION), (seen(S.HELD, 1), seen(S.TAKEN, 1, 100), seen(S.REVERSED, 1, 100, 100)))
    assert not after.has_money
    part = walked(link_of(AUTHORIZATION), (seen(S.TAKEN, 1, 100, 40),))
    assert part.has_money


@pytest.mark.parametrize("first", list(S))
@pytest.mark.parametrize("second", list(S))
def test_another_attempt_changes_no_money_of_a_paid_link(first: PaymentState, second: PaymentState) -> None:
    def shown(state: PaymentState) -> Payment:
        captured = 150 if state in (S.TAKEN, S.REVERSED) else 0
        return seen(state, 1, captured, captured if state is S.REVERSED else 0)

    link = settle(link_of(SALE), shown(first), "att_1", now=NOW).link
    change = settle(link, shown(second), "att_2", now=NOW)
    # A review, too, may end with money, which is then this link's.
    is_owned = first in (S.HELD, S.TAKEN, S.REVERSED, S.REVIEW)
    assert link.paid_by == ("att_1" if is_owned else None)
    if not is_owned:
        return
    owed = second in (S.HELD, S.TAKEN)
    assert change.outcome is (Outcome.GIVE_BACK if owed else Outcome.NONE)
    assert change.link == replace(link, attention=Attention.PAID_TWICE if owed else None)
    assert settle(change.link, shown(second), "att_2", now=NOW).is_news is False


def alarmed(before: Link, payment: Payment, attempt: str = "att_1") -> tuple[str | None, Outcome]:
    """Return the attention and what else is done, where a payment changes no money of a link."""
    result = settle(before, payment, attempt, now=NOW)
    assert result.link == replace(before, payable=result.link.payable, attention=result.link.attention)
    assert not result.is_news
    return result.link.attention, result.outcome


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("change", [{"amount": Decimal("150.01")}, {"currency": "USD"}])
def test_another_amount_or_currency_is_believed_of_nothing(state: PaymentState, change: dict[str, Any]) -> None:
    other = replace(seen(state, 1), **change)
    wanted = {
        S.HELD: (Attention.AMOUNT_TAKEN, Outcome.GIVE_BACK),
        S.TAKEN: (Attention.AMOUNT_TAKEN, Outcome.GIVE_BACK),
        S.REVERSED: (Attention.AMOUNT_RETURNED, Outcome.NONE),
    }
    assert alarmed(link_of(SALE), other) == wanted.get(state, (Attention.AMOUNT_DIFFERS, Outcome.CLOSE))
    assert not settle(link_of(SALE), other, "att_1", now=NOW).link.payable
    counted = settle(link_of(SALE), seen(S.TAKEN, 1, 150), "att_1", now=NOW).link
    assert alarmed(counted, other) == (Attention.AMOUNT_CHANGED, Outcome.NONE), "what was counted stays"


@pytest.mark.parametrize("status", [LinkStatus.EXPIRED, LinkStatus.CANCELLED])
@pytest.mark.parametrize("state", list(S))
def test_money_on_a_link_that_was_ended_is_given_back(status: LinkStatus, state: PaymentState) -> None:
    """Its end was news: the order may have been paid by another link."""
    ended = link_of(SALE, status=status, payable=False)
    is_back = state in (S.HELD, S.TAKEN)
    wanted = (Attention.PAID_LATE, Outcome.GIVE_BACK) if is_back else (None, Outcome.NONE)
    assert alarmed(ended, seen(state, 1)) == wanted
    # Also where a review was seen before it, which the link's money must not depend on.
    after_review = settle(ended, seen(S.REVIEW, 1), "att_1", now=NOW).link
    assert alarmed(after_review, seen(state, 2)) == wanted


@pytest.mark.parametrize("status", [LinkStatus.EXPIRED, LinkStatus.CANCELLED])
def test_money_that_was_counted_stays_counted_whatever_the_link_is(status: LinkStatus) -> None:
    counted = replace(settle(link_of(SALE), seen(S.TAKEN, 1, 150), "att_1", now=NOW).link, status=status)
    assert settle(counted, seen(S.TAKEN, 1, 150), "att_1", now=NOW).outcome is Outcome.NONE
    assert settle(counted, seen(S.TAKEN, 1, 150, 40), "att_1", now=NOW).link.reversed == Decimal(40)


@pytest.mark.parametrize("cause", ["twice", "late", "amount"])
def test_what_is_said_of_money_that_is_given_back_follows_the_fact(cause: str) -> None:
    """Asked for, back, or refused: by the gateway at once, or by the customer's bank days later."""
    link, amount, attempt = link_of(SALE), TOTAL, "att_2"
    if cause == "twice":
        link = settle(link, seen(S.TAKEN, 1, 150), "att_1", now=NOW).link
    elif cause == "late":
        link = replace(link, status=LinkStatus.EXPIRED, payable=False)
    else:
        amount = TOTAL + 1
    taken, back = (
        replace(seen(one, 2, 150, int(one is S.REVERSED) * 150), amount=amount) for one in (S.TAKEN, S.REVERSED)
    )
    asked = settle(link, taken, attempt, now=NOW).link
    returned = settle(asked, back, attempt, now=NOW).link
    assert returned.attention in OVER
    assert returned.attention == f"{asked.attention}_returned".replace("taken_", "")
    failed = settle(returned, replace(taken, failed_refunds=1), attempt, now=NOW)
    assert failed.link.attention == Attention.RETURN_FAILED
    # Refused at once: it is not said again that it is on its way, until it is back by another hand.
    refused = replace(asked, attention=Attention.RETURN_FAILED)
    assert settle(refused, taken, attempt, now=NOW).link.attention == Attention.RETURN_FAILED
    assert settle(refused, back, attempt, now=NOW).link.attention in OVER


def test_a_second_payment_that_is_back_after_another_was_dealt_with_seems_under_way_no_longer() -> None:
    link = replace(link_of(SALE), paid_by="att_1", attention=Attention.PAID_TWICE_RETURNED)
    for attempt in ("att_2", "att_3"):
        taken = settle(dealt_with(link), seen(S.TAKEN, 2, 150), attempt, now=NOW).link
        assert taken.attention == Attention.PAID_TWICE
        link = settle(taken, seen(S.REVERSED, 2, 150, 150), attempt, now=NOW).link
        assert link.attention == Attention.PAID_TWICE_RETURNED


def test_all_that_a_person_can_have_dealt_with_on_one_link_fits_its_column() -> None:
    """One that is too long could not be written on PostgreSQL, and with it the money that raised it."""
    a, link = Attention, link_of(SALE)
    of_dispute = (a.DISPUTE_LOST, a.DISPUTE_WON, a.DISPUTE_LOST_THEN_WON, a.DISPUTE_WON_THEN_LOST, a.DISPUTED)
    for one in (
        a.AMOUNT_CHANGED, a.PAID_TWICE, a.PAID_TWICE_RETURNED, *of_dispute, a.FRAUD_SUSPECTED, a.REFUND_FAILED,
        a.CAPTURE_FAILED,
    ):  # fmt: skip
        link = dealt_with(replace(link, attention=one))
    assert len(link.attention_done) <= 160 == links.c.attention_done.type.length  # type: ignore[attr-defined]


def test_every_attention_has_a_sentence() -> None:
    assert set(Attention) == set(read_api_manifest().attentions)
    assert set(load_shipped("core/ours.json")["attention_over"]) == OVER
