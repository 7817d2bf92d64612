"""Write the payment fields without Status where an administrator's rule refuses the Status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from connector.domain.health.push_refusal import PushRefusal, RefusedPart
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.queries.org_versions import read_field_values

Push = Callable[[dict[str, OrderChange]], PushResult]


def write_without_status(
    *,
    tenant: Tenant,
    changes: Mapping[str, OrderChange],
    result: PushResult,
    salesforce: SalesforceClient,
    push: Push,
) -> None:
    """Write refused orders once more without their Status, and update ``result`` with the outcome."""
    rule = tenant.mapping.write_status
    refused = {
        # Only the order itself was refused: what the first call did to its requests stays as it is.
        order_id: replace(change, requests=(), writes_status=False)
        for order_id, change in changes.items()
        if change.writes_status and not change.withheld and change.balance.state.value in rule.values
        if _refuses_by_itself(result.orders.get(order_id))
    }
    if not refused:
        return
    again = push(refused).orders
    written = [order_id for order_id, one in again.items() if one.outcome is RecordOutcome.WRITTEN]
    # The Status that the order shows now is stored with the refusal: ours is written later only over that value.
    shown = _shown(tenant, written, rule.field, salesforce)
    for order_id, second in again.items():
        first = result.orders[order_id]
        if order_id in written:
            second = replace(second, status_refused=_of_status(first, rule.field, shown.get(order_id)))
        result.orders[order_id] = second


def _refuses_by_itself(result: RecordResult | None) -> bool:
    """Return whether the order itself was refused, and not its requests or the whole call; its Status may be the cause."""
    if result is None or result.refusal is None or result.refusal.part is not RefusedPart.ORDER:
        return False
    return result.outcome in (RecordOutcome.REFUSED, RecordOutcome.SLOW)


def _of_status(first: RecordResult, field: str, shown: str | None) -> PushRefusal | None:
    """Return the refusal of the order's Status; its ``held`` is the Status that the order shows."""
    if first.refusal is None:
        return None
    named = tuple(dict.fromkeys((field, *first.refusal.fields)))
    return replace(first.refusal, part=RefusedPart.STATUS, fields=named, held=shown)


def _shown(tenant: Tenant, order_ids: list[str], field: str, salesforce: SalesforceClient) -> dict[str, str]:
    if not order_ids:
        return {}
    try:
        return read_field_values(salesforce, tenant, order_ids=order_ids, field=field)
    except (UpstreamError, TenantProblem):
        return {}
