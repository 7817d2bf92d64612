"""What is listed comes in the order that its reader counts on, and no more of it than was asked for.

On both databases: an index may give SQLite an order by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.settlement import ENDS_LINK, Attention
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.incoming import webhooks
from payment_core.store.links import attempts, links, money_moves, rechecks, search
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import messages
from payment_core.store.schema import tables
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW, stored_news

MINE, MINUTE, CODE = MERCHANT.merchant_id, timedelta(minutes=1), b"code"
# Neither as they are stored, nor the other way round.
MOMENTS = {"middle": 1, "last": 2, "first": 0}
OLDEST, NEWEST = ["first", "middle", "last"], ["last", "middle", "first"]


@pytest.fixture
def three(core: Core, make_link: Callable[..., Link]) -> Core:
    """Three links of a number, stored in another order than that of their times; all is due, and none too early."""
    with core.transactions.write() as work:
        key = bytes(phone_key.of(core, MINE, CUSTOMER))
    for name, place in MOMENTS.items():
        link = make_link(order_number=name, caller_reference=name, language={"last": "de"}.get(name, "en"))
        at = NOW + place * MINUTE
        values: dict[str, Any] = {
            "created_at": at, "expires_at": at, "look_at": at, "decided_at": at, "reply_digest": name.encode(),
            "reply_code_key": CODE, "phone_key": key, "in_review": True, "auto_reversal": True,
            "payment_status": "PAYMENT_RECEIVED",
        }  # fmt: skip
        with core.transactions.write() as work:
            mine = tables.links.c.reference == link.reference
            work.connection.execute(update(tables.links).where(mine).values(values))
            due = {"due_at": at, "fate_due_at": at, "lease": None, "lease_until": None}
            mine = tables.messages.c.reference == link.reference
            work.connection.execute(update(tables.messages).where(mine).values(due))
        news = stored_news(core, name, {"kind": "fate"})
        with core.transactions.write() as work:
            work.connection.execute(
                update(tables.webhooks).where(tables.webhooks.c.webhook_id == news).values(due_at=at)
            )
    return core


def _names(work: Any, references: list[str]) -> list[str]:
    found = [links.find(work, one) for one in references]
    return [one.order_number for one in found if one is not None]


def _events(work: Any, ids: list[int]) -> list[str]:
    rows = {row.webhook_id: row.event_id for row in work.connection.execute(tables.webhooks.select())}
    return [rows[one] for one in ids]


def _of_messages(work: Any, ids: list[str]) -> list[str]:
    rows = {row.message_id: row.reference for row in work.connection.execute(tables.messages.select())}
    return _names(work, [rows[one] for one in ids])


LATE = NOW + 9 * MINUTE
Listed = Callable[[Any, bytes, int], list[str]]
LISTS: dict[str, tuple[Listed, list[str]]] = {
    "links to end": (lambda w, k, most: _names(w, links.overdue(w, now=LATE, most=most)), OLDEST),
    "reviews to reverse": (
        lambda w, k, most: _names(w, links.reviews_to_reverse(w, decided_by=LATE, most=most)), OLDEST,
    ),
    "links to look at": (
        lambda w, k, most: _names(w, list(rechecks.references_to_look_at(w, now=LATE, most=most))), OLDEST,
    ),
    "links searched": (
        lambda w, k, most: [one.order_number for one in search.search(w, search.LinkFilter(MINE), most=most)], NEWEST,
    ),
    "messages to send": (lambda w, k, most: _of_messages(w, messages.due(w, now=LATE, most=most)), OLDEST),
    "messages to ask about": (
        lambda w, k, most: _of_messages(w, [one.message_id for one in messages.without_end(w, now=LATE, most=most)]), OLDEST,
    ),
    "news to read": (lambda w, k, most: _events(w, webhooks.due(w, now=LATE, most=most)), OLDEST),
    "links to pay": (lambda w, k, _: [one.order_number for one in links.payable_of(w, MINE, k)], NEWEST),
    "links offered": (lambda w, k, _: [one.order_number for one in links.offered_since(w, MINE, k, NOW)], NEWEST),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("most", [1, 2, 9])
def test_a_list_begins_with_what_matters_most(three: Core, name: str, most: int) -> None:
    listed, order = LISTS[name]
    key = phone_key.of(three, MINE, CUSTOMER)
    with three.transactions.read() as work:
        found = listed(work, key, most)
    assert found == (order if name in ("links to pay", "links offered") else order[:most])


def test_of_several_the_newest_is_meant(three: Core) -> None:
    """By a code that was given twice, and by whoever asks for a number's language."""
    key = phone_key.of(three, MINE, CUSTOMER)
    with three.transactions.read() as work:
        found = links.by_code(work, MINE, key, CODE)
        assert found is not None
        assert (found.order_number, links.last_language(work, MINE, key)) == ("last", "de")


