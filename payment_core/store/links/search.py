"""Find a merchant's links for a person who looks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.link import Link
from payment_core.domain.settlement import OVER
from payment_core.store.links.links import link_of
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import links

# In place of a status.
NEEDS_PERSON = "needs_person"


@dataclass(frozen=True)
class LinkFilter:
    """What is looked for: a text (order, link's or caller's reference, payer), a number's digest, a status, times.

    ``before`` is where a page begins: the time and reference of the last link of the page before.
    """

    merchant_id: str
    text: str = ""
    phone_key: bytes | None = None
    status: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    before: tuple[datetime, str] | None = None


def count_needing_person(work: UnitOfWork, merchant_id: str) -> int:
    """Return how many of a merchant's payments need a person now."""
    query = select(func.count()).select_from(links).where(_needs_person(), links.c.merchant_id == merchant_id)
    return int(work.connection.execute(query).scalar_one())


def _needs_person() -> ColumnElement[bool]:
    # Written as the partial index has it.
    return and_(text("links.attention IS NOT NULL"), links.c.attention.not_in([one.value for one in OVER]))


def search(work: UnitOfWork, wanted: LinkFilter, *, most: int) -> list[Link]:
    """Return the newest links that fit, newest first."""
    k = links.c
    query = select(links).where(k.merchant_id == wanted.merchant_id)
    if wanted.text:
        # Whole values: a search by a part could use no index.
        named = [one == wanted.text for one in (k.reference, k.order_number, k.caller_reference, k.payer_reference)]
        if wanted.phone_key is not None:
            named.append(same(k.phone_key, wanted.phone_key))
        query = query.where(or_(*named))
    if wanted.status == NEEDS_PERSON:
        query = query.where(_needs_person())
    elif wanted.status:
        query = query.where(or_(k.status == wanted.status, k.payment_status == wanted.status))
    if wanted.begin is not None:
        query = query.where(k.created_at >= wanted.begin)
    if wanted.end is not None:
        query = query.where(k.created_at < wanted.end)
    if wanted.before is not None:
        moment, reference = wanted.before
        query = query.where(or_(k.created_at < moment, (k.created_at == moment) & (k.reference < reference)))
    rows = work.connection.execute(query.order_by(k.created_at.desc(), k.reference.desc()).limit(most))
    return [link_of(row, work) for row in rows]
