"""Whoever has no right gets nothing done by any verb of the page, whatever their page shows; looking stays allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import OTHER_PHONE, THANDI
from tests.journeys.world import World

OF_A_REQUEST = "/api/payment-requests/{reference}/"
SEND: dict[str, Any] = {"channel": "sms", "phone": "27831234567"}
VERBS: dict[str, dict[str, Any]] = {
    "/api/payment-requests": SEND,
    "/api/order-phone": {"phone_ending": OTHER_PHONE[-4:]},
    f"{OF_A_REQUEST}cancel": {},
    f"{OF_A_REQUEST}replace": {},
    f"{OF_A_REQUEST}capture": {},
    f"{OF_A_REQUEST}reverse": {},
    f"{OF_A_REQUEST}release": {"reason": "The core is down"},
    f"{OF_A_REQUEST}send-receipt": {},
    f"{OF_A_REQUEST}copy-link": {},
}
LOOKS = (f"{OF_A_REQUEST}refresh", f"{OF_A_REQUEST}show-receipt")


@pytest.mark.parametrize("path", VERBS)
def test_without_a_right_no_verb_does_anything(world: World, path: str) -> None:
    world.tenant(policy={"copy_links": True})
    world.with_own_core()
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send"}}
    page = world.open(world.order())
    world.sent(page, phone=OTHER_PHONE)
    reference = world.row("payment_requests")["reference"]
    world.org.permissions = {}
    looker = world.open(page.order_id)
    before = world.rows("payment_events")
    answer = world.client.post(path.format(reference=reference), json=VERBS[path], headers=looker.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    assert world.rows("payment_events") == before
    assert (len(world.core.sends), world.core.cancels, world.core.captures, world.core.reversals) == (1, [], [], [])
    assert (world.core.own_asked, world.org.writers) == ([], [])


def test_every_verb_of_a_request_is_tried_without_a_right(world: World) -> None:
    known = {*VERBS, *LOOKS}
    rules = {
        str(rule).replace("<reference>", "{reference}")
        for rule in world.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and str(rule).startswith("/api/payment-requests")
    }
    assert rules <= known
