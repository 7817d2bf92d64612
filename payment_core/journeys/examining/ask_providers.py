"""Ask the providers of every merchant what is wrong there; nothing is written, here or there."""

from __future__ import annotations

from collections.abc import Iterator

from payment_core.domain.finding import Finding
from payment_core.domain.merchant import Merchant
from payment_core.errors import SecretUnreadable
from payment_core.gateways.stripe import account_check as stripe
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.messengers.twilio import account_check as twilio
from payment_core.messengers.twilio.messenger import TwilioMessenger
from payment_core.services import Core
from payment_core.store import merchants


def ask_providers(core: Core) -> list[Finding]:
    """Return what Stripe and Twilio say of the merchants' accounts; an empty list where all is well."""
    with core.transactions.read() as work:
        every = merchants.listed(work)
    return [found for one in every for found in _asked(core, one)]


def _asked(core: Core, merchant: Merchant) -> Iterator[Finding]:
    try:
        gateway = core.gateways.of(merchant, merchant.gateway)
        messenger = core.messengers.of(merchant, merchant.messenger)
    except (SecretUnreadable, KeyError):
        # Said already by what needs nobody outside; another adapter is asked nothing.
        return
    hooks = f"{core.public_url}/hooks"
    if isinstance(gateway, StripeGateway):
        yield from stripe.check_account(gateway, f"{hooks}/stripe/{merchant.hook}")
    if isinstance(messenger, TwilioMessenger):
        with core.transactions.read() as work:
            tokens = merchants.secrets_of(work, merchant.merchant_id).every("twilio.webhook")
        yield from twilio.check_account(
            messenger, merchant, tokens=tokens, hook_url=f"{hooks}/twilio/{merchant.hook}", now=core.now()
        )  # fmt: skip
