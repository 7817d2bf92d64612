"""Check by reading that a record which our validation rule refused is in Salesforce in a newer version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connector.domain.tenants.tenant import Tenant
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.queries.org_versions import OrgVersions, read_versions
from foundation.log import get_logger

log = get_logger()


def confirm_newer(
    *, tenant: Tenant, changes: Mapping[str, OrderChange], result: PushResult, salesforce: SalesforceClient
) -> None:
    """Leave ``NEWER`` in ``result`` only where the org shows a version not below ours; at most one call is made."""
    of_orders = {one.order_id: one.version for one in changes.values()}
    of_requests = {one.reference: one.version for change in changes.values() for one in change.requests}
    orders, requests = _claimed(result.orders), _claimed(result.requests)
    if not orders and not requests:
        return
    try:
        # A refusal that only looks like our rule's would count as success, and the order would never show "paid".
        held = read_versions(salesforce, tenant, order_ids=list(orders), references=list(requests))
    except (UpstreamError, TenantProblem) as error:
        log.warning("version_not_read", tenant=tenant.tenant_id, code=str(error.code))
        if not isinstance(error, SalesforceRefused):
            _replace_all(result, RecordOutcome.PASSING)
            return
        held = OrgVersions({}, {})
    result.orders.update({key: _ruled(one, held.orders.get(key), of_orders[key]) for key, one in orders.items()})
    result.requests.update(
        {key: _ruled(one, held.requests.get(key), of_requests[key]) for key, one in requests.items()}
    )


def _claimed(results: Mapping[str, RecordResult]) -> dict[str, RecordResult]:
    return {key: one for key, one in results.items() if one.outcome is RecordOutcome.NEWER}


def _replace_all(result: PushResult, outcome: RecordOutcome) -> None:
    for results in (result.orders, result.requests):
        results.update({key: replace(one, outcome=outcome) for key, one in _claimed(results).items()})


def _ruled(claimed: RecordResult, held: int | None, ours: int) -> RecordResult:
    return claimed if held is not None and held >= ours else replace(claimed, outcome=RecordOutcome.REFUSED)
