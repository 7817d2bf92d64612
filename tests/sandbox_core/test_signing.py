"""Callbacks signed as Standard Webhooks: what the receiver computes by itself must match, in every attempt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

import pytest

from .conftest import Sandbox
from .receiver import receiving, wait_until


def secret(length: int = 32) -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(length)).decode()


def put(sandbox: Sandbox, **changes: object) -> int:
    return int(sandbox.http.put(f"/sandbox/applications/{sandbox.application}", json=changes).status_code)


def test_every_attempt_is_signed_with_the_applications_secret_beside_basic(live: Sandbox) -> None:
    key = secret()
    with receiving(503) as receiver:
        live.listen_at(receiver.url)
        assert put(live, hmac={"key": key}) == 200
        live.sent()
        receiver.wait_for(3)
        wait_until(lambda: len(receiver.raw) >= 3)
    ids = []
    for headers, body in receiver.raw[:3]:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert headers["Authorization"].startswith("Basic ")
        ids.append(headers["webhook-id"])
    assert ids[0] == ids[1] != ids[2]


def test_without_a_secret_nothing_is_signed(live: Sandbox) -> None:
    with receiving() as receiver:
        live.listen_at(receiver.url)
        live.sent()
        wait_until(lambda: len(receiver.raw) >= 1)
    assert "webhook-signature" not in receiver.raw[0][0]


def test_the_secret_is_shown_to_testers_and_taken_away_again(sandbox: Sandbox) -> None:
    key = secret()
    assert put(sandbox, hmac={"key": key}) == 200
    assert put(sandbox, name="Renamed") == 200
    shown = sandbox.http.get("/sandbox/credentials").json["applications"][0]
    assert (shown["hmac"], shown["basic"]["user"]) == ({"key": key}, "core")
    assert put(sandbox, hmac=None) == 200
    assert sandbox.http.get("/sandbox/credentials").json["applications"][0]["hmac"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"key": "plain"}, {"key": "whsec_%%%"}, {"key": secret(8)}, {"key": secret(65)}, {"key": 7}, {}, "whsec_x"],
)
def test_what_is_no_secret_is_refused(sandbox: Sandbox, wrong: object) -> None:
    assert put(sandbox, hmac=wrong) == 422
