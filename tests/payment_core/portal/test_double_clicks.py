"""A form of the portal that is sent twice, as by a double click, does what it does once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from payment_core.services import Core
from payment_core.store import api_keys, applications, changes
from tests.payment_core.fakes import MovableClock
from tests.payment_core.portal.conftest import Browser
from tests.payment_core.portal.test_configuring import URLS, settings_news

KEY = re.compile(r"core_[\w-]{40,}")


def form_of(browser: Browser, action: str) -> str:
    """Return what a form of the first page carries, of which no other page has the same."""
    found = re.search(rf'action="{action}".*?name="form" value="([\w-]{{20,}})"', browser.get("/portal").text)
    assert found is not None
    return found.group(1)


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
    assert (again.status_code, "has made a key before" in again.text, text in again.text) == (409, True, False)
    assert accepted(core) == ["flows"]


def test_a_key_that_was_revoked_is_shown_to_nobody(core: Core, browser: Browser) -> None:
    form = {"name": "flows", "form": form_of(browser, "/portal/keys")}
    (text,) = KEY.findall(browser.post("/portal/keys", form).text)
    with core.transactions.read() as work:
        (made,) = api_keys.listed(work, "mer_karoo")
    browser.post(f"/portal/keys/{made.key_id}/revoke")
    again = browser.post("/portal/keys", form)
    assert (again.status_code, text in again.text, accepted(core)) == (409, False, [])


@pytest.mark.parametrize("at_once", [False, True])
def test_an_application_that_is_added_twice_is_one(core: Core, browser: Browser, at_once: bool) -> None:
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
