"""Links and clicks are answered in front of Flask, and refused behind it: nobody outside can tell which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from foundation.database.outage import AWAY
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import PagePlan
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.schema.tables import links as link_rows
from payment_core.web.doors.click_door import ClickDoor
from payment_core.web.doors.link_door import LinkDoor
from tests.captured_logs import capture_logs
from tests.payment_core.conftest import APPLICATION, CUSTOMER
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost
from tests.payment_core.links import attempts_of

OWN: dict[str, Any] = {"base_url": "https://pay.example"}
# As browsers send a form without its box.
PRESSED: dict[str, Any] = {**OWN, "environ_overrides": {"CONTENT_LENGTH": "0"}}
LINKS = "/api/v2/payment-links"


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch, client: FlaskClient) -> list[str]:
    """Note what comes to Flask."""
    came: list[str] = []
    dispatch = client.application.full_dispatch_request

    def noted(*given: Any) -> Any:
        came.append("request")
        return dispatch(*given)

    monkeypatch.setattr(client.application, "full_dispatch_request", noted)
    return came


@pytest.fixture
def ask(client: FlaskClient, api_key: str) -> Callable[..., TestResponse]:
    """A function that asks for a link, changed by keywords."""

    def asked(**changes: object) -> TestResponse:
        body = {
            "applicationUuid": APPLICATION.application_id, "orderNumber": "00000100", "channel": "sms",
            "endUserMobileNumber": CUSTOMER, "currency": "ZAR", "totalAmount": 115.00, "taxAmount": 15.00,
            "subTotalAmount": 100.00, "language": "en", **changes,
        }  # fmt: skip
        return client.post(LINKS, json=body, headers={"Authorization": api_key})

    return asked


def page_of(core: Core, link: Link) -> str:
    with core.transactions.read() as work:
        return f"/pay/{links.token_of(work, link)}"


def shape(answer: TestResponse) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer, without what is another's each time."""
    other = ("X-Request-Id", "Location", "Content-Length")
    return answer.status_code, {name: value for name, value in answer.headers.items() if name not in other}


def test_a_link_is_made_and_clicked_as_flask_would(
    core: Core,
    client: FlaskClient,
    ask: Callable[..., TestResponse],
    make_link: Callable[..., Link],
    behind: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as lines:
        at_doors = [ask(), client.post(page_of(core, make_link()), **PRESSED)]
    assert behind == []
    assert [one["route"] for one in lines if one["event"] == "answered"] == [LINKS, "/pay/{token}"]
    monkeypatch.setattr(LinkDoor, "_made", lambda *_: None)
    monkeypatch.setattr(ClickDoor, "_opened", lambda *_: None)
    at_flask = [ask(), client.post(page_of(core, make_link()), **PRESSED)]
    assert len(behind) == 2
    assert [shape(one) for one in at_doors] == [shape(one) for one in at_flask]
    assert [one.status_code for one in at_doors] == [201, 303]
    assert set(at_doors[0].json or {}) == set(at_flask[0].json or {})


@pytest.mark.parametrize("is_at_door", [True, False])
def test_a_press_without_the_box_keeps_no_card_and_leads_back_to_its_page(
    core: Core, client: FlaskClient, make_link: Callable[..., Link], behind: list[str], monkeypatch: pytest.MonkeyPatch,
    gateway: FakeGateway, is_at_door: bool,
) -> None:  # fmt: skip
    if not is_at_door:
        monkeypatch.setattr(ClickDoor, "_opened", lambda *_: None)
    link = make_link(payer_reference="003000000000001")
    page = page_of(core, link)
    assert client.post(page, **PRESSED).status_code == 303
    assert behind == ([] if is_at_door else ["request"])
    (plan,) = gateway.plans.values()
    assert isinstance(plan, PagePlan)
    assert (plan.return_url, plan.saves_card) == (f"{core.public_url}{page}", False)
    with core.transactions.read() as work:
        assert [one.saves_card for one in attempts_of(work, link.reference)] == [False]


def test_a_press_on_what_ended_meanwhile_leads_back_to_its_page(
    core: Core, merchant: Merchant, client: FlaskClient, make_link: Callable[..., Link], behind: list[str]
) -> None:
    link = make_link()
    page = page_of(core, link)
    cancel_link(core, merchant, link.reference)
    answer = client.post(page, **PRESSED)
    assert (answer.status_code, answer.headers["Location"], behind) == (303, page, ["request"])


def test_a_reference_that_is_sent_again_is_answered_200(ask: Callable[..., TestResponse], behind: list[str]) -> None:
    answers = [ask(additionalData={"reference": "c2p_once"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json == answers[1].json
    assert behind == []


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"applicationUuid": "unknown"}, 404, "APPLICATION_NOT_FOUND"),
        ({"totalAmount": 116.00}, 422, "VALIDATION_FAILED"),
        ({"endUserMobileNumber": "0831234567"}, 422, "VALIDATION_FAILED"),
    ],
)
def test_what_is_refused_is_refused_by_flask_and_once(
    ask: Callable[..., TestResponse],
    behind: list[str],
    messenger: FakeMessenger,
    changes: dict[str, object],
    status: int,
    word: str,
) -> None:
    with capture_logs() as lines:
        refused = ask(**changes)
    assert (refused.status_code, (refused.json or {})["errorCode"], behind) == (status, word, ["request"])
    assert [one["status"] for one in lines if one["event"] == "refused"] == [status]
    assert messenger.sent == []


