"""Change one payment request in a transaction of its own: lock, find, change, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.journeys.recording.record_changes import record_change
from connector.store.orders import orders
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork

ChangedRequest = tuple[PaymentRequest, Sequence[RequestEvent]]


def change_request(
    store: Store, request: PaymentRequest, change: Callable[[PaymentRequest], ChangedRequest | None], *, now: datetime
) -> PaymentRequest:
    """Apply ``change`` to a request as it is now, and return the result; ``change`` returns None to leave it alone.

    Raises:
        RequestConflict: it would become live beside a live one; the transaction is rolled back.
    """
    with store.write() as work:
        # Callbacks may have moved the request since the caller read it, so only what is read under the lock counts.
        present = locked_request(work, request)
        changed = change(present)
        if changed is None:
            return present
        after, events = changed
        return record_change(work, present, after, now=now, events=events)


def locked_request(work: UnitOfWork, request: PaymentRequest) -> PaymentRequest:
    """Lock a request's order for the rest of the transaction, and return the request as it is now."""
    orders.lock(work, request.tenant_id, request.order_id)
    return request_rows.reread(work, request)
