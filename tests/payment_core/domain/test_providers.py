"""What a merchant gives of its accounts is refused where it shows that it is of another kind or mode."""

from __future__ import annotations

import pytest

from payment_core.domain.enums import Mode
from payment_core.journeys.configuring.replace_secret import KNOWN_SECRETS

SANDBOX, PRODUCTION = Mode.SANDBOX, Mode.PRODUCTION
HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("name", "value", "mode", "problem"),
    [
        ("stripe.key", "rk_test_12345678", SANDBOX, None),
        ("stripe.key", "rk_live_12345678", PRODUCTION, None),
        ("stripe.key", "sk_live_12345678", PRODUCTION, None),
        ("stripe.key", "rk_live_12345678", SANDBOX, "of live mode"),
        ("stripe.key", "rk_test_12345678", PRODUCTION, "of test mode"),
        ("stripe.key", "pk_test_12345678", SANDBOX, "no Stripe key"),
        ("stripe.key", "rk_test_1234567", SANDBOX, "no Stripe key"),
        ("stripe.webhook", "whsec_12345678", PRODUCTION, None),
        ("stripe.webhook", "rk_live_12345678", PRODUCTION, "no signing secret"),
        ("twilio.account", f"AC{HEX}", SANDBOX, None),
        ("twilio.account", f"SK{HEX}", SANDBOX, "no account SID"),
        ("twilio.key", f"SK{HEX}", SANDBOX, None),
        ("twilio.key", f"AC{HEX}", SANDBOX, "no API key SID"),
        ("twilio.secret", "x" * 16, SANDBOX, None),
        ("twilio.secret", "x" * 15, SANDBOX, "no secret of an API key"),
        ("twilio.webhook", HEX, PRODUCTION, None),
        ("twilio.webhook", HEX.upper(), PRODUCTION, "no auth token"),
    ],
)
def test_a_secret_has_the_form_of_its_kind_and_the_mode_of_its_merchant(
    name: str, value: str, mode: Mode, problem: str | None
) -> None:
    said = KNOWN_SECRETS[name].problem(value, mode)
    assert (said is None) is (problem is None)
    assert (problem or "") in (said or "")
