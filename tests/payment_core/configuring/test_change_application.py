"""An application is stored with what can be, and refused by the name of the field that cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from foundation.secret import Secret
from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationStatus
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_application import change_application, set_status, shown
from payment_core.services import Core
from payment_core.store import applications
from tests.payment_core.conftest import APPLICATION

KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def changed(core: Core, merchant: Merchant, **fields: Any) -> Application:
    return change_application(core, merchant, APPLICATION.application_id, fields, by="Thandi")


@pytest.mark.parametrize(
    ("field", "value", "named", "problem"),
    [
        ("colour", "red", "colour", "is not a field"),
        ("name", 7, "name", "must be a text"),
        ("name", "  ", "name", "must have 1 to 80 characters"),
        ("name", "x" * 81, "name", "must have 1 to 80 characters"),
        ("type", "shop", "type", "must be one of"),
        ("status", "on", "status", "must be one of"),
        ("basic", "core", "basic", "must be null or an object"),
        ("basic", {"user": "core"}, "basic", "must be null or an object"),
        # The first colon ends the user: the receiver would read another pair.
        ("basic", {"user": "co:re", "password": "x"}, "basic", "must not contain a colon"),
        ("hmac", KEY, "hmac", "must be null or an object"),
        ("hmac", {"secret": KEY}, "hmac", "must be null or an object"),
        ("hmac", {"key": "whsec_short"}, "hmac_key", "must be whsec_"),
        ("settings_url", "http://shop.example/news", "settings_url", "must start with https://"),
        ("settings_url", "ftp://shop.example/news", "settings_url", "must start with https://"),
        ("settings_url", "https://", "settings_url", "names no host"),
        ("settings_url", "https://shop.example:99999/", "settings_url", "check host and port"),
        ("settings_url", "https://core:secret@shop.example/", "settings_url", "must not contain a user"),
        ("settings_url", "https://shop.example/#news", "settings_url", "must not end with a #fragment"),
        ("settings_url", "https://shop.example/a b", "settings_url", "must not contain spaces"),
        ("settings_url", f"https://shop.example/{'x' * 1980}", "settings_url", "at most 2000 characters"),
        ("payment_status_url", "", "payment_status_url", "must have it"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name_and_nothing_changes(
    core: Core, merchant: Merchant, field: str, value: object, named: str, problem: str
) -> None:
    with pytest.raises(Refusal) as refused:
        changed(core, merchant, wants_messages=True, **{field: value})
    assert (refused.value.status, refused.value.field) == (422, named)
    assert problem in refused.value.message
    with core.transactions.read() as work:
        assert applications.find(work, merchant.merchant_id, APPLICATION.application_id) == APPLICATION


def test_the_longest_that_can_be_is_taken(core: Core, merchant: Merchant) -> None:
    url = f"https://shop.example/{'x' * 1979}"
    after = changed(core, merchant, name="x" * 80, settings_url=url)
    assert (after.name, after.settings_url, len(url)) == ("x" * 80, url, 2000)


def test_what_is_not_named_stays_and_null_takes_a_proof_away(core: Core, merchant: Merchant) -> None:
    basic = {"user": "core", "password": "a:b"}
    first = changed(core, merchant, basic=basic, hmac={"key": KEY}, wants_messages=True)
    assert (shown(first)["basic"], shown(first)["hmac"]) == (basic, {"key": KEY})
    without = changed(core, merchant, basic=None)
    assert without == replace(first, proof=replace(first.proof, basic_user="", basic_password=Secret("")))
    assert changed(core, merchant, hmac=None, wants_messages=False) == APPLICATION


def test_an_application_is_shown_as_it_can_be_given(core: Core, merchant: Merchant) -> None:
    given = {
        "name": "Till", "type": "CUSTOMER", "status": "DEACTIVATED", "wants_messages": True,
        "payment_status_url": "https://shop.example/1", "transaction_status_url": "https://shop.example/2",
        "settings_url": "https://shop.example/3", "basic": {"user": "core", "password": "x"}, "hmac": {"key": KEY},
    }  # fmt: skip
    assert shown(changed(core, merchant, **given)) == {"uuid": APPLICATION.application_id, **given}


def test_an_application_that_is_switched_off_may_lack_an_address_and_is_not_switched_on_without_it(
    core: Core, merchant: Merchant
) -> None:
    off = changed(core, merchant, status="DEACTIVATED", payment_status_url="")
    assert (off.is_enabled, off.payment_status_url) == (False, "")
    with pytest.raises(Refusal, match="must have it"):
        set_status(core, merchant, off.application_id, ApplicationStatus.ACTIVATED, by="Thandi")
    deleted = set_status(core, merchant, off.application_id, ApplicationStatus.DELETED, by="Thandi")
    assert deleted == replace(off, status=ApplicationStatus.DELETED)
