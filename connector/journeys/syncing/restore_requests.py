"""Find payment request records that were deleted in Salesforce, and push them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.payments.payment import PaymentRequest
from connector.journeys.context import Context
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.queries.org_versions import read_versions
from connector.store.outbox import outbox, repushes
from connector.store.outbox.outbox import OutboxState, PushState
from foundation.log import get_logger

log = get_logger()
# One query each: three collections' references stay below SOQL's longest statement.
_MOST = 3 * COLLECTION
# The org need not show yet what was written just before it was read; the margin also covers a fleet's differing clocks.
_JUST_PUSHED = timedelta(seconds=10)


def restore_requests(
    context: Context,
    *,
    requests: Sequence[PaymentRequest],
) -> list[str]:
    """Make requests due again whose records are missing or older than what was written; return their references.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be read.
    """
    if not context.tenant.mapping.write_request.get("version"):
        return []  # only our version on the record shows what was written to it
    asked_at = context.now()
    with context.store.read() as work:
        pushed = outbox.states(work, context.tenant.tenant_id, sorted({one.order_id for one in requests}))
    written = [one for one in requests if _was_written(one, pushed.get(one.order_id), asked_at)]
    missing: list[PaymentRequest] = []
    for start in range(0, len(written), _MOST):
        some = written[start : start + _MOST]
        held = read_versions(
            context.salesforce, context.tenant, order_ids=[], references=[one.reference for one in some]
        ).requests
        missing += [one for one in some if held.get(one.reference, 0) < one.version]
    if missing:
        with context.store.write() as work:
            named = sorted({one.order_id for one in missing})
            repushes.write_requests_again(work, context.tenant.tenant_id, named, now=context.now())
    for one in missing:
        log.error(
            "request_record_missing", tenant=context.tenant.tenant_id, order=one.order_id, reference=one.reference
        )
    return [one.reference for one in missing]


def _was_written(request: PaymentRequest, pushed: PushState | None, asked_at: datetime) -> bool:
    if pushed is None or pushed.pushed_at is None or pushed.state not in (OutboxState.WRITTEN, OutboxState.REFUSED):
        return False
    return request.version <= pushed.requests_version and pushed.pushed_at < asked_at - _JUST_PUSHED
