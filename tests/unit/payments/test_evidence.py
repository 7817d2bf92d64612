"""Proofs and payment requests: whatever the order of arrival, whatever is repeated, the end is the same in every field."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from connector.core.lifecycle import lifecycle
from connector.core.statuses import core_statuses, merge_updates, status_update
from connector.domain.payments.evidence import Evidence, apply_evidence
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money, States, Status, StatusUpdate
from tests.unit.examples import NOW, make_request

SEED = 20261121
WORDS = sorted(core_statuses())
SENDING = make_request(states=States(link=Link.SENDING), live=True, sending_until=NOW + timedelta(seconds=30))


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def after(request: PaymentRequest, *proofs: Evidence) -> PaymentRequest:
    for proof in proofs:
        request = apply_evidence(request, proof, lifecycle=lifecycle())
    return request


def said(word: str, at: float = 1, *, finalised: bool = False, **more: object) -> Evidence:
    news = status_update(word, review_finalised=finalised)
    assert news is not None
    return replace(Evidence(news=news, occurred_at=minutes(at), core_status=word, link_reference="link-1"), **more)  # type: ignore[arg-type]


amounts = st.sampled_from([Decimal(0), Decimal("40.00"), Decimal("115.00")])
moments = st.integers(0, 40).map(minutes)
texts = st.none() | st.sampled_from(["a-1", "b-2", "c-3"])


@st.composite
def evidence_of_one_payment(draw: st.DrawFn) -> Evidence:
    """What the core says (a callback, or its own record with two words in it), and what our own calls prove."""
    kind = draw(st.sampled_from(["callback", "record", "own", "report"]))
    word: str | None = None
    if kind == "report":
        return draw(st.sampled_from(reports_of_the_message()))
    if kind == "own":
        news = StatusUpdate(
            message=draw(st.none() | st.sampled_from(Message)),
            link=draw(st.sampled_from([Link.UNKNOWN, Link.SENT, Link.EXPIRED, Link.CANCELLED])),
        )
        word = draw(st.none() | st.sampled_from(WORDS))
    else:
        word = draw(st.sampled_from(WORDS))
        news = merge_updates(status_update(word, review_finalised=draw(st.booleans())), None)
        if kind == "record":
            news = merge_updates(status_update(draw(st.sampled_from(WORDS))), news)
    return Evidence(
        news=news,
        occurred_at=draw(moments),
        core_status=word,
        link_reference=draw(st.sampled_from([None, "link-1"])),
        receipt_reference=draw(texts),
        reconciliation_reference=draw(texts),
        reason=draw(texts),
        authorized=draw(amounts),
        captured=draw(amounts),
        reversed=draw(amounts),
        sent_at=draw(st.none() | moments),
        opened_at=draw(st.none() | moments),
        charging=draw(st.booleans()),
        charging_at=draw(st.none() | moments),
    )


@seed(SEED)
@settings(max_examples=150)
@given(st.lists(evidence_of_one_payment(), min_size=1, max_size=6), st.randoms(use_true_random=False), st.data())
def test_any_permutation_of_proofs_with_repeats_ends_in_an_equal_payment_request(
    proofs: Any, rng: Any, data: Any
) -> None:
    note(f"seed {SEED}")
    again = [*proofs, *data.draw(st.lists(st.sampled_from(proofs), max_size=4))]
    rng.shuffle(again)
    assert after(SENDING, *again) == after(SENDING, *proofs)


def reports_of_the_message() -> list[Evidence]:
    """What a messenger says of the message, and that nobody knows whether it was sent."""
    whys = {Message.FAILED: ("blocked", "phone_off", None)}
    said_of = [
        Evidence(StatusUpdate(message=message), minutes(1), message_at=minutes(at), message_failure=why)
        for message in (Message.ACCEPTED, Message.SENT, Message.FAILED, Message.DELIVERED, Message.READ)
        for at in (1, 2)
        for why in whys.get(message, (None,))
    ]
    in_doubt = [
        Evidence(StatusUpdate(message=message), minutes(1), message_failure="not_known")
        for message in (None, Message.ACCEPTED)
    ]
    return said_of + in_doubt


def every_kind_of_proof() -> list[Evidence]:
    """One piece of each kind: every word of the core with and without a review's end, and what our own calls prove."""
    words = [said(word, finalised=finalised) for word in WORDS for finalised in (False, True)]
    own = [
        Evidence(news=StatusUpdate(link=link), occurred_at=minutes(1))
        for link in (Link.UNKNOWN, Link.SENT, Link.EXPIRED, Link.CANCELLED)
    ]
    charges = [
        Evidence(news=StatusUpdate(), occurred_at=minutes(1), charging=charging, charging_at=minutes(at))
        for charging in (True, False)
        for at in (1, 2)
    ]
    alarms = [
        Evidence(StatusUpdate(), minutes(1), attention=attention, attention_at=minutes(at))
        for at, attention in ((1, "disputed"), (2, None))
    ]
    goods = [Evidence(StatusUpdate(), minutes(1), do_not_ship=wait) for wait in (True, False)]
    return words + own + charges + alarms + goods + reports_of_the_message()