def test_a_page_that_cannot_be_opened_just_now_is_asked_for_once(
    core: Core, client: FlaskClient, gateway: FakeGateway, make_link: Callable[..., Link], behind: list[str]
) -> None:
    """What went wrong at the door is raised again in Flask, and not done again; the customer reads it in his language."""
    address = page_of(core, make_link(language="de"))
    gateway.faults["open_page"].append(Lost.NOTHING_LEFT)
    answer = client.post(address, **PRESSED)
    assert (answer.status_code, behind) == (503, ["request"])
    assert 'lang="de"' in answer.text
    assert [name for name, _ in gateway.calls] == ["open_page"]
    assert client.post(address, **PRESSED).status_code == 303


def test_an_outage_is_answered_as_everywhere(
    core: Core, client: FlaskClient, ask: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise AWAY[0]("SELECT 1", None, Exception("gone"))

    monkeypatch.setattr(core.transactions, "grouped", away)
    with capture_logs() as lines:
        answer = ask()
    assert (answer.status_code, (answer.json or {})["errorCode"]) == (503, "TRY_LATER")
    assert [one["event"] for one in lines] == ["database_away", "answered"]


def test_what_a_door_does_not_take_is_flasks(
    core: Core, client: FlaskClient, api_key: str, make_link: Callable[..., Link], behind: list[str]
) -> None:
    address, key = page_of(core, make_link()), {"Authorization": api_key}
    answers = [
        client.post("/pay/nobody", **PRESSED),
        client.post(address, **{**PRESSED, "base_url": "https://other.example"}),
        client.post(address, headers={"Sec-Fetch-Site": "cross-site"}, **PRESSED),
        client.post(f"/{address}", **PRESSED),
        client.post(f"{address}?x=%00", **PRESSED),
        client.post(LINKS, json={}, headers={"Authorization": "guessed"}),
        client.post(LINKS, data=b"{", headers=key),
        client.post(LINKS, data=b"{}" + b" " * 512 * 1024, headers=key),
        client.post(LINKS, data=b"{}", headers=key, environ_overrides={"CONTENT_LENGTH": "16"}),
        client.get(address, **OWN),
        # A link is made by a post alone, and a page is opened by one.
        client.get(LINKS, data=b"{}", headers=key),
        client.post(LINKS, headers=key, environ_overrides={"CONTENT_LENGTH": "\u0663"}),
        client.post(f"{LINKS}?x=%00", data=b"{}", headers=key),
        # Whatever else is posted with a key is no order of a link.
        client.post(f"{LINKS}/nobody/cancel", data=b"{}", headers=key),
        client.post(address, data={"save": "1"}, **OWN),
    ]
    statuses = [404, 421, 403, 404, 404, 401, 400, 413, 400, 200, 422, 422, 404, 404, 303]
    assert [one.status_code for one in answers] == statuses
    assert len(behind) == len(answers)


@pytest.mark.parametrize("letters", ["\u00e9", "\n", "\r\nSet-Cookie: a=b", "\x00"], ids=ascii)
def test_an_address_of_the_gateway_with_odd_letters_is_written_by_flask_or_not_at_all(
    core: Core, client: FlaskClient, gateway: FakeGateway, make_link: Callable[..., Link], behind: list[str],
    monkeypatch: pytest.MonkeyPatch, letters: str,
) -> None:  # fmt: skip
    """It becomes a header: a line break would begin another one."""
    link = make_link()
    opened = gateway.open_page
    monkeypatch.setattr(
        gateway, "open_page", lambda attempt: replace(opened(attempt), url=f"https://gateway.example/{letters}")
    )
    answer = client.post(page_of(core, link), **PRESSED)
    assert behind == ["request"]
    assert answer.status_code in (303, 500)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_the_method_of_the_operation_makes_a_link(
    core: Core, client: FlaskClient, ask: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(client, "post", partial(client.open, method=method))
    assert ask().status_code == 405
    with core.transactions.read() as work:
        assert work.connection.execute(select(func.count()).select_from(link_rows)).scalar_one() == 0
