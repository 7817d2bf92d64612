"""A key of Twilio's is tried by reading alone, before it is stored: against the stand-in, over HTTP."""

from __future__ import annotations

import pytest

from foundation.secret import Secret
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.journeys.configuring.check_account import try_messenger
from payment_core.journeys.configuring.replace_secret import replace_secrets
from payment_core.store import merchants
from sandbox.twilio.app import TwilioStandIn
from tests.payment_core.twilio.conftest import Line

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
NAMES = ("twilio.account", "twilio.key", "twilio.secret", "twilio.webhook")


def secrets_of(twilio: TwilioStandIn) -> dict[str, str]:
    account = twilio.account
    right = (account.account_sid, account.key_sid, account.key_secret, account.auth_token)
    return dict(zip(NAMES, right, strict=True))


@pytest.mark.parametrize(
    ("name", "wrong", "fields"),
    [
        ("twilio.account", f"AC{'0b' * 16}", set(NAMES[:3])),
        ("twilio.key", f"SK{'0b' * 16}", set(NAMES[:3])),
        ("twilio.secret", "0b" * 16, set(NAMES[:3])),
        ("twilio.webhook", "0b" * 16, {"twilio.webhook"}),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_twilio_does_not_accept_is_refused_by_field_and_nothing_is_stored(
    line: Line, twilio: TwilioStandIn, twilio_merchant: Merchant, name: str, wrong: str, fields: set[str], alone: bool
) -> None:
    given = {name: wrong} if alone else {**secrets_of(twilio), name: wrong}

    def stored() -> MerchantSecrets:
        with line.core.transactions.read() as work:
            return merchants.secrets_of(work, twilio_merchant.merchant_id)

    before = stored()
    with pytest.raises(Invalid) as refused:
        replace_secrets(line.core, twilio_merchant, given, keeps_older=False, by="Thandi")
    assert (set(refused.value.fields), stored()) == (fields & set(given), before)
    assert twilio.calls == [], "it was tried by reading alone"


def test_what_twilio_accepts_is_stored(line: Line, twilio: TwilioStandIn, twilio_merchant: Merchant) -> None:
    done = replace_secrets(line.core, twilio_merchant, secrets_of(twilio), keeps_older=False, by="Thandi")
    assert done.tried_messenger is not None
    assert done.tried_messenger.untried_because is None


def test_secrets_are_stored_with_a_warning_where_twilio_cannot_be_asked(
    line: Line, twilio: TwilioStandIn, twilio_merchant: Merchant
) -> None:
    twilio.faults.at_random(1.0, seed=1, reads_too=True)
    given = {name: (Secret(value),) for name, value in secrets_of(twilio).items()}
    tried = try_messenger(line.core, twilio_merchant, MerchantSecrets(given), names=NAMES)
    assert tried is not None
    assert tried.untried_because
