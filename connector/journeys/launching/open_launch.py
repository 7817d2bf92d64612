"""Open the extension on an order from a Canvas signed request: verify it, read the order as the agent, read rights."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import manifests
from connector.domain.payments.order import Order
from connector.domain.tenants.rights import Rights
from connector.domain.tenants.tenant import KEY_PREFIXES, Tenant, read_id
from connector.errors import (
    LaunchNames,
    LaunchRefused,
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    SalesforceUnavailable,
    TenantProblem,
    UntrustedLaunch,
)
from connector.journeys.access.explain_agent_refusal import explain_agent_refusal
from connector.journeys.access.find_rights import find_rights
from connector.journeys.connecting.guard_clone import guard_clone
from connector.journeys.incidents.report_agent_refused import report_agent_refused
from connector.journeys.launching.require_fresh_launch import require_fresh_launch
from connector.journeys.recording.save_order import save_order
from connector.journeys.requesting.check_consent import ConsentCheck, with_consents
from connector.salesforce.client import SalesforceClient
from connector.salesforce.signed_request import SignedLaunch, verify
from connector.store.store import Store
from connector.store.tenants.launches import Launch

_RULES = manifests.load("connector.json")["launch"]
# A stranger must not learn which orgs are connected, so both get the same answer. Both may come from a copied org.
_STRANGERS = frozenset({"unknown_org", "wrong_signature"})


@dataclass(frozen=True)
class OpenedLaunch:
    """A launch that may be served, and its order as the agent sees it."""

    tenant: Tenant
    signed: SignedLaunch
    launch: Launch
    order: Order
    rights: Rights


def open_launch(*, signed_request: str, store: Store, salesforce: SalesforceClient, now: datetime) -> OpenedLaunch:
    """Verify a signed request, read its order with the agent's own token in one Salesforce call, then the agent's rights.

    Where rights cannot be read the launch opens all the same, read-only.

    Raises:
        LaunchRefused: with the sentence that the agent reads and the reason for the log.
    """
    tenant, signed = _verified(signed_request, store)
    names = LaunchNames(tenant.tenant_id, signed.user_id, language=signed.language)
    if tenant.disabled:
        raise LaunchRefused("tenant_disabled", reason="tenant_disabled", names=names)
    if store.launches.was_used(signed.digest):
        raise replayed(names)
    require_fresh_launch(tenant=tenant, signed=signed, names=names, now=now)
    order_id = _order_id(tenant, signed, names)
    try:
        order = _read(tenant, signed, order_id, salesforce, now)
    except LaunchRefused as refusal:
        if isinstance(refusal.__cause__, OrgSessionExpired):
            report_agent_refused(tenant=tenant, store=store)
        raise
    order = with_consents(ConsentCheck(tenant, store, salesforce, now), order)
    save_order(order=order, store=store, now=now)
    rights = find_rights(
        tenant=tenant, user_id=signed.user_id, salesforce=salesforce, order_id=order.order_id, needs_edit=False
    )
    launch = Launch(
        launch_id=secrets.token_urlsafe(16),
        tenant_id=tenant.tenant_id,
        user_id=signed.user_id,
        order_id=order.order_id,
        given_token=signed.agent_token,
        checked_at=now,
        launched_at=now,
    )
    return OpenedLaunch(tenant, signed, launch, order, rights)


def mark_used(opened: OpenedLaunch, *, store: Store, now: datetime) -> None:
    """Record that a launch was served, so that its signed request opens no second one.

    Raises:
        LaunchRefused: the same signed request was served a moment ago.
    """
    # Only now, after the page was rendered: a launch that failed on the way may be retried with the same request.
    forget_at = now + timedelta(hours=_RULES["longest_hours"])
    signed = opened.signed
    if not store.launches.consume(signed.digest, opened.launch, forget_at=forget_at):
        raise replayed(LaunchNames(opened.tenant.tenant_id, signed.user_id, language=signed.language))


def replayed(names: LaunchNames) -> LaunchRefused:
    """Return the refusal of a signed request that was used before."""
    return LaunchRefused("launch_replayed", reason="replayed", names=names)


def _verified(signed_request: str, store: Store) -> tuple[Tenant, SignedLaunch]:
    try:
        return verify(signed_request, find_tenant=store.tenants.by_org, largest_bytes=_RULES["largest_bytes"])
    except UntrustedLaunch as error:
        if error.reason not in _STRANGERS:
            sentence = "launch_too_large" if error.reason == "too_large" else "launch_unreadable"
            raise LaunchRefused(sentence, reason=error.reason, names=LaunchNames(org_id=error.org_id)) from error
        guard_clone(signed_request=signed_request, org_id=str(error.org_id), store=store)
        raise LaunchRefused("unknown_org", reason=error.reason, names=LaunchNames(org_id=error.org_id)) from error
    except TenantProblem as error:  # no signature was verified yet, so the page names no admin contact
        raise LaunchRefused("keys_unreadable", reason="keys_unreadable", status=503) from error


def _order_id(tenant: Tenant, signed: SignedLaunch, names: LaunchNames) -> str:
    if signed.order_id is None:
        raise LaunchRefused("no_order_id", reason="no_order_id", names=names)
    order_id = read_id(signed.order_id, prefix=KEY_PREFIXES.get(tenant.mapping.order_object, ""))
    if order_id is None:
        raise LaunchRefused("not_an_order", reason="not_an_order", names=names)
    return order_id


def _read(tenant: Tenant, signed: SignedLaunch, order_id: str, salesforce: SalesforceClient, now: datetime) -> Order:
    names = LaunchNames(tenant.tenant_id, signed.user_id, order_id, language=signed.language)
    try:
        order = salesforce.read_order(tenant, order_id, agent_token=signed.agent_token, user_id=signed.user_id, now=now)
    except OrgSessionExpired as error:
        raise LaunchRefused(explain_agent_refusal(error), reason="agent_session_over", names=names) from error
    except SalesforceRefused as error:
        reason = ":".join(filter(None, ("salesforce_refused", error.reason)))
        raise LaunchRefused(explain_agent_refusal(error), reason=reason, names=names) from error
    except OrgLimitReached as error:
        raise LaunchRefused(explain_agent_refusal(error), reason="salesforce_limit", names=names, status=503) from error
    except (SalesforceUnavailable, TenantProblem) as error:
        raise LaunchRefused(
            explain_agent_refusal(error), reason="salesforce_unavailable", names=names, status=503
        ) from error
    if order is None:
        raise LaunchRefused("no_access", reason="no_access", names=names)
    return order
