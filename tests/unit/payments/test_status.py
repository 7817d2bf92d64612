"""The three machines: every transition, every derived word, and that the order of arrival does not matter."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from connector.domain.payments.status import (
    Link,
    Message,
    Money,
    Moved,
    States,
    Status,
    StatusUpdate,
    Unchanged,
    higher,
    may_be_live,
    move,
    status_of,
)

SEED = 20261121
# Written out here once more, so that a slip in the code cannot agree with itself.
ORDERS = {
    Message: ["none", "accepted", "sent", "failed", "delivered", "read"],
    Link: ["created", "sending", "unknown", "rejected", "sent", "opened", "expired", "cancelled"],
    Money: ["none", "declined", "in_review", "refused", "authorized", "paid", "reversed"],
}
MONEY_WORDS = {
    "declined": "declined",
    "in_review": "in_review",
    "refused": "declined",
    "authorized": "authorized",
    "paid": "paid",
    "reversed": "reversed",
}
EVERY_STATES = [States(*states) for states in product(Message, Link, Money)]
TRANSITIONS = [
    (machine, present, proposed) for machine, names in ORDERS.items() for present, proposed in product(names, names)
]
FAILURES = [
    StatusUpdate(money=Money.DECLINED),
    StatusUpdate(money=Money.REFUSED),
    StatusUpdate(link=Link.EXPIRED),
    StatusUpdate(link=Link.CANCELLED),
    StatusUpdate(link=Link.REJECTED),
    StatusUpdate(message=Message.FAILED),
    StatusUpdate(message=Message.FAILED, link=Link.EXPIRED, money=Money.DECLINED),
]


@pytest.mark.parametrize("machine", ORDERS, ids=lambda machine: machine.__name__)
def test_a_machine_has_the_states_that_the_architecture_declares(machine: Any) -> None:
    assert [state.value for state in machine] == ORDERS[machine]


@pytest.mark.parametrize(("machine", "present", "proposed"), TRANSITIONS, ids=lambda one: getattr(one, "__name__", one))
def test_a_transition_takes_the_higher_rank(machine: Any, present: str, proposed: str) -> None:
    ranks = ORDERS[machine]
    expected = present if ranks.index(present) >= ranks.index(proposed) else proposed
    assert higher(machine(present), machine(proposed)) is machine(expected)
    field = machine.__name__.lower()
    moved = move(States(**{field: machine(present)}), StatusUpdate(**{field: machine(proposed)}))
    assert moved == (Unchanged() if expected == present else Moved(States(**{field: machine(expected)})))


def test_news_that_says_nothing_of_a_machine_leaves_it_alone() -> None:
    assert all(move(states, StatusUpdate()) == Unchanged() for states in EVERY_STATES)


news = st.builds(
    StatusUpdate,
    message=st.none() | st.sampled_from(Message),
    link=st.none() | st.sampled_from(Link),
    money=st.none() | st.sampled_from(Money),
)


@seed(SEED)
@settings(max_examples=120)
@given(
    st.sampled_from(EVERY_STATES), st.lists(news, min_size=1, max_size=8), st.randoms(use_true_random=False), st.data()
)
def test_any_permutation_of_the_news_with_repeats_ends_in_the_same_states(
    start: Any, said: Any, rng: Any, data: Any
) -> None:
    again = [*said, *data.draw(st.lists(st.sampled_from(said), max_size=4))]
    rng.shuffle(again)
    assert _after(start, again) == _after(start, said)


def _after(states: States, said: list[StatusUpdate]) -> States:
    for one in said:
        outcome = move(states, one)
        states = outcome.states if isinstance(outcome, Moved) else states
    return states


def test_every_combination_of_states_has_its_word_and_money_beats_link() -> None:
    assert len(EVERY_STATES) == 6 * 8 * 7
    for states in EVERY_STATES:
        assert status_of(states) is Status(MONEY_WORDS.get(states.money.value, states.link.value))


def test_every_word_that_people_see_can_come_about() -> None:
    # Whether all of the money was taken, only the amounts tell: tests/unit/payments/test_balance.py.
    assert {status_of(states) for states in EVERY_STATES} == set(Status) - {Status.PART_PAID}


@pytest.mark.parametrize("money", [Money.AUTHORIZED, Money.PAID, Money.REVERSED])
@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_a_late_failure_never_overwrites_a_success(money: Money, failure: StatusUpdate) -> None:
    for message, link in product(Message, Link):
        before = States(message, link, money)
        assert status_of(_after(before, [failure])) is status_of(before)


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("money", [Money.AUTHORIZED, Money.PAID])
def test_a_success_after_a_failure_is_believed(money: Money, failure: StatusUpdate) -> None:
    assert status_of(_after(States(), [failure, StatusUpdate(money=money)])).value == money.value


def test_a_request_may_be_live_exactly_while_it_may_bring_a_payment_by_itself_and_its_link_is_not_closed() -> None:
    for states in EVERY_STATES:
        open_link = states.link.value in ("sending", "unknown", "sent", "opened")
        waiting = states.money.value in ("none", "declined")
        in_review = states.money.value == "in_review" and states.link.value not in ("expired", "cancelled")
        assert may_be_live(states) is (in_review or (waiting and open_link)), states
