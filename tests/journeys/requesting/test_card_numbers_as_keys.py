"""A card number is no idempotency key: a key rests in clear."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    "key",
    [
        "0f1e2d3c-4b5a-6978-4111-111111111111",
        "order-0f1e2d3c-4b5a-6978-4111-111111111111",
        "0f1e2d3c4b5a69784111111111111111",
        "run-4222222222222ab1-x",
        "4111111111111111a1b2c3d4",
        f"{'0f' * 10}{CARD}{'e1' * 6}-00a1",
    ],
)
def test_a_random_id_is_a_key_whatever_its_digits_look_like(world: World, key: str) -> None:
    """Each holds 4111 1111 1111 1111 or 4222 2222 2222 2, by chance; a page and a flow may send it."""
    assert world.send(world.open(world.order()), key=key).status_code == 201
    flow = KeyHolder(world, "flow")
    assert flow.flow("send", order_id=world.order(), idempotency_key=f"{key}:2").json["outcome"] == "sent"


@pytest.mark.parametrize(
    "key", [f"{CARD}a", f"run-{CARD}-a1b2c3d4", f"ab{CARD}", f"order-{CARD}xyz", f"a1b2c3d4e5f6a7b8-{CARD}"]
)
def test_a_card_number_beside_letters_is_still_one(world: World, key: str) -> None:
    body = {"order_id": world.order(), "channel": "sms"}
    refused(KeyHolder(world, "flow").post(PATHS[0], body, **{"Idempotency-Key": key}), "Idempotency-Key")
