"""Write the digests of numbers anew by the first of several keys, so that the older ones can be given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.phone_key import NumberKey
from payment_core.store.schema.tables import deliveries, links, messages, opt_outs, saved_cards, webhooks

# Where a number itself is stored, by which its digests can be made.
_NUMBERS = ((links, links.c.reference), (messages, messages.c.message_id))
_FOLLOW: tuple[Table, ...] = (links, messages, webhooks, deliveries)
# A STOP has no number beside it, nor has a card: their rows say which key made them.
_MARKED: tuple[Table, ...] = (opt_outs, saved_cards)
_PAGE = 500


def numbers(work: UnitOfWork, place: int, after: str) -> list[tuple[str, str, str]]:
    """Return (row's key, merchant, number) of a page of the rows that hold numbers; ``place`` is 0 or 1."""
    table, key = _NUMBERS[place]
    query = select(key, table.c.merchant_id, table.c.phone).where(key > after).order_by(key)
    rows = work.connection.execute(query.limit(_PAGE)).all()
    return [(name, merchant_id, _opened(work, merchant_id, bytes(sealed))) for name, merchant_id, sealed in rows]


def pages(read: Callable[[int, str], list[tuple[str, str, str]]]) -> Iterator[list[tuple[str, str, str]]]:
    """Yield the pages of every table that holds numbers."""
    for place in range(len(_NUMBERS)):
        after = ""
        while page := read(place, after):
            yield page
            after = page[-1][0]


def move(work: UnitOfWork, merchant_id: str, key: NumberKey, *, mark: str) -> None:
    """Write all that was found by an older digest of a number under the newest one."""
    for table in _FOLLOW:
        old = (table.c.merchant_id == merchant_id, table.c.phone_key.in_(key.older))
        work.connection.execute(update(table).where(*old).values(phone_key=bytes(key)))
    for table in _MARKED:
        _move_marked(work, table, merchant_id, key, mark)


def left(work: UnitOfWork, *, mark: str) -> dict[str, int]:
    """Return how many STOPs and kept cards are still under an older key: their numbers are not stored here."""
    found = {}
    for name, table in (("STOPs", opt_outs), ("cards", saved_cards)):
        query = select(func.count()).select_from(table).where(table.c.key_mark != mark)
        if table is saved_cards:
            query = query.where(saved_cards.c.forgotten_at.is_(None))
        found[name] = int(work.connection.execute(query).scalar_one())
    return found


def _move_marked(work: UnitOfWork, table: Table, merchant_id: str, key: NumberKey, mark: str) -> None:
    for older in key.older:
        old = (table.c.merchant_id == merchant_id, table.c.phone_key == older)
        try:
            with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
                work.connection.execute(update(table).where(*old).values(phone_key=bytes(key), key_mark=mark))
        except IntegrityError:
            # The number stopped the channel by both keys: one row says it all, and the newer one stays.
            _merge_stops(work, old, bytes(key), mark)


def _merge_stops(work: UnitOfWork, old: tuple[Any, ...], key: bytes, mark: str) -> None:
    for row in work.connection.execute(select(opt_outs).where(*old)).all():
        one = (*old, opt_outs.c.channel == row.channel)
        mine = (
            opt_outs.c.merchant_id == row.merchant_id,
            opt_outs.c.channel == row.channel,
            opt_outs.c.phone_key == key,
        )
        if work.connection.execute(select(opt_outs.c.at).where(*mine)).first() is not None:
            work.connection.execute(delete(opt_outs).where(*one))
        else:
            work.connection.execute(update(opt_outs).where(*one).values(phone_key=key, key_mark=mark))


def _opened(work: UnitOfWork, merchant_id: str, sealed: bytes) -> str:
    return work.vault.open(merchant_id, sealed).decode()
