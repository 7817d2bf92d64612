"""An account that answers otherwise than our facts say is told so by the one thing that differs; each step is scripted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payment_core.gateways.gateway import GatewayRefused, NothingLeft, ObjectUnknown
from payment_core.gateways.stripe.bodies import asked_of, page_body
from payment_core.gateways.stripe.calls import VERSION, CardRefused, InvalidRequest, MissingRight
from payment_core.gateways.stripe.compare_with_account import examine
from payment_core.gateways.stripe.events import TYPES
from payment_core.journeys.examining.examine_gateway import examination_plan
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.stripe.gateway.test_calls import gateway
from tests.payment_core.stripe.gateway.test_refused_calls import NOW

HOOK = "https://pay.example/hooks/stripe/x"
PLAN = examination_plan(MERCHANT, now=NOW, public_url="https://pay.example")
ATTEMPT = replace(PLAN.attempt, body=page_body(PLAN, MERCHANT, now=NOW))
ASKED = asked_of(ATTEMPT.body)
SESSION: dict[str, Any] = {
    "id": "cs_1", "status": "open", "url": "https://pay/cs_1", "livemode": False, "amount_total": ASKED.units,
    "currency": ASKED.currency.lower(), "metadata": {"attempt": ATTEMPT.attempt_id},
}  # fmt: skip
CLOSED = SESSION | {"status": "expired", "url": None}
OTHER_BODY, TWICE = GatewayRefused("no", reason="idempotency_error"), InvalidRequest("no", reason="400")
NOBODY, LACKS = ObjectUnknown("no", reason="resource_missing"), MissingRight("no", reason="403")
ENDPOINT = {"url": HOOK, "status": "enabled", "api_version": VERSION, "enabled_events": list(TYPES)}
# One answer to each call, in their order: it opens, again, with another body, lists, closes, reads, closes twice; nine rights to
# read and three to write; the webhook address.
OPENED, AGAIN, OTHER, LISTED, CLOSING, READ, CLOSED_TWICE = range(7)
READS, WRITES, ENDPOINTS = 7, 16, 19
AS_WE_SAY: list[Any] = [
    SESSION, SESSION, OTHER_BODY, [SESSION, {"id": "cs_0"}], CLOSED, CLOSED, TWICE,
    *[{"data": []}] * 9, *[NOBODY] * 3, [{"url": "https://elsewhere.example"}, ENDPOINT],
]  # fmt: skip


def differing(changes: Mapping[int, Any]) -> dict[str, bool | None]:
    """Return what does not agree where these of the answers are others."""
    stripe, script = gateway(*(changes.get(place, one) for place, one in enumerate(AS_WE_SAY)))
    seen = examine(stripe, PLAN, ATTEMPT, hook_url=HOOK)
    found: dict[str, bool | None] = {one.what: one.agrees for one in seen if one.agrees is not True}
    assert script.answers == [], "all was looked at"
    return found


def test_where_all_is_as_we_say_everything_agrees() -> None:
    assert differing({}) == {}


@pytest.mark.parametrize(
    ("place", "answer", "what", "agrees"),
    [
        (OPENED, SESSION | {"status": "complete"}, "a page opens", False),
        (OPENED, SESSION | {"amount_total": ASKED.units + 1}, "its amount and currency are what was asked", False),
        (OPENED, SESSION | {"currency": "xxx"}, "its amount and currency are what was asked", False),
        (OPENED, SESSION | {"livemode": True}, "it is of test mode", False),
        (OPENED, SESSION | {"livemode": None}, "it is of test mode", False),
        (OPENED, SESSION | {"url": None}, "it has an address", False),
        (OPENED, SESSION | {"metadata": None}, "it carries our references", False),
        (AGAIN, SESSION | {"id": "cs_2"}, "the same key and body give the same page", False),
        (OTHER, SESSION, "the same key with another body is refused", False),
        (OTHER, TWICE, "the same key with another body is refused", False),
        (OTHER, NothingLeft("busy"), "the same key with another body is refused", None),
        (LISTED, [{"id": "cs_0"}, SESSION], "the newest page is listed first", False),
        (LISTED, [], "the newest page is listed first", False),
        (CLOSING, SESSION, "the page is closed", False),
        (READ, SESSION, "a closed page has no address any more", False),
        (CLOSED_TWICE, CLOSED, "closing it twice is refused", False),
        (READS, LACKS, "the key may read payment_intents", False),
        (READS + 8, LACKS, "the key may read balance_transactions", False),
        (READS + 8, NothingLeft("busy"), "the key may read balance_transactions", None),
        (WRITES, LACKS, "the key may write PaymentIntents", False),
        (WRITES + 2, LACKS, "the key may write PaymentMethods", False),
        (ENDPOINTS, LACKS, "the webhook address is registered", None),
        (ENDPOINTS, [], "the webhook address is registered", False),
        (ENDPOINTS, [ENDPOINT | {"status": "disabled"}], "it is enabled", False),
        (ENDPOINTS, [ENDPOINT | {"api_version": None}], "its version is ours", False),
        (ENDPOINTS, [ENDPOINT | {"enabled_events": list(TYPES)[1:]}], "it reports all that we read", False),
        (ENDPOINTS, [ENDPOINT | {"enabled_events": None}], "it reports all that we read", False),
    ],
)
def test_what_is_otherwise_is_named_and_nothing_else(place: int, answer: Any, what: str, agrees: bool | None) -> None:
    assert differing({place: answer}) == {what: agrees}


@pytest.mark.parametrize("refused", [LACKS, CardRefused({"code": "card_declined"})])
def test_where_no_page_opens_there_is_nothing_else_to_look_at(refused: Exception) -> None:
    stripe, script = gateway(refused)
    assert [(one.what, one.agrees) for one in examine(stripe, PLAN, ATTEMPT, hook_url=HOOK)] == [
        ("a page opens", False)
    ]
    assert script.asked == ["POST /v1/checkout/sessions"]


def test_every_event_may_be_reported_at_once() -> None:
    assert differing({ENDPOINTS: [ENDPOINT | {"enabled_events": ["*"]}]}) == {}
