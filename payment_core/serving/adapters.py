"""The adapters of production: every gateway and messenger that a merchant may choose."""

from __future__ import annotations

from foundation.http.session import PeerSession
from payment_core import metrics
from payment_core.gateways.stripe.calls import StripeCalls
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.messengers.twilio.messenger import TwilioAccount, TwilioMessenger
from payment_core.services import AccountSetup, Adapters


def production_adapters() -> Adapters:
    """Return them."""
    return Adapters(gateways={"stripe": _stripe}, messengers={"twilio": _twilio})


def _stripe(setup: AccountSetup) -> StripeGateway:
    session = _session("stripe", setup, seconds=setup.settings.gateway_timeout)
    keys = setup.secrets.every("stripe.key")
    calls = StripeCalls(session, setup.secrets.one("stripe.key"), setup.settings.stripe_url, keys[1:])
    return StripeGateway(calls, setup.merchant, setup.now)


def _twilio(setup: AccountSetup) -> TwilioMessenger:
    merchant, settings = setup.merchant, setup.settings
    account = TwilioAccount(
        account=setup.secrets.one("twilio.account").value,
        user=setup.secrets.one("twilio.key").value,
        password=setup.secrets.one("twilio.secret"),
        senders=merchant.senders,
        callback_url=f"{settings.public_url}/hooks/twilio/{merchant.hook}",
        base_url=settings.twilio_url,
    )
    return TwilioMessenger(_session("twilio", setup, seconds=settings.messenger_timeout), account)


def _session(peer: str, setup: AccountSetup, *, seconds: float) -> PeerSession:
    # Whether a call may be repeated is the adapter's own decision.
    return PeerSession(
        peer=peer,
        total_timeout=seconds,
        connections=8,
        repeat_reads=False,
        egress=setup.egress,
        observe=metrics.count_call,
    )
