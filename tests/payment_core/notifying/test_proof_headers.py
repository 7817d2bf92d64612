"""A notification is proven as its application asked, by keys of the length that Standard Webhooks allows, where it is set."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
import responses

from foundation.secret import Secret
from payment_core.couriers.proof_headers import key_problem, proof_headers
from payment_core.domain.application import Application, Proof
from payment_core.domain.enums import NotificationKind
from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying.send_test_callback import send_test_callback
from payment_core.services import Core

URL_OF = {
    NotificationKind.PAYMENT_STATUS: "payment_status_url",
    NotificationKind.TRANSACTION_STATUS: "transaction_status_url",
    NotificationKind.SETTINGS: "settings_url",
}


def key_of(length: int) -> str:
    return f"whsec_{base64.b64encode(b'k' * length).decode()}"


@pytest.mark.parametrize(
    ("key", "is_good"),
    [
        ("", True),
        (key_of(23), False),
        (key_of(24), True),
        (key_of(64), True),
        (key_of(65), False),
        (key_of(32).removeprefix("whsec_"), False),
        (key_of(32).replace("whsec_", "whsec-"), False),
        ("whsec_", False),
        # One sign away from base64: it would be another key than the receiver has.
        (f"{key_of(32)}é", False),
        (key_of(32)[:-1], False),
        (f"whsec_*{key_of(32).removeprefix('whsec_')}", False),
    ],
)
def test_a_key_has_24_to_64_bytes_in_base64_behind_its_prefix(key: str, is_good: bool) -> None:
    assert (key_problem(key) is None) == is_good
    signs = "webhook-signature" in proof_headers(Proof(hmac_key=Secret(key)), "msg_1", b"{}", at=1)
    assert signs == (is_good and key != "")


def test_a_signature_is_of_the_id_the_time_and_the_body_as_it_is_sent() -> None:
    proof, body = Proof(hmac_key=Secret(key_of(24))), b'{"b":1, "a":2}'
    expected = hmac.new(b"k" * 24, b'msg_1.1764331200.{"b":1, "a":2}', hashlib.sha256).digest()
    assert proof_headers(proof, "msg_1", body, at=1764331200) == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1764331200",
        "webhook-signature": f"v1,{base64.b64encode(expected).decode()}",
    }


@pytest.mark.parametrize(
    ("proof", "names"),
    [
        (Proof(), set()),
        (Proof("shop", Secret("pass")), {"Authorization"}),
        (Proof(hmac_key=Secret(key_of(24))), {"webhook-id", "webhook-timestamp", "webhook-signature"}),
        (
            Proof("shop", Secret("pass"), Secret(key_of(24))),
            {"Authorization", "webhook-id", "webhook-timestamp", "webhook-signature"},
        ),
    ],
)
def test_each_proof_that_was_asked_for_is_sent_and_no_other(proof: Proof, names: set[str]) -> None:
    headers = proof_headers(proof, "msg_1", b"{}", at=1)
    assert set(headers) == names
    assert headers.get("Authorization") in (None, f"Basic {base64.b64encode(b'shop:pass').decode()}")


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lacking", [None, *NotificationKind])
def test_a_test_callback_is_posted_to_the_addresses_that_are_set_with_their_proof(
    core: Core, merchant: Merchant, application: Application, lacking: NotificationKind | None
) -> None:
    without: dict[str, Any] = {URL_OF[lacking]: ""} if lacking is not None else {}
    proven = replace(application, proof=Proof("shop", Secret("pass"), Secret(key_of(32))), **without)
    wanted = [kind for kind in NotificationKind if kind is not lacking]
    with responses.RequestsMock() as mocked:
        for kind in wanted:
            mocked.post(proven.url_for(kind))
        answers = send_test_callback(core, merchant, proven, by="Thandi")
        sent = [one.request.headers for one in mocked.calls]
    assert [(one.kind, one.url, one.answer.status) for one in answers] == [
        (kind, proven.url_for(kind), 200) for kind in wanted
    ]
    assert all("Authorization" in one and "webhook-signature" in one for one in sent)
