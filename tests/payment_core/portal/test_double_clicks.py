"""A form of the portal that is sent twice, as by a double click, does what it does once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from payment_core.domain.enums import ApplicationStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import api_keys, applications, changes, merchants
from payment_core.store.deliveries import delivery_list
from payment_core.store.links import saved_cards
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.portal.conftest import Browser
from tests.payment_core.portal.test_configuring import URLS, settings_news
from tests.payment_core.portal.test_delivery_pages import deliver
from tests.payment_core.replying.test_replies import PAYER, keep_a_card

KEY = re.compile(r"core_[\w-]{40,}")


def form_of(browser: Browser, action: str) -> str:
    """Return what a form of the first page carries, of which no other page has the same."""
    found = re.search(rf'action="{action}".*?name="form" value="([\w-]{{20,}})"', browser.get("/portal").text)
    assert found is not None
    return found.group(1)


def recorded(core: Core) -> list[str]:
    with core.transactions.read() as work:
        return [one.what for one in changes.listed(work, "mer_karoo", most=50)]


def accepted(core: Core) -> list[str]:
    with core.transactions.read() as work:
        return sorted(one.name for one in api_keys.listed(work, "mer_karoo") if one.revoked_at is None)


def posted_at_once(browser: Browser, path: str, form: dict[str, Any]) -> list[tuple[int, str]]:
    """Send a form twice at the same moment, with the browser's own cookie."""
    together = Barrier(2)
    cookie = browser.client.get_cookie("__Host-portal", domain="pay.example")
    assert cookie is not None
    csrf = browser.csrf()

    def post(_: int) -> tuple[int, str]:
        client = browser.client.application.test_client()
        client.set_cookie("__Host-portal", cookie.value, domain="pay.example", secure=True)
        together.wait()
        answer = Browser(client).bare_post(path, {"csrf": csrf, **form})
        return answer.status_code, answer.text

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(post, range(2)))


