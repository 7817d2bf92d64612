"""Correct written request records: whether their order took the news, and the owner of a record that was made anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from connector.domain.health.push_refusal import RefusedPart
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.salesforce.calls.composite import PushResult, upserts
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import FINISHED, RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.orders.request_record import corrected_record
from foundation.log import get_logger

log = get_logger()
_REFUSED = (RecordOutcome.REFUSED, RecordOutcome.SLOW)


def correct_written_records(
    *, tenant: Tenant, changes: Mapping[str, OrderChange], result: PushResult, salesforce: SalesforceClient
) -> None:
    """Write again what the push's answers proved wrong; no call is made where all of it was right.

    A record is written with what its order did the last time. It is found to be new by the answer where a person had
    deleted it. Where the org cannot be asked, ``result`` lets the push be tried again.
    """
    records: list[tuple[str, dict[str, Any]]] = []
    try:
        records += list(_corrections(tenant, changes, result, salesforce))
        for some in upserts(tenant, records):
            written = salesforce.write(tenant, some, operation="amend_requests").requests
            _note(tenant, {name: one for name, one in written.items() if one.outcome not in FINISHED}, result)
    except (UpstreamError, TenantProblem) as error:
        log.warning("amend_failed", tenant=tenant.tenant_id, code=str(error.code), count=len(records))
        passing = RecordResult(RecordOutcome.PASSING, error.reason_or_code)
        result.requests.update({name: passing for name, _ in records})


def _note(tenant: Tenant, failed: Mapping[str, RecordResult], result: PushResult) -> None:
    """Let what only passes be tried again; a correction that is refused undoes no record that was written."""
    refused = {str(one.code) for one in failed.values() if one.outcome in _REFUSED}
    if refused:
        log.warning("amend_refused", tenant=tenant.tenant_id, count=len(failed), reason=",".join(sorted(refused)))
    result.requests.update({name: one for name, one in failed.items() if one.outcome not in _REFUSED})


def _corrections(
    tenant: Tenant, changes: Mapping[str, OrderChange], result: PushResult, salesforce: SalesforceClient
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each request record to correct, by its reference."""
    for change in changes.values():
        took = _took_the_news(change, result.orders.get(change.order_id))
        anew = _made_anew(change, result)
        is_wrong = took == change.order_refused  # never where that is unknown
        if not anew and not is_wrong:
            continue
        corrected = replace(change, order_refused=not took if is_wrong else change.order_refused, unwritten=anew)
        facts = salesforce.request_facts.of(tenant, [corrected])
        for request in change.every:
            if request.reference in anew or (is_wrong and _is_written(request.reference, change, result)):
                names_people = request.reference in anew
                yield request.reference, corrected_record(request, tenant, corrected, facts, names_people=names_people)


def _took_the_news(change: OrderChange, order: RecordResult | None) -> bool | None:
    """Return whether the order holds this news; None where that will be known after a further try."""
    if change.withheld is not None:
        return None  # written so already
    if order is None:
        return None
    if order.outcome in FINISHED:
        return True
    is_refused = order.outcome in _REFUSED
    return False if is_refused and order.refusal is not None and order.refusal.part is RefusedPart.ORDER else None


def _made_anew(change: OrderChange, result: PushResult) -> frozenset[str]:
    """Return the written requests whose records did not exist although they had been written before."""
    return frozenset(
        one.reference
        for one in change.requests
        if one.reference not in change.unwritten
        and (written := result.requests.get(one.reference)) is not None
        and written.created
    )


def _is_written(reference: str, change: OrderChange, result: PushResult) -> bool:
    written = result.requests.get(reference)
    return written.outcome in FINISHED if written else reference not in change.unwritten
