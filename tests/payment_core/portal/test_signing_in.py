"""Only who was given a link gets into the portal, once, and no other site acts in their name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from payment_core.app import create_app
from payment_core.journeys.configuring.add_merchant import add_merchant
from payment_core.journeys.configuring.read_merchant import read_merchant
from payment_core.journeys.configuring.sign_in import make_sign_in_link
from payment_core.services import Core
from payment_core.store import applications, changes, portal_sessions
from payment_core.store.schema import tables
from tests.payment_core.configuring.test_read_merchant import given
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import MovableClock
from tests.payment_core.portal.conftest import Browser

PAGES = ("/portal", "/portal/deliveries", "/portal/changes", "/portal/applications/new")


def _other_merchant(core: Core) -> str:
    return add_merchant(core, read_merchant(given()), by="operator")[0].merchant_id


def test_links_that_are_over_are_deleted_where_another_is_made(core: Core, clock: MovableClock) -> None:
    def made() -> int:
        make_sign_in_link(core, APPLICATION.merchant_id, "Thandi", by="operator")
        with core.transactions.read() as work:
            return len(work.connection.execute(select(tables.portal_sessions)).all())

    assert [made(), made()] == [1, 2]
    clock.move(minutes=11)
    assert made() == 1


@pytest.mark.parametrize("page", PAGES)
def test_nobody_gets_in_without_a_session(stranger: Browser, page: str) -> None:
    answer = stranger.get(page)
    assert (answer.status_code, "chat2pay-core portal link" in answer.text) == (401, True)
    assert APPLICATION.name not in answer.text


def test_a_link_works_once_and_its_cookie_is_kept_from_other_sites(
    stranger: Browser, sign_in_path: Callable[[], str]
) -> None:
    path = sign_in_path()
    assert "Thandi" in stranger.get(path).text
    assert "Thandi" in stranger.get(path).text, "looking uses nothing up: previews look, too"
    entered = stranger.bare_post(path)
    cookie = entered.headers["Set-Cookie"]
    assert entered.status_code == 303
    assert cookie.startswith("__Host-portal=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=28800"))
    assert "Domain" not in cookie
    assert all(stranger.get(page).status_code == 200 for page in PAGES)
    stranger.client.delete_cookie("__Host-portal", domain="pay.example")
    assert (stranger.bare_post(path).status_code, stranger.get(path).status_code) == (410, 410)


def test_whom_a_link_has_signed_in_goes_on_after_a_second_click_and_on_the_way_back(
    core: Core, stranger: Browser, sign_in_path: Callable[[], str]
) -> None:
    path = sign_in_path()
    assert stranger.bare_post(path).status_code == 303
    again, back = stranger.bare_post(path), stranger.get(path)
    assert [(one.status_code, one.headers.get("Location")) for one in (again, back)] == [(303, "/portal")] * 2
    assert "Set-Cookie" not in again.headers, "the session that exists is gone on with"
    other = make_sign_in_link(core, _other_merchant(core), "Thandi", by="operator").removeprefix(core.public_url)
    with core.transactions.write() as work:
        portal_sessions.use_link(work, other.rpartition("/")[2], now=core.now())
    assert stranger.get(other).status_code == 410, "a link of another merchant's portal leads to no portal but that"


def test_a_link_dies_after_ten_minutes_and_a_session_after_eight_hours(
    stranger: Browser, sign_in_path: Callable[[], str], clock: MovableClock
) -> None:
    late = sign_in_path()
    clock.move(minutes=9, seconds=59)
    assert stranger.get(late).status_code == 200
    clock.move(seconds=1)
    assert (stranger.get(late).status_code, stranger.bare_post(late).status_code) == (410, 410)
    assert stranger.bare_post(sign_in_path()).status_code == 303
    clock.move(hours=7, minutes=59, seconds=59)
    assert stranger.get("/portal").status_code == 200
    clock.move(seconds=1)
    assert stranger.get("/portal").status_code == 401


def test_a_link_is_no_session_and_a_session_no_link(
    stranger: Browser, browser: Browser, sign_in_path: Callable[[], str]
) -> None:
    """Whoever sees a link in a message has to use it up, and a session does not prolong itself."""
    cookie = browser.client.get_cookie("__Host-portal", "pay.example")
    assert cookie is not None
    assert browser.bare_post(f"/portal/sign-in/{cookie.value}").status_code == 410
    unused = sign_in_path().rpartition("/")[2]
    stranger.client.set_cookie("__Host-portal", unused, domain="pay.example", secure=True)
    assert stranger.get("/portal").status_code == 401


def test_a_post_without_the_sessions_token_changes_nothing(core: Core, browser: Browser) -> None:
    path = f"/portal/applications/{APPLICATION.application_id}/status"
    for form in ({"status": "DELETED"}, {"status": "DELETED", "csrf": "0" * 64}):
        assert browser.bare_post(path, form).status_code == 403
    cross = browser.post(path, {"status": "DELETED"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    with core.transactions.read() as work:
        assert applications.find(work, APPLICATION.merchant_id, APPLICATION.application_id) is not None


def test_signing_out_ends_the_session_at_the_core(browser: Browser) -> None:
    cookie = browser.client.get_cookie("__Host-portal", "pay.example")
    assert cookie is not None
    left = browser.post("/portal/sign-out")
    gone = left.headers["Set-Cookie"]
    assert (left.status_code, gone.startswith("__Host-portal=;"), "Max-Age=0" in gone) == (200, True, True)
    # A browser takes the end of a cookie of this prefix with the same words as its beginning alone.
    assert all(word in gone for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    browser.client.set_cookie("__Host-portal", cookie.value, domain="pay.example", secure=True)
    assert browser.get("/portal").status_code == 401


def test_links_and_sign_ins_are_recorded_without_their_tokens(
    core: Core, browser: Browser, sign_in_path: Callable[[], str]
) -> None:
    with core.transactions.read() as work:
        found = changes.listed(work, "mer_karoo", most=10)
    assert [(one.by, one.what) for one in found] == [("Thandi", "signed in"), ("operator", "sign-in link made")]
    token = sign_in_path().rpartition("/")[2]
    assert token not in str(found)
    assert token not in browser.get("/portal/changes").text


def test_a_demo_lets_in_without_a_session_who_is_at_this_machine_only(core: Core, merchant: object) -> None:
    demo = create_app(replace(core, settings=replace(core.settings, environment="demo"))).test_client()
    for address, status in (("127.0.0.1", 200), ("203.0.113.7", 401), ("", 401)):
        answer = demo.get("/portal", base_url="https://pay.example", environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == status, address
