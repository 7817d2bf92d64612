"""A merchant sets up applications, keys and settings in the portal; everything is checked, recorded and reported."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
import requests
import responses

from payment_core.domain.application import Application
from payment_core.domain.enums import ApplicationKind
from payment_core.services import Core
from payment_core.store import api_keys, applications, changes, merchants
from payment_core.store.deliveries import delivery_list
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.portal.conftest import Browser

EDIT = f"/portal/applications/{APPLICATION.application_id}"
SECRET = "whsec_" + "QUJD" * 10
URLS = {
    "payment_status_url": "https://oms.example/p",
    "transaction_status_url": "https://oms.example/t",
    "settings_url": "https://oms.example/s",
}


def stored(core: Core, application_id: str = APPLICATION.application_id) -> Application | None:
    with core.transactions.read() as work:
        return applications.find(work, "mer_karoo", application_id)


def settings_news(core: Core) -> list[tuple[str, Any]]:
    with core.transactions.read() as work:
        found = delivery_list.listed(work)
    return [(one["event"], one["body"]["value"]) for one in found if one["kind"] == "settings"]


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        ("OMS", {}, "payment_status_url"),
        ("CUSTOMER", {"payment_status_url": URLS["payment_status_url"]}, "transaction_status_url"),
        ("CUSTOMER", {**URLS, "settings_url": ""}, "settings_url"),
        ("OMS", {"payment_status_url": "http://oms.example/p"}, "payment_status_url"),
    ],
)
def test_required_urls_are_enforced_and_what_was_typed_stays(
    core: Core, browser: Browser, kind: str, given: dict[str, str], missing: str
) -> None:
    new = str(uuid4())
    refused = browser.post(f"/portal/applications/{new}", {"name": "Typed name", "type": kind, **given})
    assert (refused.status_code, f'id="{missing}-error"' in refused.text) == (422, True)
    assert "Typed name" in refused.text
    assert f'<option value="{kind}" selected>' in refused.text
    assert 'id="wants_messages" value="1">' in refused.text
    ticked = browser.post(f"/portal/applications/{new}", {"type": kind, "wants_messages": "1", **given})
    assert 'id="wants_messages" value="1" checked>' in ticked.text
    assert stored(core, new) is None


def test_an_application_is_added_edited_disabled_enabled_and_deleted(core: Core, browser: Browser) -> None:
    new = str(uuid4())
    path = f"/portal/applications/{new}"
    form = {"name": "Own shop", "type": "CUSTOMER", **URLS, "wants_messages": "1"}
    assert browser.post(path, form).status_code == 303
    made = stored(core, new)
    assert made is not None
    assert (made.kind, made.wants_messages) == (ApplicationKind.CUSTOMER, True)
    browser.post(path, form | {"name": "Our shop"})
    assert "Our shop" in browser.get("/portal").text
    browser.post(path, {name: value for name, value in form.items() if name != "wants_messages"})
    changed = stored(core, new)
    assert changed is not None
    assert (changed.name, changed.wants_messages) == ("Own shop", False), "a box without its tick is not sent"
    for status, enabled in (("DEACTIVATED", False), ("ACTIVATED", True)):
        assert browser.post(f"{path}/status", {"status": status}).status_code == 303
        found = stored(core, new)
        assert found is not None
        assert found.is_enabled is enabled
    browser.post(f"{path}/status", {"status": "DELETED"})
    assert stored(core, new) is None
    assert browser.get(path).status_code == 404
    with core.transactions.read() as work:
        recorded = [(one.by, one.what) for one in changes.listed(work, "mer_karoo", most=5)]
    assert recorded == [
        ("Thandi", f"application {what}") for what in ("deleted", "activated", "deactivated", "changed", "changed")
    ]


def test_proofs_are_taken_never_shown_and_stay_when_left_empty(core: Core, browser: Browser) -> None:
    form = {"name": "Salesforce", "type": "OMS", **URLS}
    proof = {"basic_user": "core", "basic_password": "pass-1", "hmac_key": SECRET}
    browser.post(EDIT, form | proof)
    browser.post(EDIT, form | {"basic_user": "core"})
    found = stored(core)
    assert found is not None
    assert (found.proof.basic_password.value, found.proof.hmac_key.value) == ("pass-1", SECRET)
    for page in ("/portal", EDIT):
        assert SECRET not in browser.get(page).text
        assert "pass-1" not in browser.get(page).text
    refused = browser.post(EDIT, form | {"basic_user": "core", "name": ""}).text
    assert "Empty: the password stays as it is." in refused, "as it is said before anything was refused"
    browser.post(EDIT, form | {"basic_user": "core", "basic_password": "pass-2"})
    found = stored(core)
    assert found is not None
    assert (found.proof.basic_password.value, found.proof.hmac_key.value) == ("pass-2", SECRET)
    browser.post(EDIT, form | {"no_hmac": "1"})
    found = stored(core)
    assert found is not None
    assert (found.proof.basic_user, bool(found.proof.hmac_key)) == ("", False)


def test_a_user_has_no_password_where_none_was_given_before(core: Core, browser: Browser) -> None:
    form, new = {"name": "Shop", "type": "OMS", **URLS, "basic_user": "core"}, str(uuid4())
    for application_id in (APPLICATION.application_id, new):
        assert browser.post(f"/portal/applications/{application_id}", form).status_code == 303
        found = stored(core, application_id)
        assert found is not None
        assert (found.proof.basic_user, found.proof.basic_password.value) == ("core", "")


def test_a_test_callback_shows_what_each_address_answered(core: Core, browser: Browser) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post(APPLICATION.payment_status_url, status=401, body="who are you?")
        mocked.post(APPLICATION.transaction_status_url)
        mocked.post(APPLICATION.settings_url, body=requests.ConnectionError())
        page = browser.post(f"{EDIT}/test").text
        assert '"event": "TEST"' in str(mocked.calls[0].request.body).replace('":"', '": "')
    assert "who are you?" in page
    assert "does not accept our proof" in page
    assert "2026-11-28 12:00:00</time> UTC" in page, "pressed twice, it shows the last one's answers"
    with core.transactions.read() as work:
        assert delivery_list.listed(work) == []
        (done,) = changes.listed(work, "mer_karoo", most=1)
    assert (done.by, done.what, done.detail) == ("Thandi", "test callback sent", APPLICATION.name)


def test_a_test_callback_is_sent_where_there_is_an_address(core: Core, browser: Browser) -> None:
    browser.post(EDIT, {"name": "Salesforce", "type": "OMS", **URLS, "settings_url": ""})
    with responses.RequestsMock() as mocked:
        mocked.post(URLS["payment_status_url"])
        mocked.post(URLS["transaction_status_url"])
        assert browser.post(f"{EDIT}/test").status_code == 200


def test_a_key_is_shown_once_and_several_are_accepted_until_one_is_revoked(core: Core, browser: Browser) -> None:
    texts = []
    for name in ("connector", "flows"):
        page = browser.post("/portal/keys", {"name": name}).text
        found = re.search(r"core_[\w-]{40,}", page)
        assert found is not None
        texts.append(found.group())
        assert texts[-1] not in browser.get("/portal").text
    with core.transactions.read() as work:
        assert all(api_keys.merchant_of(work, one) for one in texts)
        first = api_keys.listed(work, "mer_karoo")[0]
    browser.post(f"/portal/keys/{first.key_id}/revoke")
    with core.transactions.read() as work:
        assert sorted(bool(api_keys.merchant_of(work, one)) for one in texts) == [False, True]
    assert settings_news(core) == [("API_KEY_ADDED", None), ("API_KEY_ADDED", None), ("API_KEY_REMOVED", None)]
    assert browser.post("/portal/keys", {"name": ""}).status_code == 422


def test_settings_are_saved_reported_and_refused_by_name(core: Core, browser: Browser) -> None:
    form = {
        "transaction_type": "AUTHORIZATION", "review_auto_reversal": "1", "channels": "sms",
        "currencies": "ZAR, CHF KWD", "currency_digits": "KWD 2", "three_d_secure": "challenge",
    }  # fmt: skip
    assert browser.post("/portal/settings", form).status_code == 303
    with core.transactions.read() as work:
        now = merchants.get(work, "mer_karoo")
    assert (now.transaction_type, now.auto_reversal, now.currencies) == ("AUTHORIZATION", True, ("ZAR", "CHF", "KWD"))
    assert (now.digits_of("KWD"), now.three_d_secure) == (2, "challenge")
    assert re.search(r'value="challenge" checked', browser.get("/portal").text)
    assert ("CHANNEL_REMOVED", "whatsapp") in settings_news(core)
    assert ("CURRENCY_ADDED", "CHF") in settings_news(core)
    unticked = {name: value for name, value in form.items() if name != "review_auto_reversal"}
    assert browser.post("/portal/settings", unticked).status_code == 303
    with core.transactions.read() as work:
        assert merchants.get(work, "mer_karoo").auto_reversal is False
    problems: tuple[dict[str, object], ...] = ({"currencies": "ZAR XXQ"}, {"currency_digits": "KWD"}, {"channels": []})
    problems += ({"three_d_secure": "frictionless"},)
    for wrong in problems:
        assert browser.post("/portal/settings", form | wrong).status_code == 422


def test_senders_are_given_by_channel(core: Core, browser: Browser) -> None:
    """Doctor says to give one in the portal."""
    form = {"transaction_type": "SALE", "channels": ["sms", "whatsapp"], "currencies": "ZAR"}
    given = {"sender_sms": "Karoo Shop", "sender_whatsapp": "+27 (87) 000-0001"}
    assert browser.post("/portal/settings", form | given).status_code == 303
    with core.transactions.read() as work:
        senders = merchants.get(work, "mer_karoo").senders
    assert senders == {"sms": "Karoo Shop", "whatsapp": "27870000001"}
    assert 'value="27870000001"' in browser.get("/portal").text
    refused = browser.post("/portal/settings", form | {"sender_whatsapp": "Karoo Shop"})
    assert (refused.status_code, "messaging service" in refused.text) == (422, True)
    taken = browser.post("/portal/settings", form | {"sender_sms": " "})
    assert (taken.status_code, "sender_sms: is needed" in taken.text) == (422, True), (
        "its messages would fail one by one"
    )
    assert browser.post("/portal/settings", form | {"channels": "whatsapp", "sender_sms": ""}).status_code == 303
    assert browser.post("/portal/settings", form | given).status_code == 303
    assert browser.post("/portal/settings", form).status_code == 303
    with core.transactions.read() as work:
        assert merchants.get(work, "mer_karoo").senders == senders, "what the form does not name stays"
