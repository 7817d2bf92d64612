"""Write a refused Status again only where nobody has changed the order's Status since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.domain.health.push_refusal import PushRefusal, RefusedPart, refusal_of
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.salesforce.client import SalesforceClient
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.queries.org_versions import read_field_values
from connector.store.outbox.outbox import OutboxEntry
from foundation.encryption.vault import Vault
from foundation.log import get_logger

log = get_logger()


def respect_moved_status(
    *,
    tenant: Tenant,
    entries: Sequence[OutboxEntry],
    changes: Mapping[str, OrderChange],
    salesforce: SalesforceClient,
    vault: Vault,
) -> dict[str, OrderChange]:
    """Return the changes to send: without Status for orders whose Status was changed; unreadable ones are left out.

    At most one query is made, and only where the Status of some order was refused before.
    """
    held = {one.order_id: _refusal(one, vault) for one in entries if one.order_id in changes and _is_status(one)}
    if not held:
        return dict(changes)
    try:
        shown = read_field_values(salesforce, tenant, order_ids=list(held), field=tenant.mapping.write_status.field)
    except (UpstreamError, TenantProblem) as error:
        log.warning("status_not_read", tenant=tenant.tenant_id, code=str(error.code), count=len(held))
        # Without knowing the present Status, a write could undo what a person set: these orders wait for the next push.
        return {order_id: change for order_id, change in changes.items() if order_id not in held}
    return {
        order_id: replace(change, writes_status=False)
        if order_id in held and _moved(held[order_id], shown.get(order_id))
        else change
        for order_id, change in changes.items()
    }


def _is_status(entry: OutboxEntry) -> bool:
    return (entry.blocked_by or "").startswith(f"{RefusedPart.STATUS}.")


def _moved(refusal: PushRefusal | None, shown: str | None) -> bool:
    """Return whether the order's Status is no longer what it was at the refusal; where that is unknown, assume so."""
    return refusal is None or refusal.held != shown  # ``conclude_push`` stores no refusal of a Status without ``held``


def _refusal(entry: OutboxEntry, vault: Vault) -> PushRefusal | None:
    try:
        return refusal_of(vault.open(entry.tenant_id, entry.refusal)) if entry.refusal else None
    except TenantProblem:
        return None  # the key that encrypted it was removed
