"""Choose what of a push is news, and make it due in the transaction that concludes the push."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.domain.payments.news import Medium, News, bells_of, bookings_of, events_of, needs_person
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Policy
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.orders.order_record import OrderChange
from connector.store.outbox import news_rows
from connector.store.outbox.outbox import OutboxState
from connector.store.outbox.outbox_conclusions import Conclusion
from foundation.database.unit_of_work import UnitOfWork


def choose_news(
    policy: Policy,
    order: Order,
    requests: Sequence[PaymentRequest],
    changed: Sequence[PaymentRequest],
    *,
    version: int,
    now: datetime,
) -> tuple[News, ...]:
    """Return the news of an order's changes that its tenant wants delivered."""
    bells = bells_of(order, requests, changed, version=version, now=now) if policy.notifications else []
    events = events_of(order, requests, changed, version=version, now=now) if policy.payment_events else []
    bookings = bookings_of(changed) if policy.order_payments else []
    return (*bells, *events, *bookings)


def news_if_refused(policy: Policy, latest: PaymentRequest | None, *, version: int) -> tuple[News, ...]:
    """Return the news that an order refuses its own fields, which no bell announces: agents and doctor see it."""
    if latest is None or not policy.payment_events:
        return ()
    refused = News(Medium.EVENT, "order_refused", latest.reference, latest.order_id, version)
    return (needs_person(refused),)


def add_news(
    work: UnitOfWork, concluded: Conclusion, change: OrderChange | None, result: PushResult, *, now: datetime
) -> None:
    """Make an order's news due, unless a request record is not written yet: then the next push brings the news again."""
    if change is None or not concluded.requests_written:
        return
    due = list(change.news)
    if concluded.state is OutboxState.REFUSED:
        due += change.news_if_refused
    if due:
        written = {one.reference: result.requests.get(one.reference) for one in change.requests}
        ids = {reference: one.record_id for reference, one in written.items() if one and one.record_id}
        news_rows.add(work, concluded.entry.tenant_id, due, ids, now=now)
