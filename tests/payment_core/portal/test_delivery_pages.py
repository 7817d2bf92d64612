"""The portal shows every notification with its attempts, and sends again what ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import responses

from payment_core.domain.link import Link
from payment_core.journeys.notifying.deliver_notifications import deliver_notifications
from payment_core.services import Core
from payment_core.store.deliveries import delivery_list
from payment_core.store.schema.tables import deliveries
from payment_core.web.portal import transaction_pages
from tests.payment_core.fakes import MovableClock
from tests.payment_core.portal.conftest import Browser

EVENTS = "https://salesforce.example/transaction-status"


def deliver(core: Core, *, status: int) -> list[str]:
    """Deliver everything that is due; return the ids of what was sent."""
    with ThreadPoolExecutor(2) as threads, responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.post(EVENTS, status=status, body="so says the receiver")
        while deliver_notifications(core, owner="test", threads=threads):
            pass
        return [str(call.request.body) for call in mocked.calls]


@pytest.mark.both_databases
def test_parked_notifications_are_listed_and_sent_again_together(
    core: Core,
    stranger: Browser,
    sign_in_path: Callable[[], str],
    make_link: Callable[..., Link],
    clock: MovableClock,
) -> None:
    link = make_link()
    clock.move(days=3, minutes=1)
    parked = deliver(core, status=500)
    assert stranger.bare_post(sign_in_path()).status_code == 303
    assert link.reference in stranger.get("/portal/deliveries?state=parked").text
    assert stranger.post("/portal/deliveries/replay-parked").status_code == 303
    assert deliver(core, status=500) == parked[:1], "they keep their order"
    with core.transactions.read() as work:
        assert delivery_list.counted(work)["pending"] == 2, "each gets three days anew"
    assert "notifications sent again" in stranger.get("/portal/changes").text


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_was_taken_is_not_sent_again_with_what_was_given_up(
    core: Core, browser: Browser, make_link: Callable[..., Link]
) -> None:
    make_link()
    deliver(core, status=200)
    with core.transactions.write() as work:
        first = delivery_list.listed(work)[0]["id"]
        mine = deliveries.c.delivery_id == first
        work.connection.execute(deliveries.update().where(mine).values(state="parked"))
    browser.post("/portal/deliveries/replay-parked")
    with core.transactions.read() as work:
        again = [one["id"] for one in delivery_list.listed(work) if one["state"] == "pending"]
    assert again == [first]


def test_a_body_is_shown_as_it_is_sent(core: Core, browser: Browser, make_link: Callable[..., Link]) -> None:
    link = make_link()
    found = re.search(r"/portal/deliveries/\d+", browser.get("/portal/deliveries").text)
    assert found is not None
    page = browser.get(found.group()).text
    assert (">150.00<" in page, f"/portal/transactions/{link.reference}" in page) == (True, True)


def test_one_is_shown_with_its_answers_and_sent_again_with_its_id(
    core: Core, browser: Browser, make_link: Callable[..., Link]
) -> None:
    link = make_link()
    first = deliver(core, status=200)
    with core.transactions.read() as work:
        one = delivery_list.listed(work)[0]
    page = browser.get(f"/portal/deliveries/{one['id']}").text
    assert "so says the receiver" in page
    assert link.reference in browser.get("/portal/deliveries?state=delivered").text
    assert link.reference not in browser.get("/portal/deliveries?state=parked").text
    assert browser.post(f"/portal/deliveries/{one['id']}/replay").status_code == 303
    assert deliver(core, status=200) == first[:1]


def test_the_notifications_of_one_link_are_listed_without_those_of_others(
    browser: Browser, make_link: Callable[..., Link]
) -> None:
    link, other = make_link(), make_link(caller_reference="other")

    def shown(state: str) -> tuple[bool, bool]:
        page = browser.get(f"/portal/deliveries?reference={link.reference}&state={state}").text
        return f"/portal/transactions/{link.reference}" in page, f"/portal/transactions/{other.reference}" in page

    assert [shown(state) for state in ("", "pending", "delivered")] == [(True, False), (True, False), (False, False)]


def test_another_merchants_notifications_are_not_to_be_seen(browser: Browser) -> None:
    assert browser.get("/portal/deliveries/4711").status_code == 404


def test_an_id_that_no_database_holds_is_one_that_is_not_there(
    browser: Browser, make_link: Callable[..., Link]
) -> None:
    link = make_link()
    beyond = "9" * 24
    assert link.reference in browser.get(f"/portal/deliveries?before={beyond}").text
    assert browser.get(f"/portal/deliveries?before=-{beyond}").status_code == 200
    assert browser.get(f"/portal/changes?before={beyond}").status_code == 200
    assert browser.get(f"/portal/deliveries/{beyond}").status_code == 404
    assert browser.post(f"/portal/deliveries/{beyond}/replay").status_code == 303


def test_the_page_of_a_link_with_more_news_than_it_shows_leads_to_the_older_ones(
    browser: Browser, make_link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make_link()
    page = f"/portal/transactions/{link.reference}"
    assert "Older ones" not in browser.get(page).text
    monkeypatch.setattr(transaction_pages, "_NEWS", 1)
    found = re.search(r'href="(/portal/deliveries[^"]*before=\d+)', browser.get(page).text)
    assert found is not None
    older = browser.get(found[1].replace("&amp;", "&")).text
    assert ("PAYMENT_LINK_CREATED" in older, "PAYMENT_LINK_SENT" in older) == (True, False)
