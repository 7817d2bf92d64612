"""Build the sObject records in which orders and payment requests are written to Salesforce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.domain.payments.balance import OrderBalance
from connector.domain.payments.news import News
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.reporting import long_unknown_at
from connector.domain.tenants.mapping import Mapping, StatusRule
from connector.salesforce.metadata.describe import ObjectDescription
from foundation.clock import rfc3339

Record = dict[str, Any]
NOT_IN_ORG = "ORDER_NOT_IN_ORG"


@dataclass(frozen=True)
class OrderChange:
    """The changes of one order to write to Salesforce: absolute values, and the requests that changed since."""

    order_id: str
    version: int
    currency: str
    balance: OrderBalance
    requests: tuple[PaymentRequest, ...]
    latest: PaymentRequest | None
    changed_at: datetime
    original_id: str | None = None
    # False once this state's Status was written: a person may have changed the Status since.
    writes_status: bool = True
    # Why the order's own fields are not written: the org does not show it, or its total is unreadable.
    withheld: str | None = None
    # The bells and events that these changes are a reason for, once their records are written.
    news: tuple[News, ...] = ()
    news_if_refused: tuple[News, ...] = ()
    # All requests of the order, oldest first; the references of those that were never written.
    every: tuple[PaymentRequest, ...] = ()
    unwritten: frozenset[str] = frozenset()
    # The org refused the order's own fields at the last push.
    order_refused: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the org does not show us this order: it cannot be written, and no record can refer to it."""
        return self.withheld == NOT_IN_ORG

    def needs_person_from(self, now: datetime) -> datetime | None:
        """Return when a request of unknown outcome begins to need a person; None where none will."""
        times = (long_unknown_at(one) for one in self.every)
        return min((at for at in times if at and at > now), default=None)


@dataclass(frozen=True)
class OrderTarget:
    """The record that an order's payment fields are written to, and its fields by our names (docs/adr/0007)."""

    object: str
    fields: dict[str, str]
    status: StatusRule | None
    is_original: bool = False

    def record_id(self, change: OrderChange) -> str | None:
        """Return the id of the record; None where a summary's original order is not known."""
        return change.original_id if self.is_original else change.order_id

    def status_of(self, change: OrderChange) -> str | None:
        """Return the Status to write, or None."""
        return self.status.values.get(change.balance.state.value) if self.status and change.writes_status else None


def order_target(mapping: Mapping, summary: ObjectDescription | None = None) -> OrderTarget:
    """Return where an order's payment fields are written: the order itself, or the order summary where the org allows it."""
    fields = {name: field for name, field in mapping.write_order.items() if field}
    if mapping.original is None:
        return OrderTarget(mapping.order_object, fields, mapping.write_status)
    taken = {name: field for name, field in fields.items() if _may_update(summary, field)}
    # Without our version field on it the summary could not refuse an outdated write: all fields go to its original order.
    if "version" not in taken:
        return OrderTarget("Order", fields, None, is_original=True)
    status = mapping.write_status if _may_update(summary, mapping.write_status.field) else None
    return OrderTarget(mapping.order_object, taken, status)


def _may_update(described: ObjectDescription | None, field: str) -> bool:
    found = described.field(field) if described else None
    return found is not None and found.updateable


def order_record(change: OrderChange, target: OrderTarget) -> Record:
    """Return the sObject record with an order's payment fields, and with its Status where that is due."""
    # Absolute values and never differences: the same record may be written twice, or after a later one was refused.
    balance, latest = change.balance, change.latest
    values = {
        "payment_state": balance.state.value,
        "request_status": latest.status.value if latest else None,
        "request_reference": latest.reference if latest else None,
        "amount_due": balance.due,
        "amount_paid": balance.paid,
        "amount_authorized": balance.authorized,
        "amount_reversed": balance.reversed,
        "paid_at": written_time(balance.paid_at),
        "changed_at": written_time(change.changed_at),
        "version": change.version,
    }
    fields = {field: values[name] for name, field in target.fields.items()}
    status = target.status_of(change)
    if target.status and status:
        fields[target.status.field] = status
    return {"attributes": {"type": target.object}, "id": target.record_id(change), **fields}


def written_time(moment: datetime | None) -> str | None:
    """Return a time as it is written to Salesforce."""
    return rfc3339(moment) if moment else None