@pytest.mark.parametrize("first", every_kind_of_proof(), ids=lambda one: f"{one.core_status}-{one.news}")
def test_any_two_proofs_end_in_an_equal_payment_request_whichever_came_first(first: Evidence) -> None:
    for second in every_kind_of_proof():
        assert after(SENDING, first, second) == after(SENDING, second, first), second


@seed(SEED)
@settings(max_examples=60)
@given(st.lists(evidence_of_one_payment(), min_size=1, max_size=6))
def test_a_proof_that_is_known_changes_nothing(proofs: Any) -> None:
    known = after(SENDING, *proofs)
    assert all(after(known, proof) == known for proof in proofs)


@seed(SEED)
@settings(max_examples=60)
@given(st.lists(evidence_of_one_payment(), min_size=2, max_size=6))
def test_a_request_that_stopped_being_live_stays_so_and_money_never_shrinks(proofs: Any) -> None:
    before = SENDING
    for proof in proofs:
        now = after(before, proof)
        assert before.live or not now.live
        assert (now.authorized, now.captured, now.reversed) >= (before.authorized, before.captured, before.reversed)
        before = now


def test_a_charge_ends_by_the_cores_clock_and_an_earlier_word_of_it_comes_too_late() -> None:
    begun, ended = (
        Evidence(news=StatusUpdate(), occurred_at=minutes(1), charging=charging, charging_at=minutes(at))
        for charging, at in ((True, 1), (False, 2))
    )
    for proofs in ((begun, ended), (ended, begun), (begun, ended, begun)):
        assert after(SENDING, *proofs).charging is False
    assert after(SENDING, begun, said("PAYMENT_LINK_SENT")).charging is True, "other news say nothing of it"
    assert after(SENDING, begun, replace(ended, charging_at=minutes(1))).charging is False, (
        "of one moment the end counts"
    )


def test_who_must_look_is_what_the_core_said_last_and_other_news_say_nothing_of_it() -> None:
    disputed, over = (
        Evidence(StatusUpdate(), minutes(9), attention=attention, attention_at=minutes(at))
        for at, attention in ((1, "disputed"), (2, None))
    )
    for proofs in ((disputed, over), (over, disputed)):
        assert after(SENDING, *proofs).attention is None
    for proofs in ((disputed, said("PAYMENT_RECEIVED")), (said("PAYMENT_RECEIVED"), disputed)):
        assert after(SENDING, *proofs).attention == "disputed"


def test_goods_that_may_go_never_wait_again() -> None:
    waits, go = (Evidence(StatusUpdate(), minutes(1), do_not_ship=wait) for wait in (True, False))
    assert after(SENDING, waits, said("PAYMENT_REVIEW")).do_not_ship is True
    for proofs in ((waits, go), (go, waits)):
        assert after(SENDING, *proofs).do_not_ship is False


def test_the_cores_word_is_that_of_the_highest_news_and_not_of_the_latest() -> None:
    paid = after(SENDING, said("PAYMENT_RECEIVED", 3), said("PAYMENT_LINK_CLICKED", 2), said("PAYMENT_LINK_SENT", 1))
    assert (paid.core_status, paid.status) == ("PAYMENT_RECEIVED", Status.PAID)


