"""What of a merchant's money is still under way, for whoever changes the account that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt
from payment_core.domain.enums import PaymentStatus
from payment_core.store.links.attempts import attempt_of
from payment_core.store.schema.tables import attempts, links, money_moves

_LIVE = text("attempts.state <> 'ended'")
_NAMED = or_(attempts.c.page_id.is_not(None), attempts.c.payment_id.is_not(None))


@dataclass(frozen=True)
class Unfinished:
    """How many payments are under way. Of those that are being paid, ``beginning`` have no id of the gateway's yet."""

    being_paid: int
    beginning: int
    moving: int
    held: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is."""
        return not (self.being_paid or self.moving or self.held)


def unfinished_of(work: UnitOfWork, merchant_id: str, *, now: datetime) -> Unfinished:
    """Count a merchant's payments that are not finished."""
    live = select(func.count()).select_from(attempts).where(attempts.c.merchant_id == merchant_id, _LIVE)
    moves = (
        select(func.count())
        .select_from(money_moves.join(links, links.c.reference == money_moves.c.reference))
        .where(links.c.merchant_id == merchant_id, money_moves.c.state == "prepared")
    )
    held = (
        select(func.count())
        .select_from(links)
        .where(
            links.c.merchant_id == merchant_id,
            links.c.payment_status.in_((PaymentStatus.AUTHORIZED.value, PaymentStatus.REVIEW.value)),
            or_(links.c.capture_before.is_(None), links.c.capture_before > now),
        )
    )
    run = work.connection.execute
    return Unfinished(
        being_paid=run(live).scalar_one(),
        beginning=run(live.where(~_NAMED)).scalar_one(),
        moving=run(moves).scalar_one(),
        held=run(held).scalar_one(),
    )


def newest_named(work: UnitOfWork, merchant_id: str) -> Attempt | None:
    """Return a merchant's newest attempt that the gateway has given an id."""
    query = select(attempts).where(attempts.c.merchant_id == merchant_id, _NAMED)
    row = work.connection.execute(query.order_by(attempts.c.created_at.desc()).limit(1)).one_or_none()
    return attempt_of(row, work) if row else None
