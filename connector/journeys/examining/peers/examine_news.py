"""Check that the org takes the bells and the events that this tenant has switched on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from connector.domain.health.deploy_remedy import deploy
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.payments.news import Medium
from connector.domain.tenants.tenant import Tenant
from connector.journeys.examining.peers.examine_login import ReadLogin
from connector.journeys.news.publish_events import CHECK as EVENTS
from connector.journeys.news.ring_bells import CHECK as BELLS
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection import diagnostics
from connector.salesforce.news.bells_and_events import EVENT, GROUP_NAME, TYPE_NAME, BellSetup, read_bell_setup
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import NewsState
from connector.store.store import Store

_FLOW_SET = "Chat 2 Pay Integration Events"
# Other apps of the org publish from the same allocation, so it may go quickly at the end.
_LOW = 0.2
_SILENT = (
    "Payments are taken and written as ever; nobody sees a bell, and the page asks agents to tell their supervisor."
)
_LATELY = timedelta(days=1)


def examine_news(
    *, tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient, store: Store, now: Callable[[], datetime]
) -> list[Check]:
    """Return the checks of what this tenant has switched on; none for the rest."""
    checks = []
    if tenant.policy.notifications:
        checks.append(
            Check(BELLS, lambda: _bells(tenant, read_login, salesforce, store, now()), needs="integration_user")
        )
    if tenant.policy.payment_events:
        checks.append(Check(EVENTS, lambda: _events(tenant, salesforce, store, now()), needs="integration_user"))
    return checks


def _bells(
    tenant: Tenant, read_login: ReadLogin, salesforce: SalesforceClient, store: Store, now: datetime
) -> list[Finding]:
    found = _missing_pieces(tenant, read_bell_setup(salesforce, tenant))
    held = diagnostics.read_permissions(salesforce, tenant, read_login().user_id)
    if held is not None and diagnostics.SEND_NOTIFICATIONS not in held:
        found.append(
            _finding(
                tenant,
                diagnostics.SEND_NOTIFICATIONS,
                "The integration user does not have the permission “Send Custom Notifications”.",
                "Setup → Permission Sets → Chat 2 Pay Integration → System Permissions: tick “Send Custom Notifications”.",
            )
        )
    return found or _refused(tenant, store, now)


def _events(tenant: Tenant, salesforce: SalesforceClient, store: Store, now: datetime) -> list[Finding]:
    described = salesforce.describe(tenant, EVENT, anew=True)
    if described is None:
        return [
            _event_finding(
                tenant,
                "",
                f"The org has no platform event {EVENT}, or hides it from our user.",
                f"{deploy(tenant.tenant_id, 'automation')} brings it.",
            )
        ]
    if not described.createable:
        problem = f"The integration user may not publish {EVENT}."
        return [
            _event_finding(
                tenant,
                "create",
                problem,
                f"Setup → Permission Sets → {_FLOW_SET}: Create on the event; assigned to the integration user.",
            )
        ]
    return [*_allocation(salesforce, tenant), *_unpublished(tenant, store, now)]


def _allocation(salesforce: SalesforceClient, tenant: Tenant) -> list[Finding]:
    """Name an hourly allocation of platform events that is nearly used up, by us or by others."""
    left = diagnostics.read_limit(salesforce, tenant, "HourlyPublishedPlatformEvents")
    if left is None or left[1] <= 0 or left[0] > _LOW * left[1]:
        return []
    problem = f"The org has {left[0]} of its {left[1]} platform events left for this hour."
    remedy = "Setup → Company Information and the Platform Event Usage Metrics show who publishes. More can be bought."
    return [_event_finding(tenant, "allocation", problem, remedy)]


def _unpublished(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    """Name the codes with which Salesforce takes no events now, or refused them for good lately."""
    codes = _codes(tenant, store, {Medium.EVENT}, {NewsState.DUE, NewsState.REFUSED}, now)
    remedy = "`/metrics` and the log show whether it passes; LIMIT_EXCEEDED passes within the hour."
    return [
        _event_finding(tenant, code, f"{number} events are not published: Salesforce says {code}.", remedy)
        for code, number in codes
    ]


def _codes(
    tenant: Tenant, store: Store, media: Collection[str], states: Collection[str], now: datetime
) -> list[tuple[str, int]]:
    """Return Salesforce's codes for news of these media in these states, each with how many there are of it lately."""
    with store.read() as work:
        counted = news_rows.states_of(work, tenant.tenant_id, since=now - _LATELY)
    # One finding names all bells of a code, the agents' and the supervisors'.
    codes: Counter[str] = Counter()
    for (medium, state, reason), number in counted.items():
        if medium in media and state in states and reason:
            codes[reason] += number
    return sorted(codes.items())


def _event_finding(tenant: Tenant, subject: str, problem: str, remedy: str) -> Finding:
    return Finding(
        check=EVENTS,
        level=Level.SOON,
        subject=subject,
        problem=problem,
        remedy=f"{remedy} Or switch events off: chat2pay tenant news {tenant.tenant_id} --no-events",
        impact="Flows that wait for the event start late or not at all, and should read the request after a while "
        "anyway. Payments are taken and written as ever.",
    )


def _missing_pieces(tenant: Tenant, setup: BellSetup) -> list[Finding]:
    found = []
    deployed = f"{deploy(tenant.tenant_id, 'base')} brings it."
    if setup.type_id is None:
        found.append(_finding(tenant, TYPE_NAME, f"The org has no notification type {TYPE_NAME}.", deployed))
    if setup.group_id is None:
        found.append(_finding(tenant, GROUP_NAME, f"The org has no public group {GROUP_NAME}.", deployed))
    elif not setup.has_members:
        found.append(
            _finding(
                tenant,
                f"{GROUP_NAME} members",
                f"The public group {GROUP_NAME} reaches no active user, groups and roles in it included.",
                "Setup → Public Groups → Chat 2 Pay Supervisors → Edit: add the supervisors, as users, groups or roles.",
            )
        )
    return found


def _refused(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    """Name the codes with which Salesforce refused bells lately."""
    codes = _codes(tenant, store, news_rows.BELLS, {NewsState.REFUSED}, now)
    return [
        _finding(
            tenant,
            code,
            f"Salesforce refused {number} bells in the last day with {code}.",
            "Setup → Notification Builder → Notification Types shows whether Chat 2 Pay Payment News is still there and "
            "supported on desktop; Setup → Users shows whether the agents are active.",
        )
        for code, number in codes
    ]


def _finding(tenant: Tenant, subject: str, problem: str, remedy: str) -> Finding:
    return Finding(
        check=BELLS,
        level=Level.SOON,
        subject=subject,
        problem=problem,
        remedy=f"{remedy} Or switch bells off: chat2pay tenant news {tenant.tenant_id} --no-bells",
        impact=_SILENT,
    )
