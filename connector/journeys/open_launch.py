"""Decides whether a launch may open its order: who signed it, was it used, which order, may this agent see it and do what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import manifests
from connector.domain.order import Order
from connector.domain.rights import Rights
from connector.domain.tenant import KEY_PREFIXES, Tenant, read_id
from connector.errors import (
    LaunchRefused,
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    SalesforceUnavailable,
    TenantProblem,
    UntrustedMessage,
)
from connector.journeys.check_consent import ConsentCheck, with_consents
from connector.journeys.connecting.guard_clone import guard_clone
from connector.journeys.find_rights import find_rights
from connector.journeys.incidents.note_agent_refused import note_agent_refused
from connector.journeys.keep_order import keep_order
from connector.journeys.name_agent_refusal import name_agent_refusal
from connector.salesforce.client import SalesforceClient
from connector.salesforce.launch import SignedLaunch, verify
from connector.store.launches import Launch
from connector.store.store import Store

_RULES = manifests.load("connector.json")["launch"]
# A stranger must not learn which orgs are connected, so both are told alike; and both may come from a copy.
_STRANGERS = frozenset({"unknown_org", "wrong_signature"})


@dataclass(frozen=True)
class OpenedLaunch:
    """A launch that may be served, and its order as the agent sees it. It counts as used once it was served."""

    tenant: Tenant
    signed: SignedLaunch
    launch: Launch
    order: Order
    rights: Rights


def open_launch(*, signed_request: str, store: Store, salesforce: SalesforceClient, now: datetime) -> OpenedLaunch:
    """Verify a signed request and read its order with the agent's own token, in one Salesforce call, then their rights.

    Rights that cannot be read are none: the launch opens all the same, to look.

    Raises:
        LaunchRefused: with the sentence that the person reads and the reason for the log.
    """
    tenant, signed = _verified(signed_request, store, now)
    facts = {"tenant": tenant.tenant_id, "user": signed.user_id}
    if tenant.disabled:
        raise LaunchRefused("tenant_disabled", reason="tenant_disabled", facts=facts)
    if store.launches.was_used(signed.digest):
        raise replayed(facts)
    order_id = _order_id(tenant, signed, facts)
    try:
        order = _read(tenant, signed, order_id, salesforce, now)
    except LaunchRefused as refusal:
        if isinstance(refusal.__cause__, OrgSessionExpired):
            note_agent_refused(tenant=tenant, store=store)
        raise
    order = with_consents(ConsentCheck(tenant, store, salesforce, now), order)
    keep_order(order=order, store=store, now=now)
    rights = find_rights(tenant=tenant, user_id=signed.user_id, salesforce=salesforce)
    launch = Launch(
        launch_id=secrets.token_urlsafe(16),
        tenant_id=tenant.tenant_id,
        user_id=signed.user_id,
        order_id=order.order_id,
        agent_token=signed.agent_token,
        checked_at=now,
        launched_at=now,
    )
    return OpenedLaunch(tenant, signed, launch, order, rights)


def mark_used(opened: OpenedLaunch, *, store: Store, now: datetime) -> None:
    """Accept a served launch, once.

    Raises:
        LaunchRefused: the same signed request was served a moment ago.
    """
    forget_at = now + timedelta(hours=_RULES["longest_hours"])
    if not store.launches.consume(opened.signed.digest, opened.launch, forget_at=forget_at):
        raise replayed({"tenant": opened.tenant.tenant_id, "user": opened.signed.user_id})


def replayed(facts: dict[str, str]) -> LaunchRefused:
    """Return the refusal of a signed request that was used before."""
    return LaunchRefused("launch_replayed", reason="replayed", facts=facts)


def _verified(signed_request: str, store: Store, now: datetime) -> tuple[Tenant, SignedLaunch]:
    try:
        return verify(signed_request, find_tenant=store.tenants.by_org, largest_bytes=_RULES["largest_bytes"])
    except UntrustedMessage as fault:
        if fault.reason not in _STRANGERS:
            sentence = "launch_too_large" if fault.reason == "too_large" else "launch_unreadable"
            raise LaunchRefused(sentence, reason=fault.reason, facts=fault.facts) from fault
        guard_clone(signed_request=signed_request, org_id=str(fault.facts["org"]), store=store)
        raise LaunchRefused("unknown_org", reason=fault.reason, facts=fault.facts) from fault
    except TenantProblem as fault:  # nothing is proven yet, so no name is told
        raise LaunchRefused("keys_unreadable", reason="keys_unreadable", status=503) from fault


def _order_id(tenant: Tenant, signed: SignedLaunch, facts: dict[str, str]) -> str:
    if signed.order_id is None:
        raise LaunchRefused("no_order_id", reason="no_order_id", facts=facts)
    order_id = read_id(signed.order_id, prefix=KEY_PREFIXES.get(tenant.mapping.order_object, ""))
    if order_id is None:
        raise LaunchRefused("not_an_order", reason="not_an_order", facts=facts)
    return order_id


def _read(tenant: Tenant, signed: SignedLaunch, order_id: str, salesforce: SalesforceClient, now: datetime) -> Order:
    facts = {"tenant": tenant.tenant_id, "user": signed.user_id, "order": order_id}
    try:
        order = salesforce.read_order(tenant, order_id, agent_token=signed.agent_token, user_id=signed.user_id, now=now)
    except OrgSessionExpired as fault:
        raise LaunchRefused(name_agent_refusal(fault), reason="agent_session_over", facts=facts) from fault
    except SalesforceRefused as fault:
        raise LaunchRefused(
            name_agent_refusal(fault), reason=f"salesforce_refused:{fault.reason}", facts=facts
        ) from fault
    except OrgLimitReached as fault:
        raise LaunchRefused(name_agent_refusal(fault), reason="salesforce_limit", facts=facts, status=503) from fault
    except (SalesforceUnavailable, TenantProblem) as fault:
        raise LaunchRefused(
            name_agent_refusal(fault), reason="salesforce_unavailable", facts=facts, status=503
        ) from fault
    if order is None:
        raise LaunchRefused("no_access", reason="no_access", facts=facts)
    return order
