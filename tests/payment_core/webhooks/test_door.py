"""What a provider reports is stored in front of Flask, and refused behind it: nobody outside can tell which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from foundation.database.group_commit import GroupCommit
from foundation.database.write_check import WriteCheck
from foundation.secret import Secret
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.merchant import Merchant
from payment_core.errors import TryLater
from payment_core.journeys.webhooks.receive_webhook import WebhookRequest, receive_webhook
from payment_core.messengers.messenger import MessageReport, Reply
from payment_core.services import Core
from payment_core.store import merchants, phone_key
from payment_core.store.incoming import webhooks as queue
from payment_core.store.schema.tables import webhooks
from payment_core.web.doors.webhook_door import WebhookDoor
from tests.captured_logs import capture_logs
from tests.payment_core.conftest import CUSTOMER, MERCHANT
from tests.payment_core.fakes import FakeMessenger, MovableClock

BODY = b"fifteen letters"


@pytest.fixture
def address(merchant: Merchant, messenger: FakeMessenger) -> str:
    messenger.webhooks[BODY] = [MessageReport("SM1", MessageStatus.DELIVERED)]
    return f"/hooks/{merchant.messenger}/{merchant.hook}"


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what comes to Flask's own view."""
    came: list[str] = []

    def noted(core: Core, provider: str, hook: str, arrival: WebhookRequest, *, read_after: timedelta) -> list[str]:
        came.append(provider)
        return receive_webhook(core, provider, hook, arrival, read_after=read_after)

    monkeypatch.setattr("payment_core.web.webhooks.receive_webhook", noted)
    return came


def rows(core: Core) -> int:
    with core.transactions.read() as work:
        return work.connection.execute(select(func.count()).select_from(webhooks)).scalar_one()


def test_what_is_proven_never_comes_to_flask(client: FlaskClient, core: Core, address: str, behind: list[str]) -> None:
    with capture_logs() as lines:
        answers = [client.post(address, data=BODY) for _ in range(2)]
    assert [(one.status_code, one.data, one.headers["Content-Length"]) for one in answers] == [(200, b"", "0")] * 2
    assert all(one.headers["X-Content-Type-Options"] == "nosniff" for one in answers)
    assert (rows(core), behind) == (1, [])
    assert [(one["route"], one["count"]) for one in lines if one["event"] == "answered"] == [
        ("/hooks/{provider}/{hook}", 1),
        ("/hooks/{provider}/{hook}", 0),
    ]


def test_what_cannot_be_proven_is_refused_by_flask_with_the_same_body(
    client: FlaskClient, core: Core, address: str, behind: list[str]
) -> None:
    assert client.post(address, data=b"forged").status_code == 401
    assert client.post(f"{address}x", data=BODY).status_code == 404
    assert client.post(f"{address}/more", data=BODY).status_code == 404
    assert client.get(address).status_code == 405
    assert client.post(f"/{address}", data=BODY).status_code == 404
    assert (rows(core), len(behind)) == (0, 2)


def test_what_a_demo_shows_at_once_is_read_by_flask_and_left_alone_by_workers(
    client: FlaskClient,
    core: Core,
    address: str,
    behind: list[str],
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    monkeypatch.setattr("payment_core.web.webhooks.read_event", lambda *given: read.append(given[-1]))
    for door in ("webhooks", "doors.webhook_door"):
        monkeypatch.setattr(f"payment_core.web.{door}.READ_AT_ONCE", frozenset({"fake"}))
    assert client.post(address, data=BODY).status_code == 200
    assert (len(read), behind) == (1, ["fake"])
    with core.transactions.read() as work:
        assert queue.due(work, now=clock.move(seconds=29), most=9) == []
        assert len(queue.due(work, now=clock.move(seconds=1), most=9)) == 1, "where this process died"


def test_what_could_not_be_stored_is_tried_once_more_and_then_told(
    client: FlaskClient, core: Core, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise TryLater("full")

    doubts: list[WriteCheck] = []
    with monkeypatch.context() as patch:
        patch.setattr(GroupCommit, "put", full)
        patch.setattr(WriteCheck, "doubt", lambda check: doubts.append(check))
        answer = client.post(address, data=BODY)
    assert (answer.status_code, rows(core)) == (503, 0)
    assert doubts == [core.write_check], "readiness looks anew, else more news would be sent here for seconds"
    assert client.post(address, data=BODY).status_code == 200
    assert rows(core) == 1


def test_a_body_that_is_too_large_or_cut_short_is_refused(client: FlaskClient, core: Core, address: str) -> None:
    assert client.post(address, data=b"x" * (512 * 1024 + 1)).status_code == 413
    assert client.post(address, data=BODY, environ_overrides={"CONTENT_LENGTH": "16"}).status_code == 400
    assert rows(core) == 0


@pytest.mark.parametrize("query", ["", "bodySHA256=0a1b", "a=b&c=%20d"])
@pytest.mark.parametrize("is_at_door", [True, False])
def test_what_a_provider_signs_is_the_address_that_we_gave_it(
    client: FlaskClient, core: Core, address: str, behind: list[str], messenger: FakeMessenger,
    monkeypatch: pytest.MonkeyPatch, query: str, is_at_door: bool,
) -> None:  # fmt: skip
    """With its query, and of our own configuration: a proxy's headers would make it guesswork."""
    urls, read = [], messenger.read_webhook

    def noted(raw: bytes, headers: Mapping[str, str], *, url: str, secrets: Sequence[Secret]) -> Sequence[Any]:
        urls.append((url, headers.get("X-Twilio-Signature")))
        return read(raw, headers, url=url, secrets=secrets)

    monkeypatch.setattr(messenger, "read_webhook", noted)
    if not is_at_door:
        monkeypatch.setattr(WebhookDoor, "_is_stored", lambda *_: False)
    signed = {"Host": "10.0.0.7:8020", "X-Forwarded-Host": "evil.example", "X-Twilio-Signature": "abc"}
    path = f"{address}?{query}" if query else address
    assert client.post(path, data=BODY, headers=signed).status_code == 200
    assert urls == [(f"{core.public_url}{path}", "abc")]
    assert behind == ([] if is_at_door else ["fake"])


def test_what_is_stored_wakes_a_worker_and_a_person_is_known_by_the_number(
    client: FlaskClient, core: Core, address: str, messenger: FakeMessenger
) -> None:
    """So that their words can be erased; a report is no person's."""
    messenger.webhooks[b"reply"] = [Reply("SM2", Channel.SMS, CUSTOMER, "hello")]
    for body in (BODY, b"reply"):
        core.wake.webhooks.clear()
        assert client.post(address, data=body).status_code == 200
        assert core.wake.webhooks.is_set()
    with core.transactions.read() as work:
        keys = work.connection.execute(select(webhooks.c.phone_key).order_by(webhooks.c.webhook_id)).scalars().all()
    assert keys == [None, bytes(phone_key.of(core, MERCHANT.merchant_id, CUSTOMER))]


@pytest.mark.parametrize("provider", ["fake", "stripe", "twilio"])
def test_a_provider_that_is_not_the_merchants_has_no_address(
    client: FlaskClient, core: Core, merchant: Merchant, address: str, provider: str
) -> None:
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, messenger="fake", gateway="stripe"), now=core.now())
    answer = client.post(f"/hooks/{provider}/{merchant.hook}", data=b"forged")
    assert answer.status_code == (404 if provider == "twilio" else 401)
    assert client.post(f"/hooks/{provider}/hook_nobody", data=b"forged").status_code == 404
    assert rows(core) == 0
