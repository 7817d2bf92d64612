"""Find payments that need a person and of which no callback reached us: a core of our own lists them."""

from __future__ import annotations

from connector.core.own.attention import listed_attention
from connector.domain.payments.payment import PaymentRequest
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.store.requests import request_rows
from foundation.log import get_logger

log = get_logger()


def find_missed_alarms(context: Context) -> int:
    """Ask the core which payments need a person, reconcile those that we have no alarm for, and return how many."""
    tenant_id = context.tenant.tenant_id
    try:
        attention = listed_attention(context.core, context.tenant.core)
    except (UpstreamError, TenantProblem) as error:
        # The vendor's core, and an earlier one of ours, have no such list.
        log.info("alarms_not_listed", tenant=tenant_id, code=str(error.code))
        return 0
    listed = attention.reasons
    if attention.more:
        log.warning("alarms_not_all_listed", tenant=tenant_id, count=attention.more)
    with context.store.read() as work:
        ours = request_rows.find_by_links(work, tenant_id, listed) if listed else []
    missed = [one for one in ours if _is_missed(one, listed)]
    for one in missed:
        if reconcile_payment(context, request=one).silent:
            # It would be waited for as long once more for each of the others; the next night asks again.
            break
    if missed:
        log.warning("alarms_missed", tenant=tenant_id, count=len(missed))
    return len(missed)


def _is_missed(request: PaymentRequest, listed: dict[str, str]) -> bool:
    link = (request.link_reference or "").lower()
    return any(name.lower() == link and why != request.attention for name, why in listed.items())
