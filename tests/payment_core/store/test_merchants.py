"""A merchant is stored whole, its secrets sealed; keys are found by their digests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from foundation.secret import Secret
from payment_core.domain.application import Proof
from payment_core.domain.enums import Channel, ThreeDSecure, TransactionType
from payment_core.domain.merchant import Looks, Merchant, MerchantSecrets, SendLimits
from payment_core.domain.saved_card import ReplyRules
from payment_core.services import Accounts, AccountSetup, Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store import api_keys, applications, merchants, phone_key
from payment_core.store.schema.tables import applications as applications_table
from payment_core.store.schema.tables import merchants as table
from tests.payment_core.conftest import APPLICATION

WHOLE: dict[str, Any] = {
    "transaction_type": TransactionType.AUTHORIZATION,
    "auto_reversal": True,
    "digits": {"KWD": 2},
    "minimum": {"ZAR": Decimal("5.00")},
    "maximum": {"ZAR": Decimal("100000.00")},
    "locale": "de",
    "time_zone": "Africa/Johannesburg",
    "country": "ZA",
    "three_d_secure": ThreeDSecure.CHALLENGE,
    "reply": ReplyRules(ceiling=Decimal("500"), refused_countries=frozenset({"DE"})),
    "limits": SendLimits(per_number=3, countries=frozenset({"ZA"})),
    "looks": Looks("https://karoo.example/logo.png", "#aa5500", "help@karoo.example"),
    "templates": {"payment_request.sms.en": "Pay {amount}: {url}"},
}


def test_a_changed_merchant_comes_back_as_it_was_written(core: Core, merchant: Merchant) -> None:
    changed = replace(merchant, **WHOLE)
    with core.transactions.write() as work:
        saved = merchants.save(work, changed, now=core.now())
    with core.transactions.read() as work:
        assert merchants.get(work, merchant.merchant_id) == saved == replace(changed, version=2)
        assert merchants.by_hook(work, merchant.hook) == saved
        assert merchants.listed(work) == [saved]
        assert merchants.by_hook(work, "another") is None


def test_what_is_written_of_one_merchant_changes_no_other(core: Core, merchant: Merchant) -> None:
    other = replace(merchant, merchant_id="mer_other", name="Other", hook="hook_other")
    mine, theirs = (MerchantSecrets({"stripe.key": (Secret(one),)}) for one in ("sk_mine", "sk_theirs"))
    with core.transactions.write() as work:
        merchants.add(work, other, theirs, now=core.now())
        saved = merchants.save_secrets(work, replace(merchant, **WHOLE), mine, now=core.now())
        assert merchants.listed(work) == [saved, other]
        assert [merchants.secrets_of(work, one.merchant_id) for one in (saved, other)] == [mine, theirs]


def test_secrets_are_sealed_and_a_new_one_builds_accounts_anew(core: Core, merchant: Merchant) -> None:
    secrets = MerchantSecrets({"stripe.key": (Secret("sk_new"), Secret("sk_old"))})
    with core.transactions.write() as work:
        after = merchants.save_secrets(work, merchant, secrets, now=core.now())
    with core.transactions.read() as work:
        assert merchants.secrets_of(work, merchant.merchant_id) == secrets
        stored = work.connection.execute(select(table.c.secrets, table.c.config)).one()
    # Whole words: what is sealed is random letters, which hold three of them now and then.
    assert not any(one in bytes(stored.secrets) for one in (b"sk_new", b"sk_old"))
    assert not any(one in stored.config + repr(secrets) for one in ("sk_new", "sk_old"))
    assert secrets.one("stripe.key").value == "sk_new"
    assert secrets.one("twilio.token").value == ""
    assert after.version == merchant.version + 1


@pytest.mark.parametrize("proof", [Proof(), Proof("shop", Secret("pass:word")), Proof(hmac_key=Secret("whsec_key"))])
def test_what_an_application_asks_for_as_proof_is_sealed_and_comes_back(core: Core, proof: Proof) -> None:
    with core.transactions.write() as work:
        applications.save(work, replace(APPLICATION, proof=proof), now=core.now())
        stored = work.connection.execute(select(applications_table.c.proof)).scalar_one()
        found = applications.find(work, APPLICATION.merchant_id, APPLICATION.application_id)
    assert found is not None
    assert found.proof == proof
    assert (stored is None) == (proof == Proof()), "for nothing to prove, nothing is kept"
    assert not any(one in bytes(stored or b"") for one in (b"pass:word", b"whsec_key"))


def test_an_account_is_built_once_for_each_version_of_a_merchant(core: Core, merchant: Merchant) -> None:
    accounts: Accounts[object] = Accounts({"made": lambda _: object()}, setup=lambda _: None)  # type: ignore[arg-type]
    first = accounts.of(merchant, "made")
    assert accounts.of(merchant, "made") is first
    assert accounts.of(replace(merchant, version=merchant.version + 1), "made") is not first


def test_each_merchant_has_an_account_of_its_own_at_each_provider_by_its_own_secrets(
    core: Core, core_settings: Settings, merchant: Merchant
) -> None:
    """Of another merchant's account money would be taken into the wrong pocket."""

    def built(provider: str) -> Callable[[AccountSetup], Any]:
        return lambda setup: (provider, setup.merchant.merchant_id, setup.secrets.one("stripe.key").value)

    other = replace(merchant, merchant_id="mer_other", hook="hook_other")
    adapters = Adapters({one: built(one) for one in ("stripe", "paypal")}, {"stripe": built("messenger")})
    process: Any = build_core(core_settings, adapters)
    with core.transactions.write() as work:
        mine = merchants.save_secrets(
            work, merchant, MerchantSecrets({"stripe.key": (Secret("sk_mine"),)}), now=core.now()
        )
        merchants.add(
            work,
            replace(other, version=mine.version),
            MerchantSecrets({"stripe.key": (Secret("sk_theirs"),)}),
            now=core.now(),
        )
        theirs = merchants.get(work, other.merchant_id)
    assert mine.version == theirs.version
    for _ in range(2):
        assert process.gateways.of(mine, "stripe") == ("stripe", mine.merchant_id, "sk_mine")
        assert process.gateways.of(theirs, "stripe") == ("stripe", theirs.merchant_id, "sk_theirs")
        assert process.gateways.of(mine, "paypal") == ("paypal", mine.merchant_id, "sk_mine")
        assert process.messengers.of(mine, "stripe") == ("messenger", mine.merchant_id, "sk_mine")
        given = MerchantSecrets({"stripe.key": (Secret("sk_given"),)})
        assert process.gateways.tried(mine, "stripe", given) == ("stripe", mine.merchant_id, "sk_given")
    process.transactions.database.close()