def test_a_late_decline_leaves_a_paid_request_paid() -> None:
    paid = after(SENDING, said("PAYMENT_RECEIVED", 3, captured=Decimal("115.00")))
    assert after(paid, said("PAYMENT_DECLINED", 9, reason="late")) == replace(paid)


def test_the_deadlines_follow_from_the_earliest_sending_and_opening() -> None:
    sent = after(SENDING, said("PAYMENT_LINK_SENT", 2), said("PAYMENT_LINK_SENT", 1))
    assert (sent.sent_at, sent.open_by, sent.pay_by) == (minutes(1), minutes(6), None)
    opened = after(sent, said("PAYMENT_LINK_CLICKED", 4), said("PAYMENT_LINK_CLICKED", 3))
    assert (opened.opened_at, opened.pay_by) == (minutes(3), minutes(18))


def test_news_of_money_is_no_proof_of_when_the_link_was_opened() -> None:
    paid = after(SENDING, said("PAYMENT_RECEIVED", 3))
    assert (paid.opened_at, paid.states.link, paid.paid_at, paid.finished_at) == (
        None,
        Link.OPENED,
        minutes(3),
        minutes(3),
    )


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
@pytest.mark.parametrize("money", ["PAYMENT_RECEIVED", "PAYMENT_CAPTURED", "PAYMENT_AUTHORIZED", "PAYMENT_REVERSED"])
def test_money_on_a_closed_link_counts_and_is_marked_whichever_came_first(word: str, money: str) -> None:
    closed, taken = said(word, 3), said(money, 4, captured=Decimal("115.00"))
    for request in (after(SENDING, closed, taken), after(SENDING, taken, closed)):
        assert request.money_after_close
        assert request.paid == Decimal("115.00")
        assert not request.live


@pytest.mark.parametrize(("minute", "surprises"), [(2.9, False), (3, True), (3.1, True)])
def test_money_of_the_moment_in_which_its_link_was_closed_is_marked(minute: float, surprises: bool) -> None:
    closed, taken = said("PAYMENT_LINK_CANCELLED", 3), said("PAYMENT_RECEIVED", minute, captured=Decimal("115.00"))
    assert after(SENDING, closed, taken).money_after_close is surprises


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
def test_a_review_on_a_closed_link_is_not_yet_money(word: str) -> None:
    for request in (
        after(SENDING, said(word, 3), said("PAYMENT_REVIEW", 4)),
        after(SENDING, said("PAYMENT_REVIEW", 4), said(word, 3)),
    ):
        assert (request.money_after_close, request.live, request.status) == (False, False, Status.IN_REVIEW)


def test_a_review_that_ended_badly_is_shown_as_declined_and_ends_the_request() -> None:
    refused = after(SENDING, said("PAYMENT_REVIEW", 3), said("PAYMENT_DECLINED", 9, finalised=True))
    assert (refused.states.money, refused.status, refused.live, refused.finished_at) == (
        Money.REFUSED,
        Status.DECLINED,
        False,
        minutes(9),
    )


def test_a_declined_request_can_still_be_paid() -> None:
    declined = after(SENDING, said("PAYMENT_LINK_CLICKED", 2), said("PAYMENT_DECLINED", 3))
    assert (declined.status, declined.live, declined.finished_at) == (Status.DECLINED, True, None)
    assert after(declined, said("PAYMENT_RECEIVED", 4)).status is Status.PAID


def test_what_we_took_for_rejected_follows_the_core_when_it_knows_better() -> None:
    rejected = after(
        SENDING, Evidence(news=StatusUpdate(link=Link.REJECTED), occurred_at=minutes(1), reason="BAD_CURRENCY")
    )
    assert (rejected.status, rejected.live, rejected.reason, rejected.finished_at) == (
        Status.REJECTED,
        False,
        "BAD_CURRENCY",
        minutes(1),
    )
    sent = after(rejected, said("PAYMENT_LINK_SENT", 2))
    assert (sent.status, sent.live, sent.reason, sent.finished_at) == (Status.SENT, False, None, None)
    assert after(sent, said("PAYMENT_RECEIVED", 3, captured=Decimal("115.00"))).paid == Decimal("115.00")


