"""What a merchant must give of its accounts at each provider, and what shows that a key is of the wrong mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payment_core.domain.enums import Mode


@dataclass(frozen=True)
class AccountSecret:
    """One secret of an account. ``problem`` says what is wrong with a value; None where nothing can be seen.

    ``may_be_several``: an older one is of use beside the new one.
    """

    name: str
    question: str
    problem: Callable[[str, Mode], str | None]
    required: bool = True
    may_be_several: bool = False


@dataclass(frozen=True)
class Provider:
    """A gateway or a messenger that a merchant may choose."""

    name: str
    title: str
    secrets: tuple[AccountSecret, ...]
    # Buttons by WhatsApp are sent in a template of the merchant's account only.
    buttons_need_template: bool = False


def _stripe_key(value: str, mode: Mode) -> str | None:
    found = re.fullmatch(r"(?:rk|sk)_(test|live)_[A-Za-z0-9]{8,}", value)
    if found is None:
        return "is no Stripe key: give a restricted key, rk_test_… or rk_live_…"
    if mode is Mode.SANDBOX and found[1] == "live":
        return "is a key of live mode, and this merchant is for tests: give one that begins with rk_test_"
    if mode is Mode.PRODUCTION and found[1] == "test":
        return "is a key of test mode, and this merchant takes real money: give one that begins with rk_live_"
    return None


def _like(pattern: str, what: str) -> Callable[[str, Mode], str | None]:
    def problem(value: str, _: Mode) -> str | None:
        return None if re.fullmatch(pattern, value) else f"is no {what}"

    return problem


STRIPE = Provider(
    "stripe",
    "Stripe",
    (
        AccountSecret("stripe.key", "Restricted API key (rk_…)", _stripe_key, may_be_several=True),
        AccountSecret(
            "stripe.webhook", "Signing secret of the webhook endpoint (whsec_…)",
            _like(r"whsec_[A-Za-z0-9+/=]{8,}", "signing secret: it begins with whsec_"), required=False, may_be_several=True,
        ),
    ),
)  # fmt: skip
TWILIO = Provider(
    "twilio",
    "Twilio",
    (
        AccountSecret("twilio.account", "Account SID (AC…)", _like(r"AC[0-9a-f]{32}", "account SID: AC and 32 digits")),
        AccountSecret("twilio.key", "API key SID (SK…)", _like(r"SK[0-9a-f]{32}", "API key SID: SK and 32 digits")),
        AccountSecret("twilio.secret", "Secret of the API key", _like(r"\S{16,}", "secret of an API key")),
        # Twilio signs with the account's own token whatever key sends.
        AccountSecret(
            "twilio.webhook", "Auth token of the account", _like(r"[0-9a-f]{32}", "auth token: 32 digits"),
            may_be_several=True,
        ),
    ),
    buttons_need_template=True,
)  # fmt: skip
GATEWAYS: Mapping[str, Provider] = {STRIPE.name: STRIPE}
MESSENGERS: Mapping[str, Provider] = {TWILIO.name: TWILIO}
