"""The disputes of the demo's payments: begun and ended as a tester says, and told with each payment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from payment_core.demo.payment_rows import Happening
from payment_core.demo.tables import demo_disputes
from payment_core.domain.payment import DisputeEnd, Payment, with_disputes

ENDS = {Happening.WIN_DISPUTE: DisputeEnd.WON, Happening.LOSE_DISPUTE: DisputeEnd.LOST}


def begin(connection: Connection, payment_id: str) -> None:
    """Begin a dispute; one that goes on already stays the only one."""
    if None not in _ends(connection, payment_id):
        connection.execute(insert(demo_disputes).values(payment_id=payment_id))


def end(connection: Connection, row: Row[Any], how: DisputeEnd) -> bool:
    """End the dispute that goes on; return whether there was one."""
    ends = _ends(connection, row.payment_id)
    if row.disputed and not ends:  # of a state from before disputes could end
        begin(connection, row.payment_id)
    elif None not in ends:
        return False
    mine = (demo_disputes.c.payment_id == row.payment_id) & demo_disputes.c.ended_as.is_(None)
    connection.execute(update(demo_disputes).where(mine).values(ended_as=how.value))
    return True


def with_ends(connection: Connection, payment: Payment) -> Payment:
    """Return a payment with how its disputes ended."""
    if not payment.disputed or payment.page_id is None:
        return payment
    return with_disputes(payment, _ends(connection, payment.page_id))


def _ends(connection: Connection, payment_id: str) -> list[DisputeEnd | None]:
    """Return how each dispute of a payment ended, the newest first; None for one that goes on."""
    mine = select(demo_disputes.c.ended_as).where(demo_disputes.c.payment_id == payment_id)
    rows = connection.execute(mine.order_by(demo_disputes.c.number.desc())).scalars()
    return [DisputeEnd(one) if one else None for one in rows]
