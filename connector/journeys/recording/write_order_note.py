"""Write the note on an order, unless somebody has changed it meanwhile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from connector.domain.payments.payment import Person
from connector.domain.people.order_note import OrderNote
from connector.store.orders import order_notes, orders
from connector.store.store import Store


class NoteOutcome(StrEnum):
    """What became of a note."""

    SAVED = "saved"
    REMOVED = "removed"
    NOTHING = "nothing"
    CHANGED_MEANWHILE = "changed_meanwhile"


def write_order_note(
    *, tenant_id: str, order_id: str, text: str, seen: int, by: Person, store: Store, now: datetime
) -> tuple[NoteOutcome, OrderNote | None]:
    """Return what became of a note, and its present text. ``seen``: the version that ``by`` looked at; 0: none."""
    with store.write() as work:
        # The order's lock makes two writers take turns.
        orders.lock_many(work, tenant_id, [order_id])
        present = order_notes.find(work, tenant_id, order_id, now=now)
        version = present.version if present else 0
        if present and _is_repetition(present, text, seen, by):
            return _written(text), present
        if version != seen:
            return NoteOutcome.CHANGED_MEANWHILE, present
        if not text and not (present and present.text):
            # No note before, none after: nobody's version moves on.
            return NoteOutcome.NOTHING, present
        note = OrderNote(text, by, now, version + 1)
        order_notes.write(work, tenant_id, order_id, note)
        orders.touch(work, tenant_id, order_id)
    return _written(text), note


def _is_repetition(present: OrderNote, text: str, seen: int, by: Person) -> bool:
    # The answer to the same press was lost: its writer must not read that a colleague was faster.
    return (present.version, present.text, present.author.user_id) == (seen + 1, text, by.user_id)


def _written(text: str) -> NoteOutcome:
    return NoteOutcome.SAVED if text else NoteOutcome.REMOVED
