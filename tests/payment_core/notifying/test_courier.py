"""One attempt is one POST to the address of its kind, proven as of now, and says how long the application took."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
import responses

from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core.couriers import courier
from payment_core.couriers.courier import Courier
from payment_core.domain.application import Proof
from payment_core.domain.enums import NotificationKind
from payment_core.store.deliveries.deliveries import Answer, Delivery
from tests.payment_core.conftest import APPLICATION, MERCHANT, NOW
from tests.payment_core.notifying.test_proof_headers import key_of


@pytest.mark.parametrize("kind", NotificationKind)
@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"status": 200, "body": "ok"}, Answer(200, "ok", None, 250)),
        ({"status": 500, "body": "x" * 999}, Answer(500, "x" * 300, None, 250)),
        # Only its kind: the text could name the address with its secrets.
        ({"body": requests.ReadTimeout("https://salesforce.example/secret")}, Answer(None, None, "NoAnswer", 250)),
        ({"body": requests.ConnectTimeout("secret")}, Answer(None, None, "RequestNotSent", 250)),
    ],
)
def test_a_notification_is_posted_and_its_answer_kept(
    monkeypatch: pytest.MonkeyPatch, kind: NotificationKind, given: dict[str, object], answer: Answer
) -> None:
    seconds = iter([7.0, 7.25])
    monkeypatch.setattr(courier, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    application = replace(APPLICATION, proof=Proof(hmac_key=Secret(key_of(24))))
    body = b'{"b":1, "a":2}'
    delivery = Delivery(
        1, MERCHANT.merchant_id, application.application_id, "l", None, kind, "NEWS", "msg_1", body, 3, NOW
    )
    with PeerSession(peer="application", total_timeout=5) as session, responses.RequestsMock() as mocked:
        mocked.post(application.url_for(kind), **given)
        assert Courier(session).post(application, delivery, at=NOW) == answer
        sent = mocked.calls[0].request
    signed = f"msg_1.{int(NOW.timestamp())}.".encode() + body
    proof = base64.b64encode(hmac.digest(b"k" * 24, signed, hashlib.sha256)).decode()
    assert (sent.body, sent.headers["webhook-signature"]) == (body, f"v1,{proof}")
    assert (sent.headers["Content-Type"], sent.headers["User-Agent"]) == ("application/json", "chat2pay-core")
