"""A card number is no idempotency key: a key rests in clear."""

from __future__ import annotations

import uuid

import pytest

from tests.journeys.keys import KeyHolder
from tests.journeys.world import Answer, World

CARD = "4111111111111111"
FORMS = [CARD, "4111-1111-1111-1111", "4111.1111.1111.1111", f"order:{CARD}", "4111:1111:1111:1111"]
REFERENCE = "c2p_abcdefghijklmnopabcdefghij"
PATHS = [
    "/api/payment-requests",
    *(f"/api/payment-requests/{REFERENCE}/{verb}" for verb in ("cancel", "replace", "capture", "reverse")),
]


def refused(answer: Answer, field: str) -> None:
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "card_number_refused")
    assert list(answer.json["error"]["fields"]) == [field]
    assert CARD[:8] not in answer.text.replace("-", "")


@pytest.mark.parametrize(
    ("path", "form"), [*((path, CARD) for path in PATHS), *((PATHS[0], form) for form in FORMS[1:])]
)
def test_a_card_number_is_refused_in_header_and_body(world: World, path: str, form: str) -> None:
    key, order_id = KeyHolder(world, "flow", "capture"), world.order()
    body = {"order_id": order_id, "channel": "sms"} if path == PATHS[0] else {}
    refused(key.post(path, body, **{"Idempotency-Key": form}), "Idempotency-Key")
    refused(key.post(path, {**body, "idempotency_key": form}), "idempotency_key")
    assert world.rows("payment_requests") == []


@pytest.mark.parametrize("verb", ["send", "cancel", "status"])
def test_a_card_number_from_a_flow_is_refused(world: World, verb: str) -> None:
    key = KeyHolder(world, "flow")
    what = {"order_id": world.order()} if verb == "send" else {"reference": REFERENCE}
    refused(key.flow(verb, idempotency_key=CARD, **what), "idempotency_key")


def test_a_uuid_is_a_key_whatever_its_digits_look_like(world: World) -> None:
    """Its last groups hold 4111 1111 1111 1111."""
    for key in ("0f1e2d3c-4b5a-6978-4111-111111111111", uuid.UUID("0f1e2d3c4b5a69784111111111111111").hex):
        page = world.open(world.order())
        assert world.send(page, key=key).status_code == 201
