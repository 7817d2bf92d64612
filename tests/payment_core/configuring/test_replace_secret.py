"""A merchant's secret is replaced at once, or while the older one is accepted beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.journeys.configuring.replace_secret import replace_secrets
from payment_core.services import Core
from payment_core.store import changes, merchants

NAME = "stripe.webhook"


def made() -> str:
    return f"whsec_{secrets.token_hex(16)}"


def stored(core: Core, merchant: Merchant) -> list[str]:
    with core.transactions.read() as work:
        found: MerchantSecrets = merchants.secrets_of(work, merchant.merchant_id)
    return [one.value for one in found.every(NAME)]


def test_the_older_one_is_accepted_until_it_is_replaced_without_keeping(core: Core, merchant: Merchant) -> None:
    first, second, third = made(), made(), made()
    assert replace_secrets(core, merchant, {NAME: first}, keeps_older=False, by="Thandi").older[NAME] == 0
    assert replace_secrets(core, merchant, {NAME: second}, keeps_older=True, by="Thandi").older[NAME] == 1
    assert stored(core, merchant) == [second, first]
    assert replace_secrets(core, merchant, {NAME: third}, keeps_older=False, by="Thandi").older[NAME] == 0
    assert stored(core, merchant) == [third]


def test_the_same_one_again_is_stored_once(core: Core, merchant: Merchant) -> None:
    value = made()
    replace_secrets(core, merchant, {NAME: value}, keeps_older=False, by="Thandi")
    assert replace_secrets(core, merchant, {NAME: value}, keeps_older=True, by="Thandi").older[NAME] == 0
    assert stored(core, merchant) == [value]


def test_one_of_another_form_changes_nothing(core: Core, merchant: Merchant) -> None:
    value = made()
    replace_secrets(core, merchant, {NAME: value}, keeps_older=False, by="Thandi")
    with pytest.raises(Invalid) as refused:
        replace_secrets(core, merchant, {NAME: "sk_something_else"}, keeps_older=False, by="Thandi")
    assert list(refused.value.fields) == [NAME]
    assert "something" not in str(refused.value.fields)
    assert stored(core, merchant) == [value]


def test_accounts_at_providers_are_built_anew(core: Core, merchant: Merchant) -> None:
    with core.transactions.read() as work:
        before = merchants.get(work, merchant.merchant_id).version
    replace_secrets(core, merchant, {NAME: made()}, keeps_older=False, by="Thandi")
    with core.transactions.read() as work:
        assert merchants.get(work, merchant.merchant_id).version > before


@pytest.mark.parametrize("name", ["twilio.account", "twilio.key", "twilio.secret"])
def test_what_only_one_is_used_of_is_not_kept(core: Core, merchant: Merchant, name: str) -> None:
    """“1 older accepted, too” would be a promise that nobody keeps."""
    value = {"twilio.account": "AC", "twilio.key": "SK"}.get(name, "") + secrets.token_hex(16)
    with pytest.raises(Invalid) as refused:
        replace_secrets(core, merchant, {name: value}, keeps_older=True, by="Thandi")
    assert "without --keep" in refused.value.fields[name][0]


def test_a_move_to_another_account_of_the_messenger_is_said_and_recorded(
    core: Core, merchant: Merchant, make_link: Callable[..., Link]
) -> None:
    """What the earlier account sent can be asked about there alone."""
    first, second = (f"AC{secrets.token_hex(16)}" for _ in range(2))
    moves = [
        replace_secrets(core, merchant, {"twilio.account": value}, keeps_older=False, by="Thandi").left_messages
        for value in (first, first)
    ]
    assert moves == [None, None], "the first account, and the same once more"
    make_link()
    assert (
        replace_secrets(core, merchant, {"twilio.account": second}, keeps_older=False, by="Thandi").left_messages == 1
    )
    with core.transactions.read() as work:
        newest = changes.listed(work, merchant.merchant_id, most=1)[0]
    assert (newest.what, newest.detail) == ("secret replaced", "twilio.account, of another account")


def of_twilio() -> dict[str, str]:
    account, key, secret, token = (secrets.token_hex(16) for _ in range(4))
    return {
        "twilio.account": f"AC{account}",
        "twilio.key": f"SK{key}",
        "twilio.secret": secret,
        "twilio.webhook": token,
    }


def test_what_belongs_together_is_replaced_in_one_transaction(core: Core, merchant: Merchant) -> None:
    """Between two commands every message would go out with the id of one account and the key of the other."""
    first, second = of_twilio(), of_twilio()
    with core.transactions.read() as work:
        version = merchants.get(work, merchant.merchant_id).version
    replace_secrets(core, merchant, first, keeps_older=False, by="Thandi")
    moved = replace_secrets(core, merchant, second, keeps_older=True, by="Thandi")
    with core.transactions.read() as work:
        kept = merchants.secrets_of(work, merchant.merchant_id)
        assert merchants.get(work, merchant.merchant_id).version == version + 2, "accounts are built anew once for each"
    assert {name: [one.value for one in kept.every(name)] for name in second} == {
        **{name: [value] for name, value in second.items()},
        "twilio.webhook": [second["twilio.webhook"], first["twilio.webhook"]],
    }
    assert (moved.older, moved.left_messages) == ({**dict.fromkeys(second, 0), "twilio.webhook": 1}, 0)


def test_one_that_is_wrong_among_several_changes_none(core: Core, merchant: Merchant) -> None:
    first = of_twilio()
    replace_secrets(core, merchant, first, keeps_older=False, by="Thandi")
    with pytest.raises(Invalid) as refused:
        replace_secrets(core, merchant, {**of_twilio(), "twilio.key": "AC1"}, keeps_older=False, by="Thandi")
    assert list(refused.value.fields) == ["twilio.key"]
    with core.transactions.read() as work:
        kept = merchants.secrets_of(work, merchant.merchant_id)
    assert {name: kept.one(name).value for name in first} == first
