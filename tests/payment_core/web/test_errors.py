"""Every error is an answer in the API's words, or a page; nothing of an unforeseen one is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from foundation.database.write_check import WriteCheck
from payment_core.app import create_app
from payment_core.domain.link import Link
from payment_core.services import Core
from payment_core.store.schema.tables import links, write_checks
from tests.payment_core.conftest import APPLICATION, CUSTOMER
from tests.payment_core.fakes import FakeGateway, FakeMessenger

OWN = {"base_url": "https://pay.example"}


def test_the_api_answers_in_its_own_words(client: FlaskClient, api_key: str) -> None:
    refused = client.get("/api/v2/configuration")
    assert refused.status_code == 401
    assert refused.json == {"errorCode": "INVALID_API_KEY", "message": "The API key is missing or wrong."}
    known = client.get("/api/v2/configuration", headers={"Authorization": api_key})
    assert known.status_code == 200
    assert known.json is not None
    assert known.json["merchantName"] == "Karoo Coffee Roasters"


def test_a_field_is_named(client: FlaskClient, api_key: str) -> None:
    refused = client.post("/api/v2/payment-links", json={}, headers={"Authorization": api_key})
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errorCode"] == "VALIDATION_FAILED"
    assert refused.json["field"] in refused.json["message"]


def test_what_is_not_there_and_what_is_not_done_there(client: FlaskClient) -> None:
    missing, wrong = client.get("/api/v2/nothing"), client.put("/health/live")
    assert (missing.status_code, missing.json and missing.json["errorCode"]) == (404, "NOT_FOUND")
    assert (wrong.status_code, wrong.json and wrong.json["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in wrong.headers["Allow"]
    assert client.get("//api/v2/configuration").status_code == 404


def test_a_customer_gets_a_page(client: FlaskClient) -> None:
    page = client.get("/pay/nobody", **OWN)
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "Nothing here" in page.text


def test_an_unforeseen_error_shows_nothing_of_itself(core: Core, client: FlaskClient) -> None:
    with core.transactions.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE links RENAME TO elsewhere")
    try:
        for path, mimetype in (("/pay/nobody", "text/html"), ("/receipts/nobody", "text/html")):
            answer = client.get(path, **OWN)
            assert answer.status_code >= 500
            assert answer.mimetype == mimetype
            assert "elsewhere" not in answer.text
            assert links.name not in answer.text.lower()
    finally:
        with core.transactions.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO links")


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/api/v2/fails", "/pay/fails"])
def test_after_a_database_that_failed_a_request_readiness_looks_anew(core: Core, path: str) -> None:
    """Its last good look would send more requests here for seconds."""
    database, seconds = core.transactions.database, [0.0]
    check = WriteCheck(database, write_checks, now=core.now, clock=lambda: seconds[0])
    app = create_app(replace(core, write_check=check))

    @app.get(path)
    def fails() -> str:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    client = app.test_client()
    assert client.get("/health/ready").status_code == 200
    assert client.get(path, **OWN).status_code == 503
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE write_checks")
    seconds[0] += 2
    assert client.get("/health/ready").json == {"status": "unavailable", "database": "not_writable"}


def test_pages_are_served_at_their_own_address_only(client: FlaskClient) -> None:
    assert client.get("/pay/nobody", base_url="https://other.example").status_code == 421
    assert client.get("/pay/nobody", base_url="http://127.0.0.1:8020").status_code == 404
    assert client.get("/pay/nobody", environ_overrides={"HTTP_HOST": ":443"}, **OWN).status_code == 421
    # Probes and the API are reached under whatever name a machine inside has for us.
    assert client.get("/health/live", base_url="http://10.0.0.7:8020").status_code == 200


def test_a_demo_is_reached_under_the_name_of_its_front(core: Core) -> None:
    """Whichever that is: the front has checked it."""
    demo = create_app(replace(core, settings=replace(core.settings, environment="demo"))).test_client()
    assert demo.get("/pay/nobody", base_url="https://trial.example").status_code == 404


def test_another_sites_page_cannot_post(client: FlaskClient, make_link: Callable[..., Link]) -> None:
    refused = client.post("/pay/nobody", headers={"Sec-Fetch-Site": "cross-site"}, **OWN)
    assert refused.status_code == 403
    # A link in a message, or from a bank's page, is a visit from another site, and is fine.
    assert client.get("/pay/nobody", headers={"Sec-Fetch-Site": "cross-site"}, **OWN).status_code == 404


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/pay/nobody", "form-action 'self' https:"), ("/health/live", "default-src 'none'; form-action 'none'")],
)
def test_every_answer_carries_its_guards(client: FlaskClient, path: str, policy: str) -> None:
    headers = client.get(path, **OWN).headers
    assert policy in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"]
    assert headers["X-Request-Id"]


def test_an_amount_that_the_gateway_cannot_charge_is_refused_before_the_customer_is_written_to(
    core: Core, client: FlaskClient, api_key: str, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    gateway.not_carried.add(Decimal("150.10"))
    names = core.api.operation("send_payment_link").body
    body = {
        "application": APPLICATION.application_id, "order_number": "00000100", "channel": "sms", "phone": CUSTOMER,
        "currency": "ZAR", "total": "150.10", "tax": "0.05", "sub_total": "150.05",
    }  # fmt: skip
    sent = {names[ours]: value for ours, value in body.items()}
    refused = client.post("/api/v2/payment-links", json=sent, headers={"Authorization": api_key})
    assert refused.json is not None
    assert (refused.status_code, refused.json["field"]) == (422, names["total"])
    assert messenger.sent == []
