"""The history of payment requests: one event for each thing that happened."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.store.schema.tables import payment_events
from foundation.database.unit_of_work import UnitOfWork


def add(work: UnitOfWork, events: Sequence[tuple[PaymentRequest, RequestEvent]]) -> None:
    """Insert events into the history of requests."""
    rows = [
        {
            "tenant_id": request.tenant_id,
            "reference": request.reference,
            "event": event.event.value,
            "core_status": event.core_status,
            "person": event.person,
            "note": event.note,
            "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at,
        }
        for request, event in events
    ]
    if rows:
        work.connection.execute(insert(payment_events), rows)


def history_of(work: UnitOfWork, references: Sequence[str]) -> dict[str, list[RequestEvent]]:
    """Return the history of several requests, the oldest event first."""
    found: dict[str, list[RequestEvent]] = {reference: [] for reference in references}
    e = payment_events.c
    # By id: two events of one commit have the same time.
    query = select(payment_events).where(e.reference.in_(references)).order_by(e.reference, e.event_id)
    for row in work.connection.execute(query):
        event = RequestEvent(
            EventKind(row.event), row.occurred_at, row.recorded_at, row.core_status, row.person, row.note
        )
        found[row.reference].append(event)
    return found
