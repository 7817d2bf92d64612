"""The core's words: all of them known, each proving something in our machines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.core.lifecycle import lifecycle
from connector.core.statuses import (
    core_statuses,
    is_about_a_charge,
    merge_updates,
    message_status,
    needs_a_look,
    status_update,
)
from connector.domain.payments.alarms import OVER, Attention
from connector.domain.payments.message_delivery import REMEDIES
from connector.domain.payments.status import Link, Message, Money, States, Status, StatusUpdate, move, status_of
from manifests.shipped import load_shipped

# Every word of the core's documentation, and what a person sees once it is known.
SEEN = {
    "PAYMENT_LINK_CREATED": Status.SENT,
    "PAYMENT_LINK_SENT": Status.SENT,
    "PAYMENT_LINK_CLICKED": Status.OPENED,
    "PAYMENT_LINK_EXPIRED": Status.EXPIRED,
    "PAYMENT_LINK_CANCELLED": Status.CANCELLED,
    "PAYMENT_AUTHORIZED": Status.AUTHORIZED,
    "PAYMENT_RECEIVED": Status.PAID,
    "PAYMENT_CAPTURED": Status.PAID,
    "PAYMENT_DECLINED": Status.DECLINED,
    "PAYMENT_REVIEW": Status.IN_REVIEW,
    "PAYMENT_REVERSED": Status.REVERSED,
    "PAYMENT_VOIDED": Status.REVERSED,
}


def test_every_promised_word_is_in_the_table_and_no_other() -> None:
    assert set(load_shipped("core/statuses.json")["statuses"]) == set(SEEN)
    assert set(core_statuses()) == set(SEEN) | set(load_shipped("core/ours.json")["statuses"])


@pytest.mark.parametrize("message", [Message.ACCEPTED, Message.SENT, Message.DELIVERED, Message.READ, Message.FAILED])
def test_a_word_of_our_core_about_a_message_proves_its_state_and_nothing_else(message: Message) -> None:
    assert status_update(message_status(message)) == StatusUpdate(message=message)


def test_an_alarm_moves_no_state_and_needs_the_record() -> None:
    assert status_update("PAYMENT_ATTENTION") == StatusUpdate()
    assert [word for word in core_statuses() if needs_a_look(word)] == ["PAYMENT_ATTENTION"]
    assert status_update("PAYMENT_CHARGING") == StatusUpdate()
    assert [word for word in core_statuses() if is_about_a_charge(word)] == ["PAYMENT_CHARGING"]


def test_we_know_every_reason_that_our_core_gives() -> None:
    ours = load_shipped("core/ours.json")
    assert set(Attention) == set(ours["attention"])
    assert set(ours["attention_over"]) == OVER
    # A link that is cancelled for another sends no message, so none of its own fails.
    assert set(REMEDIES) == set(ours["message_failures"]) - {"replaced"}


@pytest.mark.parametrize("word", SEEN)
def test_a_word_proves_something_and_people_see_its_status(word: str) -> None:
    news = status_update(word)
    assert news is not None
    assert news != StatusUpdate()
    outcome = move(States(link=Link.SENDING), news)
    assert status_of(getattr(outcome, "states", States())) is SEEN[word]


@pytest.mark.parametrize("word", SEEN)
def test_a_finalised_review_changes_the_meaning_of_a_decline_only(word: str) -> None:
    plain, finalised = status_update(word), status_update(word, review_finalised=True)
    assert (plain != finalised) is (word == "PAYMENT_DECLINED")


def test_a_review_that_ended_in_a_decline_is_refused() -> None:
    assert status_update("PAYMENT_DECLINED", review_finalised=True) == StatusUpdate(
        link=Link.OPENED, money=Money.REFUSED
    )


@pytest.mark.parametrize("word", ["", "payment_received", "PAYMENT_RECEIVED ", "SETTLED"])
def test_an_unknown_word_proves_nothing_and_is_not_guessed_at(word: str) -> None:
    assert status_update(word) is None


def test_ids_of_statuses_are_unique() -> None:
    ids = [entry["id"] for entry in core_statuses().values()]
    assert len(set(ids)) == len(ids)


def test_two_words_together_prove_the_higher_of_each() -> None:
    clicked, paid = StatusUpdate(Message.SENT, Link.OPENED), StatusUpdate(link=Link.OPENED, money=Money.PAID)
    both = StatusUpdate(Message.SENT, Link.OPENED, Money.PAID)
    assert merge_updates(clicked, paid) == merge_updates(paid, clicked) == both
    assert merge_updates(None, paid) == merge_updates(paid, None) == paid
    assert merge_updates(None, None) == StatusUpdate()
    assert merge_updates(StatusUpdate(link=Link.EXPIRED), clicked).link is Link.EXPIRED


def test_a_link_lives_as_the_core_documents_and_an_unknown_one_is_given_up_after_both_spans_and_a_grace() -> None:
    lives = lifecycle()
    assert (lives.unopened, lives.opened, lives.unknown) == (
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=25),
    )
