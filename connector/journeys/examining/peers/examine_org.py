"""Check that the org lets the connector and its agents work: user, permissions, mapping, API limits, IP restrictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from connector.domain.health.deploy_remedy import deploy
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.rights import Right
from connector.domain.tenants.tenant import RightsFrom, Tenant
from connector.errors import OrgLimitReached, OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, TenantProblem
from connector.journeys.examining.peers.examine_login import ReadLogin
from connector.journeys.mapping.check_mapping import check_mapping
from connector.salesforce.calls.api_allowance import RESERVE_FROM, SCARCE_FROM
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection import diagnostics
from connector.salesforce.metadata.custom_permissions import permission_for
from connector.store.health import health_checks
from connector.store.health.findings import AGENT_REFUSED, stored_findings
from connector.store.store import Store

_SET = "Setup → Permission Sets → Chat 2 Pay Integration → System Permissions"
_USED_UP = (
    "Setup → Company Information and Setup → API Usage show who uses them up. Calls can be bought, or the other systems "
    "slowed down."
)
_NO_API = "API_DISABLED_FOR_ORG"
# Over a weekend, so that a refusal on Friday is still named on Monday.
_LATELY = timedelta(days=3)
# (permission, as Setup calls it, what happens without it)
_NEEDED = (
    (diagnostics.API_ENABLED, "API Enabled", "Every read and write is refused."),
    (diagnostics.EDIT_ACTIVATED, "Edit Activated Orders", "Orders that were activated never show that they were paid."),
    (
        diagnostics.VIEW_SETUP,
        "View Setup and Configuration",
        "Agents' custom permissions cannot be read, so nobody may send.",
    ),
)


def examine_org(
    *, tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient, store: Store, now: Callable[[], datetime]
) -> list[Check]:
    """Return the checks of the org; each needs, directly or not, a login that opened the right one."""

    @cache
    def calls() -> tuple[int, int] | None:
        return diagnostics.read_daily_calls(salesforce, tenant)

    return [
        Check("org_serves", lambda: _serves(calls), needs="org_id"),
        Check("integration_user", lambda: _user(tenant, read_login, salesforce), needs="org_serves"),
        Check("permissions", lambda: _permissions(tenant, read_login, salesforce), needs="integration_user"),
        Check("custom_permissions", lambda: _custom(tenant, read_login, salesforce), needs="integration_user"),
        Check("mapping", lambda: check_mapping(tenant=tenant, salesforce=salesforce), needs="integration_user"),
        Check("api_limits", lambda: _limits(calls()), needs="integration_user"),
        Check(
            "agents_refused", lambda: _agents(tenant, read_login, salesforce, store, now()), needs="integration_user"
        ),
    ]


def _serves(calls: Callable[[], object]) -> list[Finding]:
    """Find out by a first call whether the org takes calls now, which a login does not show."""
    try:
        calls()
    except (OrgSessionExpired, SalesforceRefused):
        return []  # it does serve; the refusal has a check of its own
    except OrgLimitReached:
        return [
            Finding(
                check="org_serves",
                level=Level.WRONG,
                problem="The org's API calls for these 24 hours are used up: Salesforce refuses every call.",
                remedy=_USED_UP,
                impact="Agents cannot open or send anything until calls are free again. News of payments is kept and "
                "written then; nothing is lost.",
            )
        ]
    except SalesforceUnavailable as error:
        return [
            Finding(
                check="org_serves",
                level=Level.WRONG,
                problem=f"Salesforce lets the connector log in and then does not serve it: {error.message}",
                remedy="Setup → Company Information names the org's instance: status.salesforce.com says whether it has a "
                "fault. It passes without you.",
                impact="Agents cannot open or send anything meanwhile. News of payments is kept and written afterwards.",
            )
        ]
    return []


def _user(tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient) -> list[Finding]:
    user_id = read_login().user_id
    try:
        active = diagnostics.is_active(salesforce, tenant, user_id)
    except OrgSessionExpired:
        return [
            Finding(
                check="integration_user",
                level=Level.WRONG,
                problem="Salesforce lets the connector log in and then accepts no call of it.",
                remedy="Setup → Profiles → the integration user's profile: add the connector's outgoing address to "
                "the login IP ranges; Setup → Session Settings: sessions are not locked to an address.",
                impact="No order is written until then; what waits is written afterwards.",
            )
        ]
    except SalesforceRefused as error:
        if error.reason != _NO_API:
            raise
        return [replace(_missing(*_NEEDED[0]), check="integration_user")]
    if active:
        return []
    return [
        Finding(
            check="integration_user",
            level=Level.WRONG,
            subject=user_id,
            problem="The integration user is not active, or cannot see itself.",
            remedy="Setup → Users → the integration user → Edit → Active.",
            impact="The next login is refused, and no order is written from then on.",
        )
    ]


def _permissions(tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient) -> list[Finding]:
    held = diagnostics.read_permissions(salesforce, tenant, read_login().user_id)
    if held is None:
        return [_missing(diagnostics.VIEW_SETUP, _NEEDED[2][1], _NEEDED[2][2])]
    found = [_missing(name, label, impact) for name, label, impact in _NEEDED if name not in held]
    if diagnostics.API_ONLY not in held:
        found.append(
            Finding(
                check="permissions",
                level=Level.SOON,
                subject=diagnostics.API_ONLY,
                problem="The integration user may also log in through the browser.",
                remedy=f"{_SET}: tick “API Only User”.",
                impact="A stolen password of this user opens Salesforce's pages too.",
            )
        )
    return found


def _missing(name: str, label: str, impact: str) -> Finding:
    return Finding(
        check="permissions",
        level=Level.WRONG,
        subject=name,
        problem=f"The integration user does not have the permission “{label}”.",
        remedy=f"{_SET}: tick “{label}”. The set must be assigned to the integration user (Setup → Users → its "
        "Permission Set Assignments).",
        impact=impact,
    )


def _custom(tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient) -> list[Finding]:
    if tenant.policy.rights_from is not RightsFrom.CUSTOM_PERMISSIONS:
        return []
    if diagnostics.VIEW_SETUP not in (diagnostics.read_permissions(salesforce, tenant, read_login().user_id) or ()):
        # Salesforce would show no holders at all, which must not be reported as nobody having the permission.
        raise TenantProblem("without “View Setup and Configuration” the org does not show who holds them.")
    present = diagnostics.custom_permissions(salesforce, tenant)
    found = [_not_there(tenant.tenant_id, right) for right in Right if right not in present]
    send = present.get(Right.SEND)
    if send is not None and not diagnostics.is_held(salesforce, tenant, send):
        found.append(
            Finding(
                check="custom_permissions",
                level=Level.WRONG,
                subject=f"{permission_for(Right.SEND)} held",
                problem=f"Nobody in the org holds {permission_for(Right.SEND)}.",
                remedy="Setup → Permission Sets → Chat 2 Pay Agent → Manage Assignments: add the agents.",
                impact="Agents see the order's payments and cannot send a payment request.",
            )
        )
    return found


def _not_there(tenant_id: str, right: Right) -> Finding:
    name = permission_for(right)
    return Finding(
        check="custom_permissions",
        level=Level.WRONG if right is Right.SEND else Level.SOON,
        subject=name,
        problem=f"The org has no custom permission {name}.",
        remedy=f"{deploy(tenant_id, 'base')} brings it.",
        impact="Nobody can be given the right to "
        + {"supervise": "see the supervisor's pages"}.get(right, f"{right.value}")
        + ".",
    )


def _limits(calls: tuple[int, int] | None) -> list[Finding]:
    if calls is None or calls[1] <= 0 or 1 - calls[0] / calls[1] < RESERVE_FROM:
        return []
    # The thresholds are those at which pushes begin to save calls.
    left, most = calls
    return [
        Finding(
            check="api_limits",
            level=Level.WRONG if 1 - left / most >= SCARCE_FROM else Level.SOON,
            problem=f"The org has {left} of its {most} API calls left for these 24 hours.",
            remedy=_USED_UP,
            impact="First orders show only final states, then none until calls are free again. Payments go "
            "on; nothing is lost.",
        )
    ]


def _agents(
    tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient, store: Store, now: datetime
) -> list[Finding]:
    """Find launches whose fresh token Salesforce refused, with none that worked since: IP restrictions are the usual cause."""
    with store.read() as work:
        raised = [one for one in stored_findings(work, tenant.tenant_id) if one.finding.check == AGENT_REFUSED]
        last = health_checks.last_launch(work, tenant.tenant_id)
    # A launch that worked since then shows that agents get in: one address was refused, not all.
    lately = [one for one in raised if now - one.seen_at < _LATELY and (last is None or last < one.seen_at)]
    if not lately:
        return []
    address = diagnostics.read_own_address(salesforce, tenant, read_login().user_id)
    named = f"the connector's address {address}" if address else "the connector's outgoing address"
    learned = "" if address else " Setup → Login History shows it, at the integration user's last login."
    return [
        Finding(
            check="agents_refused",
            level=Level.WRONG,
            problem=f"Salesforce refuses the agents' own tokens when they come from {named}; the last launch that "
            f"failed so was on {lately[0].seen_at:%Y-%m-%d at %H:%M} UTC.",
            remedy=f"Add {named} to the login IP ranges of the agents' profiles (Setup → Profiles), or relax IP "
            f"restrictions in the Canvas app's policies (Setup → External Client App Manager).{learned}",
            impact="Agents are asked to reload the browser tab, and it does not help.",
        )
    ]