@pytest.mark.parametrize(
    ("path", "form", "names", "news"),
    [
        ("/portal/keys", {"name": "flows"}, ["connector", "flows"], "API_KEY_ADDED"),
        ("/portal/api-key", {}, ["renewed"], "API_KEY_REPLACED"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_a_form_sent_twice_makes_one_key_and_shows_it_in_both_answers(
    core: Core, browser: Browser, path: str, form: dict[str, str], names: list[str], news: str, at_once: bool
) -> None:
    """A browser shows the second answer alone: without the key in it, nobody would ever read it."""
    browser.post("/portal/keys", {"name": "connector"})
    form = {**form, "form": form_of(browser, path)}
    if at_once:
        pages = posted_at_once(browser, path, form)
    else:
        pages = [(one.status_code, one.text) for one in (browser.post(path, form), browser.post(path, form))]
    assert [status for status, _ in pages] == [200, 200]
    (text,) = {found for _, page in pages for found in KEY.findall(page)}
    assert accepted(core) == names
    with core.transactions.read() as work:
        assert api_keys.merchant_of(work, text) is not None
    assert settings_news(core).count((news, None)) == 1 + (news == "API_KEY_ADDED")


def test_two_forms_make_two_keys(core: Core, browser: Browser) -> None:
    texts = set()
    for _ in range(2):
        form = {"name": "flows", "form": form_of(browser, "/portal/keys")}
        texts.update(KEY.findall(browser.post("/portal/keys", form).text))
    assert (len(texts), accepted(core)) == (2, ["flows", "flows"])


def test_a_form_of_a_while_ago_shows_no_key_again_and_makes_none(
    core: Core, browser: Browser, clock: MovableClock
) -> None:
    form = {"name": "flows", "form": form_of(browser, "/portal/keys")}
    (text,) = KEY.findall(browser.post("/portal/keys", form).text)
    clock.move(seconds=61)
    again = browser.post("/portal/keys", form)
    assert (again.status_code, "has made the key flows (key_" in again.text, text in again.text) == (409, True, False)
    assert accepted(core) == ["flows"]


def test_a_form_that_comes_again_with_another_name_says_which_key_it_made(core: Core, browser: Browser) -> None:
    """Back, another name, *Add key*: the first key under the second name would be a lie."""
    form = {"name": "flows", "form": form_of(browser, "/portal/keys")}
    (text,) = KEY.findall(browser.post("/portal/keys", form).text)
    again = browser.post("/portal/keys", {**form, "name": "reports"})
    assert (again.status_code, text in again.text, accepted(core)) == (409, False, ["flows"])
    assert "has made the key flows (key_" in again.text
    assert "Nothing was made now" in again.text
    next_form = {"name": "reports", "form": form_of(browser, "/portal/keys")}
    assert browser.post("/portal/keys", next_form).status_code == 200
    assert accepted(core) == ["flows", "reports"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_key_is_revoked_once_however_often_that_is_pressed(core: Core, browser: Browser, at_once: bool) -> None:
    browser.post("/portal/keys", {"name": "flows"})
    with core.transactions.read() as work:
        (made,) = api_keys.listed(work, "mer_karoo")
    path = f"/portal/keys/{made.key_id}/revoke"
    if at_once:
        answers = [status for status, _ in posted_at_once(browser, path, {})]
    else:
        answers = [browser.post(path).status_code for _ in range(2)]
    assert (answers, accepted(core)) == ([303, 303], [])
    assert recorded(core).count("key revoked") == 1
    assert settings_news(core).count(("API_KEY_REMOVED", None)) == 1
    assert browser.post("/portal/keys/key_of_nobody/revoke").status_code == 404


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("status", list(ApplicationStatus))
def test_an_application_is_enabled_disabled_or_deleted_once(
    core: Core, browser: Browser, status: ApplicationStatus, at_once: bool
) -> None:
    new = str(uuid4())
    browser.post(f"/portal/applications/{new}", {"name": "Shop", "type": "OMS", **URLS})
    other = {ApplicationStatus.ACTIVATED: ApplicationStatus.DEACTIVATED}.get(status, ApplicationStatus.ACTIVATED)
    with core.transactions.write() as work:
        applications.set_status(work, "mer_karoo", new, other)
    path, form = f"/portal/applications/{new}/status", {"status": status.value}
    if at_once:
        answers = [code for code, _ in posted_at_once(browser, path, form)]
    else:
        answers = [browser.post(path, form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert recorded(core).count(f"application {status.value.lower()}") == 1


def test_the_form_of_a_deleted_application_brings_it_not_back(core: Core, browser: Browser) -> None:
    """Deleted, then back to its form of before, and *Save*."""
    path = f"/portal/applications/{APPLICATION.application_id}"
    hidden = dict(re.findall(r'type="hidden" name="(known)" value="(\w+)"', browser.get(path).text))
    assert hidden == {"known": "1"}
    browser.post(f"{path}/status", {"status": "DELETED"})
    again = browser.post(path, {"name": "Salesforce", "type": "OMS", **URLS, **hidden})
    assert (again.status_code, "does not exist any more" in again.text) == (404, True)
    with core.transactions.read() as work:
        assert applications.listed(work, "mer_karoo") == []
    assert browser.post(f"{path}/status", {"status": "ACTIVATED"}).status_code == 404


def test_a_notification_is_sent_again_once_for_each_page_that_offered_it(
    core: Core, browser: Browser, make_link: Callable[..., Link]
) -> None:
    """The second click comes when the first one's notification has long been delivered."""
    make_link()
    deliver(core, status=200)
    with core.transactions.read() as work:
        one = delivery_list.listed(work)[0]["id"]
    page = f"/portal/deliveries/{one}"
    for expected in (1, 1):
        (seen,) = re.findall(r'name="seen" value="(\d+)"', browser.get(page).text)
        assert browser.post(f"{page}/replay", {"seen": seen}).status_code == 303
        assert len(deliver(core, status=200)) == expected
        for seen_again in (seen, "9" * 30):
            assert browser.post(f"{page}/replay", {"seen": seen_again}).status_code == 303
            assert deliver(core, status=200) == []


@pytest.mark.parametrize("at_once", [False, True])
def test_a_card_is_forgotten_once_and_the_second_press_shows_what_is_left(
    core: Core, browser: Browser, gateway: FakeGateway, merchant: Merchant, at_once: bool
) -> None:
    keep_a_card(core, merchant, gateway)
    with core.transactions.read() as work:
        (card,) = saved_cards.of_person(work, "mer_karoo", PAYER)
    path, form = f"/portal/cards/{card.card_id}/forget", {"payer": PAYER}
    assert f'name="payer" value="{PAYER}"><button' in browser.get(f"/portal/cards?payer={PAYER}").text
    if at_once:
        answers = [code for code, _ in posted_at_once(browser, path, form)]
    else:
        answers = [browser.post(path, form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert len(gateway.forgotten) == 1
    assert recorded(core).count("card forgotten") == 1


def test_settings_and_texts_that_are_saved_twice_are_changed_and_recorded_once(core: Core, browser: Browser) -> None:
    settings = {"transaction_type": "SALE", "channels": ["sms"], "currencies": "ZAR EUR"}
    text = {"action": "save", "text": "{merchant}: pay {amount} here: {url}"}
    for _ in range(2):
        assert browser.post("/portal/settings", settings).status_code == 303
        assert browser.post("/portal/messages/payment_request/sms/en", text).status_code == 303
    assert (recorded(core).count("settings changed"), recorded(core).count("message text changed")) == (1, 1)


def test_what_serves_all_languages_outlives_a_second_press_on_removing_one_languages(
    core: Core, browser: Browser
) -> None:
    with core.transactions.write() as work:
        kept = merchants.get(work, "mer_karoo")
        every, english = "HX" + "0a" * 16, "HX" + "1b" * 16
        both = {"receipt.whatsapp": every, "receipt.whatsapp.en": english}
        merchants.save(work, replace(kept, templates=both), now=core.now())
    path = "/portal/messages/receipt/whatsapp/en"
    served = re.findall(r'name="served" value="([\w.]*)"', browser.get(path).text)
    assert set(served) == {"receipt.whatsapp.en"}
    for _ in range(2):
        form = {"action": "approve", "content_id": "", "served": served[0]}
        assert browser.post(path, form).status_code == 303
    with core.transactions.read() as work:
        assert merchants.get(work, "mer_karoo").templates == {"receipt.whatsapp": every}
    assert every in browser.get(path).text


def test_signing_out_twice_is_calm(browser: Browser) -> None:
    csrf = browser.csrf()
    for _ in range(2):
        answer = browser.bare_post("/portal/sign-out", {"csrf": csrf})
        assert (answer.status_code, "You are signed out" in answer.text) == (200, True)


def test_a_key_that_was_revoked_is_shown_to_nobody(core: Core, browser: Browser) -> None:
    form = {"name": "flows", "form": form_of(browser, "/portal/keys")}
    (text,) = KEY.findall(browser.post("/portal/keys", form).text)
    with core.transactions.read() as work:
        (made,) = api_keys.listed(work, "mer_karoo")
    browser.post(f"/portal/keys/{made.key_id}/revoke")
    again = browser.post("/portal/keys", form)
    assert (again.status_code, text in again.text, accepted(core)) == (409, False, [])


@pytest.mark.parametrize("at_once", [False, True])
def test_an_application_that_is_added_twice_is_one(
    core: Core, browser: Browser, clock: MovableClock, at_once: bool
) -> None:
    # Applications of one moment are listed by their ids, which are random.
    clock.move(seconds=1)
    new = str(uuid4())
    path, form = f"/portal/applications/{new}", {"name": "Shop", "type": "OMS", **URLS}
    if at_once:
        answers = [status for status, _ in posted_at_once(browser, path, form)]
    else:
        answers = [browser.post(path, form).status_code for _ in range(2)]
    assert answers == [303, 303]
    with core.transactions.read() as work:
        assert [one.name for one in applications.listed(work, "mer_karoo")] == ["Salesforce", "Shop"]
        assert [one.what for one in changes.listed(work, "mer_karoo", most=9)].count("application added") == 1
