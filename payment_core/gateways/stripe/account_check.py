"""Look at a merchant's account at Stripe by reading alone: key, rights, webhook address, and how far clocks differ."""

from __future__ import annotations

from collections.abc import Iterator

from payment_core.domain.enums import Mode
from payment_core.domain.finding import Finding, Level, clock_finding, unreachable
from payment_core.gateways.gateway import GatewayError, GatewayRefused, NotAdmitted
from payment_core.gateways.stripe.calls import VERSION, MissingRight, StripeCalls
from payment_core.gateways.stripe.events import TYPES
from payment_core.gateways.stripe.gateway import StripeGateway

# What the key must be able to read, by its name in the API and on Stripe's page of a restricted key.
_READ = {
    "checkout/sessions": "Checkout Sessions",
    "payment_intents": "PaymentIntents",
    "charges": "Charges and Refunds",
    "refunds": "Charges and Refunds",
    "reviews": "Reviews",
    "disputes": "Disputes",
    "events": "Events",
    "customers": "Customers",
    "balance_transactions": "Balance transactions",
}
_KEYS, _ENDPOINTS = "Dashboard → Developers → API keys", "Dashboard → Developers → Webhooks"


def check_account(gateway: StripeGateway, hook_url: str) -> Iterator[Finding]:
    """Yield what is wrong, each with the click that corrects it."""
    name = gateway.merchant.merchant_id
    try:
        answered_at = gateway.calls.time()
    except MissingRight:
        answered_at = None
    except NotAdmitted:
        yield Finding(
            "stripe", Level.WRONG, "Stripe does not accept the key.",
            f"{_KEYS} → roll the restricted key, then run `chat2pay-core merchant secret {name} stripe.key`.",
            "No payment can begin.", name,
        )  # fmt: skip
        return
    except GatewayError as error:
        yield unreachable("stripe", "Stripe", error.message, subject=name)
        return
    yield from clock_finding("Stripe", answered_at, gateway.now(), subject=name)
    yield from _account(gateway)
    yield from _rights(gateway.calls, name)
    yield from _endpoint(gateway, hook_url)


def _account(gateway: StripeGateway) -> Iterator[Finding]:
    """Say where Stripe takes no money of this account; a key that may not read it is no fault."""
    try:
        account = gateway.calls.get("/v1/account")
    except GatewayError:
        return
    if gateway.merchant.mode is Mode.PRODUCTION and account.get("charges_enabled") is False:
        yield Finding(
            "stripe", Level.WRONG, "The account may not charge cards yet.",
            "Dashboard → Home: finish the activation (identity, bank account).", "Every payment is refused.",
            gateway.merchant.merchant_id,
        )  # fmt: skip


def _rights(calls: StripeCalls, name: str) -> Iterator[Finding]:
    lacking = [label for path, label in _READ.items() if not _may_read(calls, path)]
    for label in dict.fromkeys(lacking):
        yield Finding(
            "stripe", Level.WRONG, f"The restricted key may not read {label}.",
            f"{_KEYS} → the restricted key → Edit → {label}: Read, or Write where the documentation says so.",
            "Payments, or what became of them, are not seen.", name,
        )  # fmt: skip


def _may_read(calls: StripeCalls, path: str) -> bool:
    try:
        calls.get(f"/v1/{path}", query={"limit": "1"})
    except MissingRight:
        return False
    except GatewayError:
        # Refused for another reason, or not answered: it says nothing of the right.
        return True
    return True


def _endpoint(gateway: StripeGateway, hook_url: str) -> Iterator[Finding]:
    name = gateway.merchant.merchant_id
    try:
        mine = next(
            (one for one in gateway.calls.each("/v1/webhook_endpoints", {}) if one.get("url") == hook_url), None
        )
    except GatewayRefused:
        yield Finding(
            "stripe", Level.SOON, "The restricted key may not read webhook endpoints: they were not checked.",
            f"{_KEYS} → the restricted key → Edit → Webhook Endpoints: Read.", "A wrong address is seen late.", name,
        )  # fmt: skip
        return
    except GatewayError:
        return
    for problem, remedy in _problems(mine, hook_url):
        impact = "Each payment is found out a minute late, refunds and alarms ten minutes late."
        yield Finding("stripe", Level.WRONG, problem, remedy, impact, name)


def _problems(endpoint: dict[str, object] | None, hook_url: str) -> Iterator[tuple[str, str]]:
    if endpoint is None:
        yield (
            "Our webhook address is not registered.",
            f"{_ENDPOINTS} → Add destination: {hook_url}, version {VERSION}.",
        )
        return
    if endpoint.get("status") != "enabled":
        yield "Our webhook address is disabled.", f"{_ENDPOINTS} → {hook_url} → Enable."
    if endpoint.get("api_version") != VERSION:
        problem = f"Our webhook address reports in version {endpoint.get('api_version') or 'of the account'}."
        yield problem, f"{_ENDPOINTS} → delete it and add it again with version {VERSION}."
    named = endpoint.get("enabled_events")
    known = named if isinstance(named, list) else []
    lacking = [] if "*" in known else [one for one in TYPES if one not in known]
    if lacking:
        yield (
            f"Our webhook address does not report: {', '.join(lacking)}.",
            f"{_ENDPOINTS} → {hook_url} → Edit → Events.",
        )
