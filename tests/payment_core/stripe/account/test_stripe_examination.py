"""The examination of an account says what agrees, what does not, and refuses keys that move real money."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from foundation.secret import Secret
from payment_core.cli import main
from payment_core.domain.account_secrets import STRIPE
from payment_core.domain.enums import Mode
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Misconfigured
from payment_core.gateways.stripe.calls import VERSION
from payment_core.journeys.examining.examine_gateway import examination_plan, examine_gateway
from payment_core.services import Core
from payment_core.store import merchants
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.faults import Fault
from tests.payment_core.conftest import NOW
from tests.payment_core.stripe.conftest import STRIPE_MERCHANT


@pytest.fixture
def core_database_url(migrated_core: Path, fast_folder: Path) -> str:
    """SQLite alone: the store has no part in this."""
    shutil.copyfile(migrated_core, fast_folder / "core.db")
    return f"sqlite:///{fast_folder / 'core.db'}"


def registered(stand_in: StripeStandIn, **changes: object) -> None:
    values = {
        "url": f"https://pay.example/hooks/stripe/{STRIPE_MERCHANT.hook}", "secret": "", "status": "enabled",
        "enabled_events": ["*"], "api_version": VERSION,
    }  # fmt: skip
    stand_in.account.add("we", "webhook_endpoint", **{**values, **changes})


def differing(core: Core, merchant: Merchant) -> list[str]:
    return [one.what for one in examine_gateway(core, merchant) if one.agrees is not True]


def test_what_is_examined_is_a_page_as_the_merchant_opens_it() -> None:
    plan = examination_plan(STRIPE_MERCHANT, now=NOW, public_url="https://pay.example")
    mine = (STRIPE_MERCHANT.channels[0], STRIPE_MERCHANT.currencies[0], STRIPE_MERCHANT.transaction_type)
    assert (plan.link.channel, plan.link.currency, plan.link.transaction_type) == mine


def test_all_agrees_and_nothing_stays_open(core: Core, merchant: Merchant, stand_in: StripeStandIn) -> None:
    registered(stand_in)
    assert differing(core, merchant) == []
    assert [one["status"] for one in stand_in.account.each("checkout.session")] == ["expired"]
    assert list(stand_in.account.each("payment_intent")) == []


def test_rights_that_are_missing_are_named(core: Core, merchant: Merchant, stand_in: StripeStandIn) -> None:
    registered(stand_in)
    stand_in.account.denied = {"refunds", "reviews"}
    found = differing(core, merchant)
    assert found == ["the key may read refunds", "the key may read reviews", "the key may write Refunds"]


def seen(core: Core, merchant: Merchant, what: str) -> tuple[bool | None, str]:
    [found] = [one for one in examine_gateway(core, merchant) if one.what == what]
    return found.agrees, found.detail


def test_what_could_not_be_seen_is_named_by_stripes_word_or_by_what_went_wrong(
    core: Core, merchant: Merchant, stand_in: StripeStandIn
) -> None:
    registered(stand_in)
    stand_in.account.denied = {"webhook_endpoints", "refunds"}
    agrees, detail = seen(core, merchant, "the webhook address is registered")
    assert (agrees, "may not see it (invalid_request_error)" in detail) == (None, True), detail
    assert STRIPE_MERCHANT.hook in detail, "so that it can be looked for by hand"
    assert seen(core, merchant, "the key may read refunds") == (False, "invalid_request_error")
    stand_in.account.denied = set()
    stand_in.faults.add("GET /v1/refunds", Fault.LOST_BEFORE, times=9)
    assert seen(core, merchant, "the key may read refunds") == (None, "The gateway gave no answer.")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"api_version": "2020-08-27"}, "its version is ours"),
        ({"status": "disabled"}, "it is enabled"),
        ({"enabled_events": ["charge.refunded"]}, "it reports all that we read"),
        ({"enabled_events": []}, "it reports all that we read"),
        ({"url": "https://elsewhere.example"}, "the webhook address is registered"),
    ],
)
def test_a_webhook_address_that_would_not_work_is_named(
    core: Core, merchant: Merchant, stand_in: StripeStandIn, changes: dict[str, object], problem: str
) -> None:
    registered(stand_in, **changes)
    assert differing(core, merchant) == [problem]


def test_the_command_says_what_agrees_and_fails_where_something_differs(
    core: Core, stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch, stripe_key: str
) -> None:
    monkeypatch.setattr("payment_core.commands.examine.open_shared", lambda: core)
    bad = CliRunner().invoke(main, ["examine", "--merchant", STRIPE_MERCHANT.merchant_id])
    assert (bad.exit_code, "DIFFERS   the webhook address is registered" in bad.output) == (1, True), bad.output
    registered(stand_in)
    good = CliRunner().invoke(main, ["examine", "--merchant", STRIPE_MERCHANT.merchant_id])
    assert (good.exit_code, "DIFFERS" in good.output) == (0, False), good.output
    assert stripe_key not in bad.output + good.output
    assert CliRunner().invoke(main, ["examine", "--merchant", "nobody"]).exit_code == 1


def test_a_stripe_that_does_not_answer_differs_in_nothing(
    core: Core, stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cannot reach it must not be told that their account is wrong."""
    monkeypatch.setattr("payment_core.commands.examine.open_shared", lambda: core)
    stand_in.faults.add("POST /v1/checkout/sessions", Fault.LOST_BEFORE, times=9)
    done = CliRunner().invoke(main, ["examine", "--merchant", STRIPE_MERCHANT.merchant_id])
    assert (done.exit_code, "DIFFERS" in done.output) == (1, False)
    assert "The examination broke off: The gateway gave no answer." in done.output


def test_a_merchant_that_takes_real_money_is_not_examined(
    core: Core, merchant: Merchant, stand_in: StripeStandIn
) -> None:
    with pytest.raises(Misconfigured):
        examine_gateway(core, replace(merchant, mode=Mode.PRODUCTION))
    assert stand_in.api.calls == []


def test_a_key_that_takes_real_money_is_not_examined(core: Core, merchant: Merchant, stand_in: StripeStandIn) -> None:
    """It may have been stored before keys were compared with the mode."""
    live = MerchantSecrets({"stripe.key": (Secret("rk_live_12345678"),)})
    with core.transactions.write() as work:
        merchants.save_secrets(work, merchant, live, now=core.now())
    with pytest.raises(Misconfigured):
        examine_gateway(core, merchant)
    assert stand_in.api.calls == []


@pytest.mark.parametrize(
    ("mode", "key"), [(Mode.SANDBOX, "rk_live_"), (Mode.PRODUCTION, "rk_test_"), (Mode.SANDBOX, "sk_live_")]
)
def test_a_key_of_the_other_mode_is_refused_when_a_merchant_is_added(mode: Mode, key: str) -> None:
    [secret] = [one for one in STRIPE.secrets if one.name == "stripe.key"]
    assert "mode" in str(secret.problem(f"{key}{'A1' * 12}", mode))
