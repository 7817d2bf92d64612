"""Check that the org takes the payments of Order Management that this tenant has switched on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from connector.domain.health.deploy_remedy import deploy
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.payments.news import Medium
from connector.domain.tenants.tenant import Tenant
from connector.journeys.news.book_captures import BY_HAND, CHECK, NO_SUMMARY
from connector.salesforce.client import SalesforceClient
from connector.salesforce.news.order_payments import PAYMENT, payment_record, what_is_missing
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import NewsState
from connector.store.store import Store

_LATELY = timedelta(days=1)
_REFUND = (
    "Nothing documented links a refund that Salesforce did not make to an order payment summary: enter it in Order "
    "Management by hand, and do not let its adapter pay the money back once more."
)
_GRANT = "Setup → Permission Sets → Chat 2 Pay Order Management → Manage Assignments: the integration user."


def examine_order_payments(
    *, tenant: Tenant, salesforce: SalesforceClient, store: Store, now: Callable[[], datetime]
) -> list[Check]:
    """Return the check of a tenant that records payments; none for others."""
    if not tenant.policy.order_payments:
        return []
    return [Check(CHECK, lambda: _found(tenant, salesforce, store, now()), needs="integration_user")]


def _found(tenant: Tenant, salesforce: SalesforceClient, store: Store, now: datetime) -> list[Finding]:
    # Any payment shows it: all records have the same fields.
    record = payment_record("key", Decimal(1), tenant.default_currency, None, "reference")
    missing = what_is_missing(salesforce.describe(tenant, PAYMENT, anew=True), record)
    found = [_missing(tenant, missing)] if missing else []
    return [*found, *_unrecorded(tenant, store, now, missing)]


def _missing(tenant: Tenant, name: str) -> Finding:
    kind, _, field = name.partition(" ")
    if kind == "required" and field:
        problem = f"The org demands the field {field} of every Payment, and the connector has no value for it."
        return _finding(
            tenant, name, problem, f"Setup → Object Manager → Payment → {field}: not required, or with a default value."
        )
    return _finding(
        tenant,
        name,
        f"The org has no {name} for payments that our user may create, or hides it.",
        f"{deploy(tenant.tenant_id, 'oms')}, then {_GRANT}",
    )


def _unrecorded(tenant: Tenant, store: Store, now: datetime, missing: str | None) -> list[Finding]:
    """Name why payments wait, or were given up lately, and refunds that people must enter."""
    with store.read() as work:
        states = news_rows.states_of(work, tenant.tenant_id, since=now - _LATELY)
    waiting = (NewsState.DUE, NewsState.REFUSED, NewsState.NOBODY)
    found = []
    # By text, since a reason may be None. What waits for a missing piece is not named again: the piece is.
    for (medium, state, reason), number in sorted(states.items(), key=str):
        if medium != Medium.PAYMENT or state not in waiting or not reason or reason == missing:
            continue
        if reason == BY_HAND:
            found.append(
                _finding(
                    tenant, BY_HAND, f"{number} reversals of the last day are no Refund in Order Management.", _REFUND
                )
            )
        elif reason == NO_SUMMARY:
            problem = f"{number} payments belong to orders that have no order summary yet."
            found.append(_finding(tenant, NO_SUMMARY, problem, "Activate the orders, or create their order summaries."))
        else:
            end = "wait" if state == NewsState.DUE else "were given up after a week: enter them by hand"
            problem = f"{number} payments are not recorded because of {reason}; they {end}."
            found.append(
                _finding(
                    tenant, reason, problem, "Correct what it names in Setup. A payment is tried again within the hour."
                )
            )
    return found


def _finding(tenant: Tenant, subject: str, problem: str, remedy: str) -> Finding:
    return Finding(
        check=CHECK,
        level=Level.SOON,
        subject=subject,
        problem=problem,
        remedy=f"{remedy} Or switch them off: chat2pay tenant news {tenant.tenant_id} --no-payments",
        impact="Order Management shows less, or more, than was taken. Payments are taken and records written as ever.",
    )
