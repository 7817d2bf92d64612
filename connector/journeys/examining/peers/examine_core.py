"""Check a tenant's payment core: reachable, the right environment and application, offering what we rely on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

from connector.core.allowed_hosts import check_core_address
from connector.core.client import CoreClient
from connector.domain.health.clock_skew import clock_skew_findings
from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import CoreConfiguration, Tenant
from connector.errors import CoreRefused
from connector.journeys.examining.reach_address import Reachability, reach_address, why_unanswered
from connector.settings import Settings
from foundation.http.session import PeerSession
from manifests.core_hosts import is_vendors_core

AskCore = Callable[[], tuple[str | None, CoreConfiguration]]


def examine_core(
    *, tenant: Tenant, core: CoreClient, outside: PeerSession, settings: Settings, now: Callable[[], datetime]
) -> list[Check]:
    """Return the checks of the payment core."""

    # Several checks need the same answer, and each answer is one call.
    @cache
    def reached() -> Reachability:
        return reach_address(url=tenant.core.base_url, session=outside, now=now, operation="check_host")

    @cache
    def ask_core() -> tuple[str | None, CoreConfiguration]:
        return core.get_configuration(tenant.core)

    return [
        Check("core_host", lambda: _host(tenant, settings)),
        Check("core_answers", lambda: _answers(reached()), needs="core_host"),
        Check(
            "core_clock",
            lambda: clock_skew_findings(reached().ahead_seconds, check="core_clock", whose="the payment core"),
            needs="core_answers",
        ),
        Check("core_key", lambda: _key(tenant, ask_core), needs="core_answers"),
        Check("core_environment", lambda: _environment(tenant, ask_core()[0]), needs="core_key"),
        Check("core_application", lambda: _application(tenant, core), needs="core_key"),
        Check("core_messages", lambda: _messages(tenant, core), needs="core_key"),
        Check("core_offers", lambda: _offers(tenant, ask_core()[1]), needs="core_key"),
    ]


def _host(tenant: Tenant, settings: Settings) -> list[Finding]:
    """Say whose core it is: the vendor's, or one of the operator's own, whose host the settings must name."""
    url = tenant.core.base_url
    host = urlsplit(url).netloc
    try:
        check_core_address(url, allow_loopback=settings.is_demo, own_hosts=settings.core_hosts)
    except ValueError:
        return [
            Finding(
                check="core_host",
                level=Level.WRONG,
                problem=f"{host} is a payment core's host neither of the vendor's nor of CHAT2PAY_CORE_HOSTS.",
                remedy="Name it there and restart every process, if the core is your own; or give the tenant its core's address "
                "with `chat2pay tenant add --core-url`.",
                impact="Nothing can be sent, cancelled or confirmed.",
            )
        ]
    whose = "the vendor's" if is_vendors_core(url) else "a core of your own, which is told who pays"
    return [Finding(check="core_host", level=Level.FINE, problem=f"Payments go through {host}: {whose}.")]


def _answers(reached: Reachability) -> list[Finding]:
    why = why_unanswered(reached)
    if why is None:
        return []
    return [
        Finding(
            check="core_answers",
            level=Level.WRONG,
            problem=f"The payment core does not answer: {why}.",
            remedy="Let this machine reach the core's address on port 443; if it does, ask the core's operator "
            "whether it is down.",
            impact="Nothing can be sent, and payments are not confirmed. Callbacks are kept and confirmed later.",
        )
    ]


def _key(tenant: Tenant, ask_core: AskCore) -> list[Finding]:
    try:
        ask_core()
    except CoreRefused as refused:
        if refused.upstream_status not in (401, 403):
            raise  # another refusal is not about the key; the check is reported as not completed
        return [
            Finding(
                check="core_key",
                level=Level.WRONG,
                problem="The payment core does not accept the API key of this tenant.",
                remedy="Copy the key that is valid now from the core's portal, and run `chat2pay rotate-key core "
                f"{tenant.tenant_id}`.",
                impact="Nothing can be sent, cancelled or confirmed.",
            )
        ]
    return []


def _environment(tenant: Tenant, environment: str | None) -> list[Finding]:
    if environment in (None, tenant.core.environment):
        return []
    return [
        Finding(
            check="core_environment",
            level=Level.WRONG,
            problem=f"This tenant is set to {tenant.core.environment}, and its key belongs to another environment "
            "of the payment core.",
            remedy="Give the tenant the key of its own environment, or the environment of its key, with `chat2pay "
            "tenant add`.",
            impact="Every callback contradicts what we asked for and is set aside; test cards could pay real orders.",
        )
    ]


def _messages(tenant: Tenant, core: CoreClient) -> list[Finding]:
    """Say where a core that reports on messages was not asked to; the vendor's core says nothing of it."""
    if core.is_sent_news_of_messages(tenant.core) is not False:
        return []
    return [
        Finding(
            check="core_messages",
            level=Level.SOON,
            problem="The payment core sends this tenant's application no news of messages.",
            remedy="Core's portal → the application → Also send news of messages; or, on its machine, `chat2pay-core application "
            f"set MERCHANT {tenant.core.application} --messages`.",
            impact="That a message was delivered, read or failed is known only when the core is asked, up to a minute later.",
        )
    ]


def _application(tenant: Tenant, core: CoreClient) -> list[Finding]:
    status = core.application_status(tenant.core)
    if status in (None, "ACTIVATED"):
        return []
    return [
        Finding(
            check="core_application",
            level=Level.WRONG,
            problem="The application that this tenant sends with is not switched on in the payment core"
            f"{', or was deleted' if status == 'DELETED' else ''}.",
            remedy="Core's portal → Applications → the application of type OMS: Enabled. If it is a new one, give its id as "
            "application with `chat2pay tenant add`.",
            impact="Nothing can be sent, and no callback comes.",
        )
    ]


def _offers(tenant: Tenant, offered: CoreConfiguration) -> list[Finding]:
    found = []
    # `chat2pay doctor` only reads; what differs here is stored by ``run_due_checks``, so a finding is usually short-lived.
    if not offered.channels:
        found.append(
            _offer("channels", "The payment core offers no channel: neither SMS nor WhatsApp.", "Nothing can be sent.")
        )
    gone = sorted(set(tenant.configuration.channels) - set(offered.channels))
    if gone and offered.channels:
        problem = f"The payment core no longer offers {', '.join(gone)}, and our pages still do."
        found.append(_offer("channels", problem, "Sending by that channel fails."))
    for currency in sorted(set(tenant.configuration.currencies) - {*offered.currencies, tenant.default_currency}):
        problem = f"The payment core no longer takes {currency}, and our pages do not know it yet."
        found.append(_offer(currency, problem, "Sending for an order in that currency fails."))
    if tenant.default_currency not in offered.currencies:
        problem = f"The payment core does not take {tenant.default_currency}, the currency of orders that name none."
        found.append(_offer(tenant.default_currency, problem, "Those orders cannot be paid."))
    return found


def _offer(subject: str, problem: str, impact: str) -> Finding:
    return Finding(
        check="core_offers",
        level=Level.WRONG,
        subject=subject,
        problem=problem,
        remedy="Switch it on in the core's portal (Channels, Payment page → Currencies); then `chat2pay tenant "
        "add` reads it again.",
        impact=impact,
    )
