"""Describe orders that Salesforce refuses for an administrator: which, why, and where to fix it."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.domain.health.finding import Finding, Level
from connector.domain.health.push_refusal import RefusedPart
from connector.salesforce.errors.remedies import remedy_of
from connector.store.outbox import blocked_orders
from connector.store.outbox.blocked_orders import Cause
from connector.store.store import Store

ORDERS_REFUSED = "orders_refused"
_MOST_CAUSES = 20
# Failures that pass by themselves have passed by then.
_LONG = timedelta(minutes=15)
_WHAT = {
    RefusedPart.ORDER: "the payment fields",
    RefusedPart.STATUS: "the mapped Status",
    RefusedPart.REQUEST: "the payment request record",
    RefusedPart.COLLECTION: "the batches with records",
    RefusedPart.CALL: "the calls that bring the news",
}


def name_blocked_orders(*, tenant_id: str, store: Store, now: datetime) -> list[Finding]:
    """Return one finding per cause, and one for orders that have waited long without a cause."""
    with store.read() as work:
        causes = blocked_orders.causes(work, tenant_id, most=_MOST_CAUSES + 1)
        waiting, numbers, code = blocked_orders.waiting_long(work, tenant_id, since=now - _LONG)
    found = [_blocked(tenant_id, one) for one in causes[:_MOST_CAUSES]]
    if len(causes) > _MOST_CAUSES:
        found.append(_others(tenant_id))
    return [*found, _waiting(tenant_id, waiting, numbers, code)] if waiting else found


def _blocked(tenant_id: str, cause: Cause) -> Finding:
    """Return the finding about one cause."""
    # Without Salesforce's own sentence, which may contain personal data: findings are logged.
    refusal, why = cause.refusal, remedy_of(cause.refusal.code)
    fields = f" at {', '.join(refusal.fields)}" if refusal.fields else ""
    return Finding(
        check=ORDERS_REFUSED,
        level=Level.WRONG,
        subject=f"{refusal.part} {refusal.code} {cause.name.partition('.')[2]}",
        problem=f"Salesforce does not take {_WHAT[refusal.part]} of {_named(cause.orders, cause.numbers)}, because "
        f"{why.problem} ({refusal.code}{fields}).",
        remedy=f"{why.remedy} `chat2pay outbox list --tenant {tenant_id} --cause {cause.name}` shows the orders and Salesforce's "
        "own sentence. They are written within five minutes of the fix, or at once with `chat2pay outbox push`.",
        impact="These orders say what was paid, and keep their Status."
        if refusal.part is RefusedPart.STATUS
        else "Salesforce does not show what was paid for these orders.",
    )


def _others(tenant_id: str) -> Finding:
    return Finding(
        check=ORDERS_REFUSED,
        level=Level.WRONG,
        subject="others",
        problem=f"Salesforce refuses orders for more than {_MOST_CAUSES} causes; those that keep the most out are named.",
        remedy=f"`chat2pay outbox list --tenant {tenant_id}` shows all of them.",
        impact="Salesforce does not show what was paid for these orders.",
    )


def _waiting(tenant_id: str, number: int, numbers: tuple[str, ...], code: str | None) -> Finding:
    return Finding(
        check=ORDERS_REFUSED,
        level=Level.WRONG,
        subject="waiting",
        problem=f"Salesforce has not taken {_named(number, numbers)} for more than a quarter of an hour, and what stops it "
        f"should pass by itself ({code or 'no answer'}).",
        remedy="If the login and the org are in order above, https://status.salesforce.com says whether its instance has a "
        f"fault; `chat2pay outbox list --tenant {tenant_id}` shows each order and when it is tried next.",
        impact="Salesforce shows an older payment state than the agents' pages do. Nothing is lost: it is written when the "
        "way is free.",
    )


def _named(number: int, numbers: tuple[str, ...]) -> str:
    """Return ``1 order (00000102)`` or ``50 orders (00000102, 00000103, 00000104 and 47 more)``."""
    more = f" and {number - len(numbers)} more" if number > len(numbers) else ""
    return f"{number} {'order' if number == 1 else 'orders'} ({', '.join(numbers)}{more})"
