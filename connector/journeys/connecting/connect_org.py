"""Connect an org and its payment core: both must accept our credentials before a row is written."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TypeVar

from connector.core.client import CoreClient
from connector.domain.tenants.tenant import (
    BasicProof,
    CoreAccess,
    CoreConfiguration,
    HmacProof,
    NoProof,
    Policy,
    Proof,
    ProofKind,
    SalesforceAccess,
    Tenant,
)
from connector.errors import CoreRefused, ErrorCode, Invalid, SalesforceRefused, TenantProblem
from connector.journeys.connecting.plan_org import PlannedOrg
from connector.journeys.mapping.hold_order_object import hold_order_object
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.diagnostics import LoginRefused, read_login
from connector.store.health import findings
from connector.store.store import Store
from foundation.secret import Secret

_Values = TypeVar("_Values", Tenant, SalesforceAccess, CoreAccess, Policy)


@dataclass(frozen=True)
class ConnectedOrg:
    """A stored tenant, and what the admin has to paste into the core's portal."""

    tenant: Tenant
    is_new: bool

    def portal_lines(self, public_url: str) -> dict[str, str]:
        """Return what to paste, by name; the callback proof of a new tenant is shown here only."""
        lines = {
            "tenant": self.tenant.tenant_id,
            "launch_url": f"{public_url}/launch",
            **callback_addresses(self.tenant.core.callback_key, public_url),
        }
        return lines | (proof_lines(self.tenant.core.proofs[0]) if self.is_new else {})


def callback_addresses(callback_key: str, public_url: str) -> dict[str, str]:
    """Return the three callback addresses to paste into the core's portal, by name."""
    base = f"{public_url}/callbacks/{callback_key}"
    return {
        "transaction_status_url": f"{base}/transaction-status",
        "payment_status_url": f"{base}/payment-status",
        "settings_url": f"{base}/settings",
    }


def proof_lines(proof: Proof) -> dict[str, str]:
    """Return the credentials of a proof to paste into the core's portal, by name."""
    match proof:
        case BasicProof(user, password):
            return {"callback_user": user, "callback_password": password.value}
        case HmacProof(key):
            return {"callback_hmac_key": key.value}
        case NoProof():
            return {"callback_proof": ProofKind.NONE.value}


def connect_org(
    *, planned: PlannedOrg, store: Store, salesforce: SalesforceClient, core: CoreClient, now: datetime
) -> ConnectedOrg:
    """Log in to the org with the planned values, read the core's configuration, and store the tenant.

    Raises:
        Invalid: by field, where a peer refuses us or is not the one that was meant; UpstreamError: no answer.
    """
    tenant = planned.tenant
    # Both peers are tried before anything is stored: a tenant with a wrong key would be found out by the first customer.
    token = _login(tenant, salesforce)
    tenant = replace(tenant, configuration=read_core(tenant, core))
    _require_core_to_fit(tenant, core)
    known = planned.known
    if known is None:
        store.tenants.add(tenant, now=now)
    else:
        tenant = store.tenants.change(
            tenant.tenant_id, lambda current: _rebased(current, known, tenant, store), now=now
        )
    # The login that was tried serves the first calls: orgs limit how many logins they take in an hour.
    salesforce.keep_login(tenant, token)
    with store.write() as work:
        # An org that is connected with keys of its own is no longer a mere copy of another.
        findings.clear_subject(work, findings.CLONED_ORG, tenant.org_id)
    return ConnectedOrg(tenant, is_new=known is None)


def read_core(tenant: Tenant, core: CoreClient) -> CoreConfiguration:
    """Return what the core offers, read with the tenant's key.

    Raises:
        Invalid: the key is refused, or it belongs to the other environment.
    """
    try:
        environment, configuration = core.get_configuration(tenant.core)
    except CoreRefused as refused:
        sentence = (
            "The payment core does not accept this key. Compare it with the portal, and the environment with the key's."
        )
        raise Invalid({"core.api_key": [sentence]}) from refused
    # A production key with a tenant of test cards would take real money, and the reverse none.
    if environment not in (None, tenant.core.environment):
        raise Invalid({"core.environment": [f"The payment core says {environment}."]})
    return configuration


def _require_core_to_fit(tenant: Tenant, core: CoreClient) -> None:
    errors = {}
    if core.application_status(tenant.core) == "DELETED":
        errors["core.application"] = [
            "The payment core has no application with this id. Copy its UUID from the portal."
        ]
    currencies = tenant.configuration.currencies
    if currencies and tenant.default_currency not in currencies:
        errors["default_currency"] = [f"The payment core does not take it; it takes {', '.join(sorted(currencies))}."]
    if errors:
        raise Invalid(errors)


def _login(tenant: Tenant, salesforce: SalesforceClient) -> Secret:
    """Return the token of a login that was tried with one call.

    Raises:
        Invalid: by field, why Salesforce refused; TenantProblem; SalesforceUnavailable.
    """
    try:
        return salesforce.try_login(tenant)
    except SalesforceRefused as refused:
        if refused.reason != "LOGIN_REFUSED":
            sentence = "Salesforce lets the connector log in, but not read: the integration user needs “API Enabled”."
            raise Invalid({"salesforce": [sentence]}) from refused
        raise Invalid({"salesforce": [_why_refused(tenant, salesforce)]}) from refused
    except TenantProblem as problem:
        if problem.code is not ErrorCode.WRONG_ORG:
            raise
        # The keys opened another org: name it, because the admin has usually mixed up a sandbox and its production org.
        found = read_login(salesforce, tenant).org_id
        sentence = f"These keys open the org {found}. Give that org's id, or the host and keys of {tenant.org_id}."
        raise Invalid({"salesforce.org_id": [sentence]}, code=ErrorCode.WRONG_ORG) from problem


def _why_refused(tenant: Tenant, salesforce: SalesforceClient) -> str:
    try:
        read_login(salesforce, tenant)
    except LoginRefused as refused:
        # The client's own login reports no reason; this one reads Salesforce's error.
        return f"{refused.remedy.problem[0].upper()}{refused.remedy.problem[1:]}. {refused.remedy.remedy}"
    return "Salesforce refused the login once and allowed it a moment later. Try again."


def _rebased(current: Tenant, known: Tenant, planned: Tenant, store: Store) -> Tenant:
    """Return ``planned`` with the present values of all that it leaves as it was in ``known``."""
    # The plan was made before a person said yes and the peers were called: a rotation, another mapping or a disabling in
    # between must not be undone by it.
    tenant = _with_changes_since(known, planned, current)
    for one in hold_order_object(
        tenant_id=current.tenant_id, before=current.mapping, after=tenant.mapping, store=store
    ):
        raise Invalid({f"mapping.{one.subject}": [f"{one.problem} {one.remedy}"]})
    core = replace(
        _with_changes_since(known.core, planned.core, current.core),
        # No plan has these: only the commands that rotate them change them.
        callback_key=current.core.callback_key,
        former_callback_key=current.core.former_callback_key,
        proofs=current.core.proofs,
    )
    return replace(
        tenant,
        salesforce=_with_changes_since(known.salesforce, planned.salesforce, current.salesforce),
        core=core,
        policy=_with_changes_since(known.policy, planned.policy, current.policy),
        configuration=planned.configuration,
    )


def _with_changes_since(known: _Values, planned: _Values, current: _Values) -> _Values:
    unplanned = (one.name for one in fields(planned) if getattr(planned, one.name) == getattr(known, one.name))
    return replace(planned, **{name: getattr(current, name) for name in unplanned})
