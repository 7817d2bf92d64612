"""All links since a time are walked through, page by page, each once; and the changes of a merchant, the newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import changes
from payment_core.store.links import attempts, recent
from tests.payment_core.fakes import MovableClock

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]


@pytest.mark.parametrize("pause", [0, 1])
@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_links_are_walked_through_from_their_time_on_whatever_the_page(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock, monkeypatch: pytest.MonkeyPatch,
    number: int, pause: int,
) -> None:  # fmt: skip
    """Also those that were made in one moment, at the border of two pages."""
    monkeypatch.setattr(recent, "_PAGE", 2)
    made = []
    for one in range(number):
        made.append(make_link(caller_reference=str(one)))
        clock.move(seconds=pause)
    of = lambda since: list(recent.references_since(core.transactions, merchant.merchant_id, since))  # noqa: E731
    found = of(made[0].created_at)
    assert sorted(found) == sorted(one.reference for one in made)
    if pause:
        assert found == [one.reference for one in made]
    assert of(made[-1].created_at + timedelta(microseconds=1)) == []


def test_the_attempts_of_a_link_are_its_own_the_oldest_first(core: Core, make_link: Make, clock: MovableClock) -> None:
    link, other = make_link(), make_link(caller_reference="other")
    for name, of, state in (
        ("b", link, AttemptState.ENDED),
        ("x", other, AttemptState.OPEN),
        ("a", link, AttemptState.OPEN),
    ):
        attempt = Attempt(name, of.reference, of.merchant_id, AttemptKind.PAGE, state, f"key {name}", clock(), None)
        with core.transactions.write() as work:
            attempts.add(work, attempt)
        clock.move(seconds=1)
    with core.transactions.read() as work:
        assert [one.attempt_id for one in recent.attempts_of(work, link.reference)] == ["b", "a"]


def test_the_changes_of_a_page_end_before_those_of_the_one_before(core: Core, merchant: Merchant) -> None:
    mine = merchant.merchant_id
    with core.transactions.write() as work:
        for number in range(3):
            changes.record_change(work, mine, by="Thandi", what=f"change {number}", detail="", now=core.now())
        first = changes.listed(work, mine, most=2)
        second = changes.listed(work, mine, most=2, before=first[-1].change_id)
    assert [[one.what for one in page] for page in (first, second)] == [["change 2", "change 1"], ["change 0"]]
