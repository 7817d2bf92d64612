"""Build the sObject record of a payment request: its states and money, the fields for reports, and its people."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any

import manifests
from connector.domain.payments.message_delivery import is_probable_preview
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.reporting import message_failure, needs_person, seconds_between
from connector.domain.tenants.tenant import Tenant
from connector.salesforce.orders.order_record import OrderChange, written_time
from connector.salesforce.orders.request_facts import NO_FACTS, LeftOut, RequestFacts, user_of

Record = dict[str, Any]
_OURS = manifests.load("core/ours.json")
_ANY_ATTENTION = "Something about this payment needs a person. Look at it at the gateway."
_LOOKUPS = frozenset({"requested_by_user", "handled_by_user"})
_OF_SENDING = frozenset({"sent_date", "sent_hour"})


def request_record(
    request: PaymentRequest,
    tenant: Tenant,
    change: OrderChange,
    facts: RequestFacts = NO_FACTS,
    left_out: LeftOut = LeftOut.NOTHING,
) -> Record:
    """Return the sObject record of one payment request, to be upserted by our reference."""
    if left_out in (LeftOut.NOTHING, LeftOut.USER_LOOKUPS) and sender_is_refused(request, change, facts.refused_owners):
        left_out = LeftOut.AGENT
    values = _values(request, tenant, change)
    if left_out is not LeftOut.ALL_OPTIONAL:
        values |= _report_values(request, change, facts, left_out)
    fields = {field: values[name] for name, field in tenant.mapping.write_request.items() if field and name in values}
    return {**_key(request, tenant), **fields, **_owner(request, change, facts, left_out)}


def sender_is_refused(request: PaymentRequest, change: OrderChange, refused: Container[str]) -> bool:
    """Return whether a record is due its owner, and the org refuses the agent as such."""
    return request.reference in change.unwritten and user_of(request.requested_by.user_id) in refused


def corrected_record(
    request: PaymentRequest, tenant: Tenant, change: OrderChange, facts: RequestFacts, *, names_people: bool
) -> Record:
    """Return what a written record lacks: whether its order took the news, and its owner where it was created anew."""
    values = {
        name: value for name, value in _order_values(request, change).items() if name in facts.names
    } | {"version": request.version}  # fmt: skip
    owner = {}
    if names_people:
        values |= _team(request, facts)
        is_refused = sender_is_refused(request, change, facts.refused_owners)
        owner = _owner_id(facts.queue_id if is_refused else user_of(request.requested_by.user_id), facts)
    fields = {field: values[name] for name, field in tenant.mapping.write_request.items() if field and name in values}
    return {**_key(request, tenant), **fields, **owner}


def _key(request: PaymentRequest, tenant: Tenant) -> Record:
    mapping = tenant.mapping
    return {"attributes": {"type": mapping.request_object}, mapping.request_external_id: request.reference}


def _values(request: PaymentRequest, tenant: Tenant, change: OrderChange) -> Record:
    is_summary = tenant.mapping.original is not None
    # Salesforce refuses a lookup to a record that is deleted or hidden from us: it stays empty, and the rest is written.
    order_id = None if change.is_missing else request.order_id
    return {
        "order": change.original_id if is_summary else order_id,
        "order_summary": order_id if is_summary else None,
        "status": request.status.value,
        "core_status": request.core_status,
        "message_state": request.states.message.value,
        "link_state": request.states.link.value,
        "money_state": request.money_word,
        "purpose": request.purpose.value,
        "channel": request.channel.value,
        "language": request.language,
        "phone_ending": request.phone.ending or None,
        "phone_changed": request.phone_changed,
        "consent_basis": request.consent_basis,
        "consent_at": written_time(request.consent_at),
        "currency": request.currency,
        "amount": request.amount,
        "amount_paid": request.paid,
        "amount_authorized": request.held,
        "amount_reversed": request.reversed,
        "environment": tenant.core.environment,
        "requested_by": request.requested_by.name,
        "handled_by": request.handled_by.name,
        "replaces": request.replaces,
        "link_reference": request.link_reference,
        "reconciliation_reference": request.reconciliation_reference,
        "outcome_reason": request.reason,
        "sent_at": written_time(request.sent_at),
        "opened_at": written_time(_opened_at(request)),
        "finished_at": written_time(request.finished_at),
        "version": request.version,
    }


def _report_values(request: PaymentRequest, change: OrderChange, facts: RequestFacts, left_out: LeftOut) -> Record:
    """Return the values of the optional fields that this org has, by our names."""
    sent = request.sent_at.astimezone(facts.zone) if request.sent_at and facts.zone else None
    values = {
        "requested_by_user": user_of(request.requested_by.user_id),
        "handled_by_user": user_of(request.handled_by.user_id),
        "sent_date": sent.date().isoformat() if sent else None,
        "sent_hour": sent.hour if sent else None,
        "seconds_to_open": seconds_between(request.sent_at, _opened_at(request)),
        "seconds_to_pay": seconds_between(request.sent_at, request.paid_at),
        "attempt": _attempt(request, change),
        "probable_preview": is_probable_preview(request),
        "message_failure": message_failure(request, _OURS["message_failures"]),
        "attention": _OURS["attention"].get(request.attention, _ANY_ATTENTION) if request.attention else None,
        "do_not_ship": bool(request.do_not_ship),
        **_order_values(request, change),
    }
    unwritten: frozenset[str] = frozenset() if left_out is LeftOut.NOTHING else _LOOKUPS
    if facts.zone is None:
        unwritten |= _OF_SENDING  # what an earlier write knew stays
    if request.reference in change.unwritten:
        values |= _team(request, facts)
    return {name: value for name, value in values.items() if name in facts.names - unwritten}


def _opened_at(request: PaymentRequest) -> datetime | None:
    """Return when the customer opened the link, for reports; a probable preview is no opening."""
    return None if is_probable_preview(request) else request.opened_at


def _order_values(request: PaymentRequest, change: OrderChange) -> Record:
    refused = change.order_refused or change.withheld is not None
    return {
        "needs_person": needs_person(request, change.balance, order_refused=refused, now=change.changed_at),
        "order_updated": not refused,
    }


def _attempt(request: PaymentRequest, change: OrderChange) -> int | None:
    references = [one.reference for one in change.every]
    return references.index(request.reference) + 1 if request.reference in references else None


def _team(request: PaymentRequest, facts: RequestFacts) -> Record:
    team = facts.teams.get(user_of(request.requested_by.user_id) or "")
    return {"team": team} if team else {}


def _owner(request: PaymentRequest, change: OrderChange, facts: RequestFacts, left_out: LeftOut) -> Record:
    """Return the owner of a record that is written for the first time; a later owner is the org's own matter."""
    if request.reference not in change.unwritten:
        return {}
    if left_out is LeftOut.ALL_OPTIONAL:
        return {}
    agent = user_of(request.requested_by.user_id)
    return _owner_id(facts.queue_id if left_out is LeftOut.AGENT else agent, facts)


def _owner_id(owner: str | None, facts: RequestFacts) -> Record:
    return {"OwnerId": owner} if owner and facts.takes_owner else {}
