"""A merchant ends its own keys and changes its own applications, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from payment_core.domain.enums import ApplicationStatus, Channel
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_application import change_application, set_status
from payment_core.journeys.configuring.change_keys import add_key, renew_key, revoke_key
from payment_core.journeys.configuring.change_settings import change_settings
from payment_core.journeys.configuring.change_template import change_template
from payment_core.services import Core
from payment_core.store import api_keys, applications, merchants
from tests.payment_core.conftest import APPLICATION


def test_another_merchants_key_can_be_neither_revoked_nor_replaced(core: Core, merchant: Merchant) -> None:
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    key_id, text = add_key(core, merchant, "shop", by="Thandi")
    with pytest.raises(Refusal) as refused:
        revoke_key(core, stranger, key_id, by="Naledi")
    assert (refused.value.status, refused.value.word) == (404, "KEY_NOT_FOUND")
    renew_key(core, stranger, by="Naledi")
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text) == merchant
    revoke_key(core, merchant, key_id, by="Thandi")
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text) is None


def test_the_page_of_one_merchants_portal_makes_no_other_merchants_key(core: Core, merchant: Merchant) -> None:
    """Whoever knows the random text of another's page, sent here, gets a key of its own and not the other's."""
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    (_, mine), (_, theirs) = (add_key(core, one, "shop", by="Thandi", form="page-1") for one in (merchant, stranger))
    with core.transactions.read() as work:
        owners = [api_keys.merchant_of(work, text) for text in (mine, theirs)]
    assert owners == [merchant, stranger]


@pytest.mark.parametrize(
    "change",
    [
        lambda core, merchant, _: add_key(core, merchant, "till", by="Thandi"),
        lambda core, merchant, key_id: revoke_key(core, merchant, key_id, by="Thandi"),
        lambda core, merchant, _: renew_key(core, merchant, by="Thandi"),
    ],
    ids=["added", "revoked", "renewed"],
)
def test_applications_are_told_at_once_that_keys_changed(
    core: Core, merchant: Merchant, change: Callable[[Core, Merchant, str], object]
) -> None:
    key_id, _ = add_key(core, merchant, "shop", by="Thandi")
    core.wake.deliveries.clear()
    change(core, merchant, key_id)
    assert core.wake.deliveries.is_set()


@pytest.mark.parametrize("name", ["", " ", "sh\u202eop", "sh\u200bop", "sh\nop", "x" * 81])
def test_a_key_has_a_name_that_a_list_can_show(core: Core, merchant: Merchant, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        add_key(core, merchant, name, by="Thandi")
    assert (refused.value.status, refused.value.field) == (422, "name")
    with core.transactions.read() as work:
        assert "shop" not in str(api_keys.listed(work, merchant.merchant_id))


@pytest.mark.parametrize("odd", ["\u202e", "\u200b", "\x00", "\n", "\u2028"], ids=ascii)
def test_neither_a_merchant_nor_its_application_nor_its_message_hides_anything(
    core: Core, merchant: Merchant, odd: str
) -> None:
    new = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
    named = {"name": f"Sh{odd}op", "type": "CUSTOMER"}
    for change in (
        lambda: change_settings(core, merchant, {"merchant_name": f"Ac{odd}me"}, by="Thandi"),
        lambda: change_application(core, merchant, new, named, by="Thandi", may_lack_urls=True),
    ):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.status == 422
        assert "no control or invisible characters" in refused.value.message
    with core.transactions.read() as work:
        assert merchants.find(work, merchant.merchant_id) == merchant
        assert applications.find(work, merchant.merchant_id, new) is None


@pytest.mark.parametrize("odd", ["\u202e", "\x00", "\x1b[2J"], ids=ascii)
def test_a_message_text_holds_nothing_that_turns_what_follows_it(core: Core, merchant: Merchant, odd: str) -> None:
    text = f"Pay {odd}{{amount}}: {{url}}"
    with pytest.raises(Refusal) as refused:
        change_template(core, merchant, "payment_request", Channel.SMS, "en", text, by="Thandi")
    assert (refused.value.status, refused.value.field) == (422, "text")
    # The marks of direction of an Arabic text are part of it.
    change_template(core, merchant, "payment_request", Channel.SMS, "ar", "\u200f{amount}\n\u200e{url}", by="Thandi")


def test_an_applications_status_is_its_own_and_a_deleted_one_is_listed_no_more(core: Core, merchant: Merchant) -> None:
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    mine, other, theirs = APPLICATION, replace(APPLICATION, application_id="till"), "theirs"
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
        for one in (other, replace(APPLICATION, application_id=theirs, merchant_id="mer_other")):
            applications.save(work, one, now=core.now())

    def listed(merchant_id: str) -> dict[str, bool]:
        with core.transactions.read() as work:
            return {one.application_id: one.is_enabled for one in applications.listed(work, merchant_id)}

    set_status(core, merchant, mine.application_id, ApplicationStatus.DEACTIVATED, by="Thandi")
    assert listed(merchant.merchant_id) == {mine.application_id: False, "till": True}
    set_status(core, merchant, mine.application_id, ApplicationStatus.DELETED, by="Thandi")
    assert (listed(merchant.merchant_id), listed("mer_other")) == ({"till": True}, {theirs: True})
    assert set_status(core, merchant, mine.application_id, ApplicationStatus.ACTIVATED, by="Thandi") is None
    assert listed(merchant.merchant_id) == {"till": True}


def test_another_merchants_application_cannot_be_taken_over_by_its_id(core: Core, merchant: Merchant) -> None:
    """Its notifications, of that merchant's payments, would go where the stranger says."""
    stranger, mine = replace(merchant, merchant_id="mer_other", hook="hook_other"), APPLICATION.application_id
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    named = {"name": "Taken", "payment_status_url": "https://elsewhere.example/"}
    for status in (ApplicationStatus.ACTIVATED, ApplicationStatus.DELETED):
        set_status(core, merchant, mine, status, by="Thandi")
        with pytest.raises(Refusal) as refused:
            change_application(core, stranger, mine, named, by="Naledi", may_lack_urls=True)
        assert (refused.value.status, refused.value.field) == (422, "uuid")
        with core.transactions.write() as work, pytest.raises(IntegrityError), work.connection.begin_nested():
            applications.save(work, replace(APPLICATION, merchant_id="mer_other"), now=core.now())
    change_application(core, merchant, mine, {"name": "Back"}, by="Thandi", may_lack_urls=True)
    with core.transactions.read() as work:
        assert applications.listed(work, "mer_other") == []
        assert [one.name for one in applications.listed(work, merchant.merchant_id)] == ["Back"]