def test_of_links_to_end_unpaid_no_more_are_taken_than_asked_for(three: Core) -> None:
    with three.transactions.write() as work:
        values = {"attention": Attention.AMOUNT_DIFFERS.value, "payment_status": None, "in_review": False}
        work.connection.execute(update(tables.links).values(values))
        assert [len(links.to_end_unpaid(work, ENDS_LINK, most=most)) for most in (1, 2, 9)] == [1, 2, 3]


@pytest.mark.parametrize("of_one_moment", [False, True])
def test_a_caller_reads_its_links_of_one_reference_from_the_oldest_on(three: Core, of_one_moment: bool) -> None:
    """Two applications may have used the same one; of the same moment, they come in the same order each time."""
    with three.transactions.write() as work:
        for name, place in MOMENTS.items():
            same = {"created_at": NOW, "reference": str(place)} if of_one_moment else {}
            values = {"caller_reference": "same", "application_id": f"of {name}", **same}
            mine = tables.links.c.order_number == name
            work.connection.execute(update(tables.links).where(mine).values(values))
        assert [one.order_number for one in links.by_caller(work, MINE, "same")] == OLDEST


def test_a_link_was_brought_by_the_first_message_about_it(three: Core) -> None:
    """Later ones are receipts, and what the customer wrote brought nothing."""
    (reference, *_) = MOMENTS
    with three.transactions.write() as work:
        everything = list(work.connection.execute(select(tables.messages.c.message_id)).scalars())
        link = links.by_caller(work, MINE, reference)[0]
        for place, (message_id, direction) in enumerate(zip(everything, ("out", "out", "in"), strict=True)):
            at = NOW - place * MINUTE
            mine = tables.messages.c.message_id == message_id
            values = {"reference": link.reference, "direction": direction, "created_at": at}
            work.connection.execute(update(tables.messages).where(mine).values(values))
        found = messages.request_of(work, link.reference)
    assert found is not None
    assert (found.direction, found.created_at) == ("out", NOW - MINUTE)


def test_a_customer_wrote_last_when_the_newest_of_their_messages_came(three: Core) -> None:
    """By the oldest one, free words would be called too late that WhatsApp still takes."""
    key = phone_key.of(three, MINE, CUSTOMER)
    with three.transactions.write() as work:
        everything = work.connection.execute(select(tables.messages.c.message_id)).scalars().all()
        for message_id, place in zip(everything, MOMENTS.values(), strict=True):
            mine = tables.messages.c.message_id == message_id
            values = {"direction": "in", "channel": Channel.WHATSAPP.value, "created_at": NOW + place * MINUTE}
            work.connection.execute(update(tables.messages).where(mine).values(phone_key=bytes(key), **values))
        assert messages.last_from_customer(work, MINE, key, Channel.WHATSAPP) == NOW + 2 * MINUTE
        assert messages.last_from_customer(work, MINE, key, Channel.SMS) is None


@pytest.mark.parametrize("most", [1, 2, 9])
def test_what_is_longest_due_is_claimed_first_and_no_more_than_asked_for(three: Core, most: int) -> None:
    with three.transactions.write() as work:
        for name, place in MOMENTS.items():
            at = NOW + place * MINUTE
            link = links.by_caller(work, MINE, name)[0]
            attempt = Attempt(name, link.reference, MINE, AttemptKind.PAGE, AttemptState.ENDED, f"key {name}", NOW, at)
            attempts.add(work, attempt)
            kind, state = MoveKind.GIVE_BACK, MoveState.PREPARED
            move = MoneyMove(name, link.reference, name, kind, f"key {name}", None, state, NOW)
            money_moves.add(work, move, look_at=at)
        claim: dict[str, Any] = {"now": LATE, "until": LATE + MINUTE, "lease": "one.1", "most": most}
        looked_at = [one.attempt_id for one in attempts.claim_due(work, **claim)]
        moved = [one.move_id for one in money_moves.claim_due(work, **claim)]
    # What is leased is told in any order, and is that which was due first.
    assert [sorted(one) for one in (looked_at, moved)] == [sorted(OLDEST[:most])] * 2