def test_a_key_finds_its_merchant_until_it_is_revoked(core: Core, merchant: Merchant) -> None:
    with core.transactions.write() as work:
        key, text = api_keys.add(work, merchant.merchant_id, "connector", now=core.now())
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text.value) == merchant
        assert api_keys.merchant_of(work, text.value + "x") is None
        assert api_keys.listed(work, merchant.merchant_id) == [key]
    with core.transactions.write() as work:
        assert api_keys.revoke(work, merchant.merchant_id, key.key_id, now=core.now())
        assert not api_keys.revoke(work, merchant.merchant_id, key.key_id, now=core.now())
        assert api_keys.merchant_of(work, text.value) is None


def test_a_number_has_another_digest_at_each_merchant(core: Core) -> None:
    mine, theirs = (phone_key.of(core, one, "27831234567") for one in ("mer_a", "mer_b"))
    assert mine != theirs
    assert phone_key.of(core, "mer_a", "+27831234567") == mine
    assert phone_key.code_key(core, "mer_a", "27831234567") != mine


def test_an_adapter_that_is_not_loaded_is_a_fault_of_the_set_up(core: Core, merchant: Merchant) -> None:
    with pytest.raises(KeyError):
        core.gateways.of(merchant, "card_form")
    assert core.messengers.delivery_reports(merchant) == {Channel.SMS: False, Channel.WHATSAPP: True}
