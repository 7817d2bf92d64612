"""The times, texts and amounts of a request: what is shown once is never lost, and each time is of what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.evidence import Evidence, money_moved
from connector.domain.payments.payment import Reason
from connector.domain.payments.status import Link, Money, StatusUpdate
from tests.unit.examples import NOW
from tests.unit.payments.test_evidence import SENDING, after, minutes, said


@pytest.mark.parametrize(
    ("proof", "sent_at", "opened_at"),
    [
        pytest.param(said("PAYMENT_LINK_SENT", 4), minutes(4), None, id="sent"),
        pytest.param(said("PAYMENT_LINK_SENT", 4, sent_at=minutes(1)), minutes(1), None, id="sent, and since when"),
        pytest.param(said("PAYMENT_LINK_CLICKED", 4), None, minutes(4), id="opened"),
        pytest.param(
            said("PAYMENT_LINK_CLICKED", 4, opened_at=minutes(2)), None, minutes(2), id="opened, and since when"
        ),
        pytest.param(
            said("PAYMENT_RECEIVED", 4, sent_at=minutes(1), opened_at=minutes(2)), minutes(1), minutes(2),
            id="paid, and since when it was sent and opened",
        ),
        pytest.param(said("PAYMENT_RECEIVED", 4), None, None, id="paid"),
    ],
)  # fmt: skip
def test_a_link_was_sent_and_opened_when_the_core_says_so(
    proof: Evidence, sent_at: datetime | None, opened_at: datetime | None
) -> None:
    found = after(SENDING, proof)
    assert (found.sent_at, found.opened_at) == (sent_at, opened_at)


@pytest.mark.parametrize(
    ("proof", "closed_at"),
    [
        pytest.param(Evidence(StatusUpdate(link=Link.SENT), minutes(3)), None, id="sent"),
        pytest.param(Evidence(StatusUpdate(), minutes(3)), None, id="nothing"),
        pytest.param(Evidence(StatusUpdate(link=Link.EXPIRED), minutes(3)), minutes(3), id="expired"),
        pytest.param(Evidence(StatusUpdate(link=Link.CANCELLED), minutes(3)), minutes(3), id="cancelled"),
        pytest.param(Evidence(StatusUpdate(link=Link.REJECTED), minutes(3)), minutes(3), id="rejected"),
        pytest.param(
            Evidence(StatusUpdate(link=Link.EXPIRED, money=Money.PAID), minutes(3)), None, id="expired, said of its money"
        ),
        *(
            pytest.param(Evidence(StatusUpdate(link=Link.REJECTED), minutes(3), reason=reason), NOW, id=reason)
            for reason in (Reason.NEVER_ARRIVED, Reason.UNCONFIRMED)
        ),
    ],
)  # fmt: skip
def test_a_link_is_closed_by_its_end_and_one_that_we_gave_up_from_its_beginning(
    proof: Evidence, closed_at: datetime | None
) -> None:
    """Any money on a link that was given up is then money after its close, which a person looks at."""
    assert after(SENDING, proof).closed_at == closed_at
    paid = after(SENDING, proof, said("PAYMENT_RECEIVED", 4))
    assert paid.money_after_close is (closed_at is not None)


@pytest.mark.parametrize(
    ("proof", "finished_at"),
    [
        pytest.param(Evidence(StatusUpdate(link=Link.OPENED), minutes(3)), None, id="opened"),
        pytest.param(Evidence(StatusUpdate(money=Money.DECLINED), minutes(3)), None, id="declined"),
        pytest.param(Evidence(StatusUpdate(money=Money.IN_REVIEW), minutes(3)), None, id="in review"),
        pytest.param(Evidence(StatusUpdate(money=Money.REFUSED), minutes(3)), minutes(3), id="a review that failed"),
        pytest.param(Evidence(StatusUpdate(money=Money.AUTHORIZED), minutes(3)), minutes(3), id="held"),
        pytest.param(Evidence(StatusUpdate(link=Link.EXPIRED), minutes(3)), minutes(3), id="expired"),
    ],
)
def test_a_request_is_finished_with_its_first_end_and_other_news_moves_that_time_no_more(
    proof: Evidence, finished_at: datetime | None
) -> None:
    assert after(SENDING, proof).finished_at == finished_at
    assert after(SENDING, proof, said("PAYMENT_LINK_CLICKED", 1)).finished_at == finished_at


@pytest.mark.parametrize("name", ["receipt_reference", "reconciliation_reference"])
def test_a_reference_that_was_shown_is_not_lost_and_of_two_the_same_one_counts(name: str) -> None:
    first, second = (replace(said("PAYMENT_RECEIVED"), **{name: one}) for one in ("r-1", "r-2"))  # type: ignore[arg-type]
    for proofs, kept in (((first,), "r-1"), ((first, second), "r-2"), ((second, first), "r-2")):
        assert getattr(after(SENDING, *proofs, said("PAYMENT_RECEIVED")), name) == kept
    assert getattr(after(SENDING, said("PAYMENT_RECEIVED")), name) is None


def test_held_money_can_be_taken_until_the_latest_time_that_was_shown() -> None:
    early, late = (said("PAYMENT_AUTHORIZED", capture_before=minutes(at)) for at in (10, 20))
    for proofs in ((early, late), (late, early)):
        assert after(SENDING, *proofs, said("PAYMENT_AUTHORIZED")).capture_before == minutes(20)


@pytest.mark.parametrize("name", ["authorized", "captured", "reversed"])
def test_money_has_moved_where_any_amount_rose(name: str) -> None:
    risen: dict[str, Any] = {name: Decimal("0.01")}
    moved = replace(SENDING, **risen)
    assert money_moved(SENDING, moved)
    assert not money_moved(moved, replace(moved, receipt_reference="r-1"))
