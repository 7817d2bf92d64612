"""What a gateway refuses is said in the API's own documented words."""

from __future__ import annotations

import pytest

from payment_core.gateways.gateway import GatewayRefused
from payment_core.journeys.amending.money_rules import refusal_of
from payment_core.services import Core
from payment_core.store.links.money_moves import MoveKind

_ELSE = "The gateway refused this. Look into its back office."


@pytest.mark.parametrize(
    ("kind", "reason", "status", "word", "sentence"),
    [
        (MoveKind.CAPTURE, "authorization_expired", 409, "AUTHORIZATION_EXPIRED", "The authorization has expired."),
        (MoveKind.CAPTURE, "other", 502, "GATEWAY_REFUSED", _ELSE),
        (MoveKind.GIVE_BACK, "authorization_expired", 502, "GATEWAY_REFUSED", _ELSE),
    ],
)
def test_only_a_capture_can_be_too_late(
    core: Core, kind: MoveKind, reason: str, status: int, word: str, sentence: str
) -> None:
    refused = refusal_of(core.api, kind, GatewayRefused("no", reason=reason))
    assert (refused.status, refused.word, refused.message) == (status, word, sentence)
