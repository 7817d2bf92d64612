"""Write request records again without their owner or optional fields, where the org refuses one of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from connector import metrics
from connector.domain.health.push_refusal import RefusedPart
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.salesforce.calls.composite import PushResult, request_collections
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.metadata.field_requirements import OPTIONAL_REQUEST_FIELDS
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.orders.request_facts import LeftOut, user_of
from connector.salesforce.orders.request_record import sender_is_refused
from foundation.log import get_logger

log = get_logger()
# What an org answers for an owner, a user lookup or an optional field that it does not take, a user who left or lost the
# right to read the object among them.
# https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
_CODES = frozenset(
    {
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "INACTIVE_OWNER_OR_USER",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "MALFORMED_ID",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
        "STRING_TOO_LONG",
        "TRANSFER_REQUIRES_READ",
    }
)
_FIELD_GONE = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})
_LOOKUPS = ("requested_by_user", "handled_by_user")


def write_requests_without_refused_fields(
    *, tenant: Tenant, changes: Mapping[str, OrderChange], result: PushResult, salesforce: SalesforceClient
) -> None:
    """Write refused request records again in the same push, with less in each: see ``LeftOut``.

    A record whose user lookups alone were refused is first written without these; any other with the queue as its owner.
    What is refused still is then written without its owner and all optional fields. ``result`` is updated; the records that
    the org took are not written again. Owners that it refuses are remembered for an hour: their records go to the queue at once.
    """
    _report_remembered(tenant, changes, result, salesforce)
    refused = {name: one for name, one in result.requests.items() if _may_help(tenant, one)}
    if not refused:
        return
    first = {reference: _first_step(tenant, one) for reference, one in refused.items()}
    codes = {str(one.code) for one in refused.values()}
    log.warning("request_people_refused", tenant=tenant.tenant_id, reason=",".join(sorted(codes)), count=len(first))
    metrics.registry.count(metrics.PEOPLE_REFUSED, times=len(first))
    if _FIELD_GONE & codes:
        salesforce.request_facts.look_again(tenant)
    for left_out in (LeftOut.USER_LOOKUPS, LeftOut.AGENT):
        _write(
            tenant,
            _only(changes, {name for name, step in first.items() if step is left_out}),
            left_out,
            result,
            salesforce,
        )
    _remember_owners(tenant, _only(changes, set(refused)), refused, result, salesforce)
    still_refused = {name for name in first if _may_help(tenant, result.requests[name])}
    _write(tenant, _only(changes, still_refused), LeftOut.ALL_OPTIONAL, result, salesforce)


def _report_remembered(
    tenant: Tenant, changes: Mapping[str, OrderChange], result: PushResult, salesforce: SalesforceClient
) -> None:
    """Report the records that went to the queue at once, as those are that the org refuses first."""
    known = salesforce.request_facts.refused_owners(tenant)
    senders = Counter(
        user_of(request.requested_by.user_id)
        for change in changes.values()
        for request in change.requests
        if sender_is_refused(request, change, known) and _is_written(result.requests.get(request.reference))
    )
    for user, count in senders.items():
        reason = known[str(user)]
        log.warning("request_people_refused", tenant=tenant.tenant_id, user=user, reason=reason, count=count)
        metrics.registry.count(metrics.PEOPLE_REFUSED, times=count)


def _remember_owners(
    tenant: Tenant,
    changes: Iterable[OrderChange],
    refused: Mapping[str, RecordResult],
    result: PushResult,
    salesforce: SalesforceClient,
) -> None:
    """Remember the owners that the org refused: agents, and the queue where that was refused in its turn.

    ``refused``: the results of the first try; ``result``: those after the try without the agents.
    """
    facts = salesforce.request_facts
    known, queue_id = facts.refused_owners(tenant), facts.queue_id(tenant)
    unwritten = (one for change in changes for one in change.requests if one.reference in change.unwritten)
    for request in unwritten:
        agent = user_of(request.requested_by.user_id)
        first, second = refused[request.reference], result.requests[request.reference]
        is_agent = _names_owner(first) or (_names_no_field(first) and _was_agent(request, second))
        # Of an agent who was remembered already it says nothing: the queue was tried.
        if agent and is_agent and agent not in known:
            facts.note_refused_owner(tenant, agent, str(first.code))
        owner = agent if _first_step(tenant, first) is LeftOut.USER_LOOKUPS and agent not in known else queue_id
        if owner and _names_owner(second):
            facts.note_refused_owner(tenant, owner, str(second.code))


def _names_owner(one: RecordResult) -> bool:
    return one.refusal is not None and one.refusal.part is RefusedPart.REQUEST and "OwnerId" in one.refusal.fields


def _names_no_field(one: RecordResult) -> bool:
    return one.refusal is not None and one.refusal.part is RefusedPart.REQUEST and not one.refusal.fields


def _was_agent(request: PaymentRequest, without_people: RecordResult) -> bool:
    """Return whether a record that was taken without its people was refused for its sender: nobody else was in it."""
    return request.handled_by.user_id == request.requested_by.user_id and _is_written(without_people)


def _is_written(one: RecordResult | None) -> bool:
    return one is not None and one.outcome is RecordOutcome.WRITTEN


def _may_help(tenant: Tenant, one: RecordResult) -> bool:
    """Return whether a record was refused for something that it can do without."""
    if one.outcome not in (RecordOutcome.REFUSED, RecordOutcome.SLOW) or one.refusal is None or one.code not in _CODES:
        return False
    # A field that no longer exists fails the whole collection.
    if one.refusal.part is RefusedPart.COLLECTION:
        return True
    return one.refusal.part is RefusedPart.REQUEST and _names_only(one, {"OwnerId", *_optional_fields(tenant)})


def _names_only(one: RecordResult, fields: set[str]) -> bool:
    return one.refusal is not None and set(one.refusal.fields) <= fields


def _optional_fields(tenant: Tenant) -> Iterator[str]:
    return (field for name in OPTIONAL_REQUEST_FIELDS if (field := tenant.mapping.write_request.get(name)))


def _first_step(tenant: Tenant, one: RecordResult) -> LeftOut:
    """Return what to leave out first: only the user lookups where the org names them, else the agent as owner too."""
    lookups = {field for name in _LOOKUPS if (field := tenant.mapping.write_request.get(name))}
    is_lookup = one.refusal is not None and one.refusal.fields and _names_only(one, lookups)
    return LeftOut.USER_LOOKUPS if is_lookup else LeftOut.AGENT


def _only(changes: Mapping[str, OrderChange], references: set[str]) -> list[OrderChange]:
    kept = (
        replace(one, requests=tuple(r for r in one.requests if r.reference in references)) for one in changes.values()
    )
    return [one for one in kept if one.requests]


def _write(
    tenant: Tenant, changes: list[OrderChange], left_out: LeftOut, result: PushResult, salesforce: SalesforceClient
) -> None:
    """Write the requests of ``changes``; where the org cannot be asked, they are tried again with the whole push."""
    if not changes:
        return
    try:
        facts = salesforce.request_facts.of(tenant, changes, with_queue=left_out is LeftOut.AGENT)
        for some in request_collections(tenant, changes, facts, left_out):
            result.requests.update(salesforce.write(tenant, some, operation="push_order_changes").requests)
    except (UpstreamError, TenantProblem) as error:
        log.warning(
            "push_failed", tenant=tenant.tenant_id, code=str(error.code), count=len(changes), **error.log_reason
        )
        passing = RecordResult(RecordOutcome.PASSING, error.reason_or_code)
        result.requests.update({one.reference: passing for change in changes for one in change.requests})
