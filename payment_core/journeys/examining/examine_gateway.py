"""Try a merchant's gateway of test mode for real: opens a page that nobody is shown, and closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from secrets import token_urlsafe

from foundation.money import ZERO
from foundation.phones.phone import Phone
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import LinkStatus, Mode
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Misconfigured
from payment_core.gateways.gateway import PagePlan
from payment_core.gateways.stripe.compare_with_account import Observation, examine
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.services import Core

# Above every currency's least amount at Stripe; the page is closed again, so nobody pays it.
_TOTAL = Decimal(500)


def examine_gateway(core: Core, merchant: Merchant) -> Iterator[Observation]:
    """Yield what agrees with our facts.

    Raises:
        Misconfigured: the merchant takes real money, or has another gateway.
    """
    gateway = core.gateways.of(merchant, merchant.gateway)
    if (
        merchant.mode is not Mode.SANDBOX
        or not isinstance(gateway, StripeGateway)
        or "_test_" not in gateway.calls.key.value
    ):
        raise Misconfigured(
            ["Only a merchant for tests with a key of Stripe's test mode is examined: this one is not."]
        )
    plan = examination_plan(merchant, now=core.now(), public_url=core.public_url)
    attempt = replace(plan.attempt, body=gateway.prepare(plan))
    hook_url = f"{core.public_url}/hooks/{merchant.gateway}/{merchant.hook}"
    return examine(gateway, plan, attempt, hook_url=hook_url)


def examination_plan(merchant: Merchant, *, now: datetime, public_url: str) -> PagePlan:
    """Return a plan for a page of a link that is stored nowhere."""
    link = Link(
        reference=f"examination-{token_urlsafe(8)}",
        merchant_id=merchant.merchant_id,
        application="",
        order_number="EXAMINATION",
        channel=merchant.channels[0],
        phone=Phone(""),
        currency=merchant.currencies[0],
        total=_TOTAL,
        tax=ZERO,
        sub_total=_TOTAL,
        language=merchant.locale,
        additional_data={},
        transaction_type=merchant.transaction_type,
        auto_reversal=False,
        status=LinkStatus.CREATED,
        created_at=now,
        expires_at=now,
    )
    attempt = Attempt(
        attempt_id=f"att_{token_urlsafe(16)}",
        link_reference=link.reference,
        merchant_id=merchant.merchant_id,
        kind=AttemptKind.PAGE,
        state=AttemptState.PREPARED,
        key=f"examination_{token_urlsafe(16)}",
        created_at=now,
        look_at=None,
    )
    return PagePlan(link=link, attempt=attempt, return_url=f"{public_url}/pay/examination", saves_card=False)
