"""Erase what the database says of one person, except the account of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import ColumnElement, Table, delete, exists, false, func, or_, select, text, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.erasing.retention import blank_link
from payment_core.store.messages.messages import EMPTY
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import deliveries, delivery_attempts, links, messages, webhooks

_PAYABLE = text("links.payable")
_ENDED = text("NOT links.payable")
# The digest of a number that was erased.
_BLANK = bytes(32)


@dataclass(frozen=True)
class Whom:
    """A person of a merchant, by the digest of a number, by the payer's reference, or by both."""

    merchant_id: str
    phone_key: bytes | None
    payer: str | None


@dataclass(frozen=True)
class Erased:
    """How many rows were blanked or deleted."""

    links: int
    messages: int
    notifications: int
    replies: int

    def __add__(self, other: Erased) -> Erased:
        """Return the sum of both."""
        return Erased(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))


def keys_of_payer(work: UnitOfWork, merchant_id: str, payer: str) -> list[bytes]:
    """Return the digests of the numbers that a payer's links went to, and no link of another payer."""
    mine = (links.c.merchant_id == merchant_id, links.c.payer_reference == payer, links.c.phone_key != _BLANK)
    # Two people can share a phone: what came from it may belong to either. A link without a payer is nobody else's.
    others = select(links.c.phone_key).where(links.c.merchant_id == merchant_id, links.c.payer_reference != payer)
    query = select(links.c.phone_key).distinct().where(*mine, links.c.phone_key.not_in(others))
    return [bytes(one) for one in work.connection.execute(query).scalars()]


def forget(work: UnitOfWork, whom: Whom) -> Erased:
    """Blank the links that have ended, and delete their messages and notifications that are not under way.

    A link of which something is under way keeps its person: by it the rest is found when this is run again.
    """
    query = select(links.c.reference, links.c.merchant_id).where(*_links_of(whom), _ENDED, ~or_(*_under_way_of_link()))
    rows = work.connection.execute(query).all()
    references = [row.reference for row in rows]
    for row in rows:
        blank_link(work, row, payer_reference=None)
    # Those that are still due are not deleted: an application would never learn of a payment.
    notifications = _forget_notifications(work, whom, references)
    replies = _blank_replies(work, whom)
    mine = (messages.c.merchant_id == whom.merchant_id, messages.c.due_at.is_(None))
    theirs = _theirs(messages, whom, references)
    return Erased(
        len(rows), work.connection.execute(delete(messages).where(*mine, theirs)).rowcount, notifications, replies
    )


def _forget_notifications(work: UnitOfWork, whom: Whom, references: list[str]) -> int:
    """Delete the notifications to applications: about the links, and about a STOP."""
    mine = (deliveries.c.merchant_id == whom.merchant_id, deliveries.c.due_at.is_(None))
    query = select(deliveries.c.delivery_id).where(*mine, _theirs(deliveries, whom, references))
    found = list(work.connection.execute(query).scalars())
    work.connection.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(found)))
    work.connection.execute(delete(deliveries).where(deliveries.c.delivery_id.in_(found)))
    return len(found)


def _blank_replies(work: UnitOfWork, whom: Whom) -> int:
    """Blank what the person wrote, as it came and as it was stored; return how many messages of theirs there were."""
    if whom.phone_key is None:
        return 0
    # Not deleted: by their providers' ids it is known that they were taken, and none is obeyed a second time.
    came = (webhooks.c.merchant_id == whom.merchant_id, same(webhooks.c.phone_key, whom.phone_key))
    body = work.vault.seal_body(whom.merchant_id, b'{"kind": "erased"}')
    work.connection.execute(
        update(webhooks).where(*came, webhooks.c.due_at.is_(None)).values(body=body, phone_key=None)
    )
    wrote = (messages.c.merchant_id == whom.merchant_id, messages.c.direction == "in", messages.c.status == "READ")
    blank = {
        "phone": work.vault.seal(whom.merchant_id, b""),
        "phone_key": _BLANK,
        "content": work.vault.seal(whom.merchant_id, EMPTY),
    }
    theirs = same(messages.c.phone_key, whom.phone_key)
    return work.connection.execute(update(messages).where(*wrote, theirs).values(blank)).rowcount


def _theirs(table: Table, whom: Whom, references: list[str]) -> ColumnElement[bool]:
    by_number = same(table.c.phone_key, whom.phone_key) if whom.phone_key is not None else false()
    return or_(table.c.reference.in_(references), by_number)


def count_open(work: UnitOfWork, whom: Whom) -> int:
    """Return how many of a person's links can still be paid."""
    query = select(func.count()).select_from(links).where(*_links_of(whom), _PAYABLE)
    return int(work.connection.execute(query).scalar_one())


def count_under_way(work: UnitOfWork, people: Sequence[Whom]) -> int:
    """Return how many messages, replies and notifications of one person, known by these, are not done yet."""
    number = 0
    for table in (messages, webhooks, deliveries):
        theirs = [same(table.c.phone_key, one.phone_key) for one in people if one.phone_key is not None]
        if table is not webhooks:
            theirs += [table.c.reference.in_(select(links.c.reference).where(*_links_of(one))) for one in people]
        mine = (table.c.merchant_id == people[0].merchant_id, table.c.due_at.is_not(None), or_(false(), *theirs))
        number += int(work.connection.execute(select(func.count()).select_from(table).where(*mine)).scalar_one())
    return number


def _under_way_of_link() -> list[ColumnElement[bool]]:
    """Return the conditions of a link of which something is not done: of itself, or of the number that it went to."""
    of_itself = (one.c.reference == links.c.reference for one in (messages, deliveries))
    of_number = (
        (one.c.merchant_id == links.c.merchant_id)
        & (one.c.phone_key == links.c.phone_key)
        & (links.c.phone_key != _BLANK)
        for one in (messages, webhooks, deliveries)
    )
    due = (messages, deliveries, messages, webhooks, deliveries)
    return [
        exists().where(one.c.due_at.is_not(None), which)
        for one, which in zip(due, (*of_itself, *of_number), strict=True)
    ]


def _links_of(whom: Whom) -> tuple[ColumnElement[bool], ...]:
    # A missing one matches nothing; `IS NULL` would match everybody's links without a payer.
    by_number = same(links.c.phone_key, whom.phone_key) if whom.phone_key is not None else false()
    by_payer = links.c.payer_reference == whom.payer if whom.payer is not None else false()
    return (links.c.merchant_id == whom.merchant_id, or_(by_number, by_payer))
