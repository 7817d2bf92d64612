"""Check the login to a tenant's org: it works, opens the right org, and grants no more than needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from connector.domain.health.clock_skew import clock_skew_findings
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.journeys.examining.reach_address import Reachability, reach_address, why_unanswered
from connector.salesforce.inspection.diagnostics import LoginRefused, LoginReport
from foundation.http.session import PeerSession

# What a server-to-server app needs. https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_tokens_scopes.htm
_ENOUGH = frozenset({"api", "id", "openid", "profile", "email", "address", "phone"})
ReadLogin = Callable[[], LoginReport]


def examine_login(
    *, tenant: Tenant, read_login: ReadLogin, outside: PeerSession, now: Callable[[], datetime]
) -> list[Check]:
    """Return the checks of the login; ``read_login`` logs in."""

    @cache
    def reached() -> Reachability:
        url = f"{tenant.salesforce.host_url}/services/data"
        return reach_address(url=url, session=outside, now=now, operation="check_host")

    return [
        Check("org_answers", lambda: _answers(tenant, reached())),
        Check(
            "org_clock",
            lambda: clock_skew_findings(reached().ahead_seconds, check="org_clock", whose="Salesforce"),
            needs="org_answers",
        ),
        Check("login", lambda: _login(tenant, read_login), needs="org_answers"),
        Check("org_id", lambda: _org_id(tenant, read_login()), needs="login"),
        Check("scopes", lambda: _scopes(read_login()), needs="org_id"),
    ]


def _answers(tenant: Tenant, reached: Reachability) -> list[Finding]:
    why = why_unanswered(reached)
    if why is None:
        return []
    return [
        Finding(
            check="org_answers",
            level=Level.WRONG,
            problem=f"{tenant.salesforce.host_url} does not answer as Salesforce does: {why}.",
            remedy="Compare the host with Setup → My Domain, let this machine reach it on port 443, and look at "
            "https://status.salesforce.com.",
            impact="Agents cannot open the page, and no order is written. Payments go on; nothing is lost.",
        )
    ]


def _login(tenant: Tenant, read_login: ReadLogin) -> list[Finding]:
    try:
        read_login()
    except LoginRefused as refused:
        return [
            Finding(
                check="login",
                level=Level.WRONG,
                problem="The connector cannot log in to Salesforce as "
                f"{tenant.salesforce.username or 'its integration user'}: {refused.remedy.problem}.",
                remedy=refused.remedy.remedy,
                impact="No order is written until then, and what waits is written afterwards. Payments go on; "
                "nothing is lost.",
            )
        ]
    return []


def _org_id(tenant: Tenant, report: LoginReport) -> list[Finding]:
    if report.org_id == tenant.org_id:
        return []
    return [
        Finding(
            check="org_id",
            level=Level.WRONG,
            subject=report.org_id,
            problem=f"The login opens the org {report.org_id}, and this tenant is {tenant.org_id}: the keys of "
            "another org, or of a copied sandbox.",
            remedy="In the copied org delete the app's keys (Setup → External Client App Manager). Give this "
            "tenant the host and keys of its own org with `chat2pay tenant add`.",
            impact="Nothing is sent to either org until this is fixed.",
        )
    ]


def _scopes(report: LoginReport) -> list[Finding]:
    if report.scopes is None:
        return []
    found = []
    if not report.scopes & {"api", "full"}:
        found.append(
            Finding(
                check="scopes",
                level=Level.WRONG,
                subject="api",
                problem="The app's token does not cover the API: the scope “api” is missing.",
                remedy="Setup → External Client App Manager → the server app → Settings → OAuth Scopes: add "
                "“Manage user data via APIs (api)”.",
                impact="Every read and write is refused.",
            )
        )
    # With `refresh_token` or `full` a stolen token would open more of the org, and for longer, than the connector needs.
    many = sorted(report.scopes - _ENOUGH)
    if many:
        found.append(
            Finding(
                check="scopes",
                level=Level.SOON,
                subject=" ".join(many)[:160],
                problem=f"The app's token may do more than it needs: {', '.join(many)}.",
                remedy="Setup → External Client App Manager → the server app → Settings → OAuth Scopes: leave only "
                "“api” and “id”.",
                impact="If the key leaks, whoever has it may do all of that as the integration user.",
            )
        )
    return found