def test_the_sending_lease_is_dropped_with_the_first_word_of_the_outcome() -> None:
    assert after(SENDING, said("PAYMENT_LINK_SENT")).sending_until is None
    assert after(SENDING, Evidence(news=StatusUpdate(), occurred_at=NOW)).sending_until == SENDING.sending_until


def test_a_report_of_the_message_ends_that_nobody_knows_whether_it_left() -> None:
    unclear = make_request(states=States(message=Message.ACCEPTED, link=Link.SENT), message_failure="not_known")
    report = Evidence(news=StatusUpdate(message=Message.ACCEPTED), occurred_at=NOW, message_at=NOW)
    assert (after(unclear, report).message_failure, after(unclear, report).message_at) == (None, NOW)


def test_the_time_and_the_failure_of_a_message_are_those_of_the_state_that_it_shows() -> None:
    failed = Evidence(
        StatusUpdate(message=Message.FAILED), minutes(1), message_at=minutes(2), message_failure="blocked"
    )
    delivered = Evidence(StatusUpdate(message=Message.DELIVERED), minutes(1))
    for proofs in ((failed, delivered), (delivered, failed)):
        assert (after(SENDING, *proofs).message_failure, after(SENDING, *proofs).message_at) == (None, None)


def test_a_doubt_whether_a_message_was_sent_lasts_until_the_core_says_that_it_was() -> None:
    in_doubt, accepted = (
        Evidence(StatusUpdate(message=message), minutes(1), message_failure=why)
        for message, why in ((None, "not_known"), (Message.ACCEPTED, None))
    )
    for proofs in ((in_doubt, accepted), (accepted, in_doubt)):
        assert after(SENDING, *proofs).message_failure == "not_known"
        assert after(SENDING, *proofs, said("PAYMENT_LINK_SENT")).message_failure is None
        assert after(SENDING, said("PAYMENT_LINK_SENT"), *proofs).message_failure is None


def test_nobody_doubts_a_message_that_was_accepted_and_of_which_no_more_is_said() -> None:
    accepted = Evidence(StatusUpdate(message=Message.ACCEPTED), minutes(1))
    assert after(SENDING, accepted).message_failure is None


def test_a_payment_that_was_settled_stays_so() -> None:
    settled = said("PAYMENT_RECEIVED", settled=True)
    for later in (said("PAYMENT_RECEIVED", 2), said("PAYMENT_RECEIVED", 2, settled=False)):
        assert after(SENDING, settled, later).settled
        assert after(SENDING, later, settled).settled
    assert not after(SENDING, said("PAYMENT_RECEIVED", settled=False)).settled


def test_a_link_once_bound_is_not_bound_to_another_by_what_comes_later() -> None:
    assert (
        after(make_request(link_reference="link-1"), said("PAYMENT_RECEIVED", link_reference="link-2")).link_reference
        == "link-1"
    )


def test_why_a_person_must_look_is_the_cores_first_word_of_a_moment_and_its_last_of_all() -> None:
    asked = [
        said("PAYMENT_RECEIVED", attention=why, attention_at=minutes(at))
        for why, at in (("disputed", 2), ("paid_twice", 2))
    ]
    assert after(make_request(), *asked).attention == "disputed"
    assert (
        after(make_request(), *asked, said("PAYMENT_RECEIVED", attention=None, attention_at=minutes(3))).attention
        is None
    )


def test_that_a_link_was_said_to_be_over_is_remembered_until_it_is() -> None:
    doubted = replace(SENDING, end_reported_at=NOW)
    assert after(doubted, said("PAYMENT_LINK_CLICKED")).end_reported_at == NOW
    assert after(doubted, said("PAYMENT_LINK_EXPIRED")).end_reported_at is None


def test_a_live_request_has_no_time_of_a_last_look() -> None:
    proven = make_request(live=True, proven_at=NOW)
    assert proven.ask_at is None
    assert replace(proven, live=False).ask_at == minutes(1)


def test_news_of_money_is_no_proof_of_when_the_link_was_closed() -> None:
    both = Evidence(news=StatusUpdate(link=Link.EXPIRED, money=Money.PAID), occurred_at=NOW)
    assert after(make_request(), both).closed_at is None
