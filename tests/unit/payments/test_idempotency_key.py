"""A key stands for one call: for its verb, its request and its body, and for nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.operation import Operation, idempotency_key

BODY = {"amount": Decimal("40.00"), "idempotency_key": "abc"}


def digest(verb: Operation = Operation.CAPTURE, reference: str = "c2p_1", body: Any = BODY) -> bytes:
    made = idempotency_key("abc", verb, reference, body)
    assert made is not None
    return made.digest


def test_the_same_call_is_known_in_whatever_order_its_body_is_written() -> None:
    assert digest() == digest(body=dict(reversed(list(BODY.items()))))


@pytest.mark.parametrize(
    "other",
    [{"verb": Operation.REVERSE}, {"reference": "c2p_2"}, {"body": {**BODY, "amount": Decimal("41.00")}}],
)
def test_another_verb_request_or_body_is_another_call(other: dict[str, Any]) -> None:
    assert digest(**other) != digest()


def test_a_call_without_a_key_is_known_by_nothing() -> None:
    assert idempotency_key(None, Operation.CAPTURE, "c2p_1", BODY) is None
