"""A storm from a client that holds the callback's proof: odd forms of true news, ends that never were, other people's links.

What must hold at every moment: a link that the core holds as live keeps its order's one place; no request is bound to another's
link; no money shows that the core has not. What must hold at the end: everything is as the core's own records say.
"""

from __future__ import annotations

import json
import os
import random
from decimal import Decimal
from typing import Any

import pytest

from sandbox.rehearsal.notifications.malformed import malformed_body
from tests.factories import notification
from tests.journeys.world import World

SEED = int(os.environ.get("CHAT2PAY_TEST_SEED", "20261121"))
ORDERS, STEPS = 8, 140
ENDS = ("PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED")
LIVE = ("PAYMENT_LINK_CREATED", "PAYMENT_LINK_SENT", "PAYMENT_LINK_CLICKED")
# What may happen to a link next, by the core's own record.
NEXT = {
    "PAYMENT_LINK_CREATED": (
        "PAYMENT_LINK_SENT",
        "PAYMENT_LINK_CLICKED",
        "PAYMENT_LINK_EXPIRED",
        "PAYMENT_LINK_CANCELLED",
    ),
    "PAYMENT_LINK_SENT": ("PAYMENT_LINK_CLICKED", "PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"),
    "PAYMENT_LINK_CLICKED": ("PAYMENT_DECLINED", "PAYMENT_RECEIVED", "PAYMENT_LINK_EXPIRED"),
    "PAYMENT_DECLINED": ("PAYMENT_RECEIVED", "PAYMENT_LINK_EXPIRED"),
    "PAYMENT_RECEIVED": ("PAYMENT_REVERSED",),
}


class Storm:
    """Everything that happens, by dice that a seed repeats."""

    def __init__(self, world: World, rng: random.Random, *, lies_about_money: bool) -> None:
        self.world, self.rng, self.lies_about_money = world, rng, lies_about_money
        self.links = [self._sent(number) for number in range(ORDERS)]
        self.told: list[dict[str, Any]] = []

    def _sent(self, number: int) -> dict[str, Any]:
        """Some answers are lost, so that a link is bound only later."""
        page = self.world.open(self.world.order())
        self.world.core.drop_answers = self.rng.random() < 0.4
        self.world.send(page, phone=f"278312345{10 + number}")
        self.world.core.drop_answers = False
        return self.world.core.last()

    def step(self) -> None:
        """Let one thing happen."""
        weighed = (
            (self.live_on, 4), (self.tell, 8), (self.end_falsely, 4), (self.bind_wrongly, 4), (self.pay_falsely, 2),
            (self.let_time_pass, 6), (self.turn_the_core, 1),
        )  # fmt: skip
        self.rng.choices([act for act, _ in weighed], [weight for _, weight in weighed])[0]()

    def live_on(self) -> None:
        """Something true happens at the core, told or not."""
        link = self.rng.choice(self.links)
        standing = link["paymentStatus"] or link["linkStatus"]
        words = NEXT.get(standing if link["linkStatus"] not in ENDS or link["paymentStatus"] else "", ())
        if words and not (link["linkStatus"] in ENDS and standing == "PAYMENT_DECLINED"):
            self.told.append(self.world.core.happen(link, self.rng.choice(words)))

    def tell(self) -> None:
        """True news, in an odd form or as documented, now or late, once or again."""
        if self.told:
            news = self.rng.choice(self.told)
            self._post(malformed_body(news, rng=self.rng) if self.rng.random() < 0.7 else news)

    def end_falsely(self) -> None:
        self._post(self._lie(self.rng.choice(self.links), self.rng.choice(ENDS)))

    def pay_falsely(self) -> None:
        if not self.lies_about_money:
            return
        lie = self._lie(self.rng.choice(self.links), "PAYMENT_RECEIVED")
        self._post(malformed_body(lie, rng=self.rng) if self.rng.random() < 0.5 else lie)

    def bind_wrongly(self) -> None:
        one, other = self.rng.sample(self.links, 2)
        money = ("PAYMENT_RECEIVED",) if self.lies_about_money else ()
        lie = self._lie(one, self.rng.choice((*LIVE, *ENDS, *money)))
        lie["additionalData"] = other["additionalData"]
        gone = [name for name in ("orderNumber", "totalAmount") if self.rng.random() < 0.5]
        self._post({name: value for name, value in lie.items() if name not in gone})

    def let_time_pass(self) -> None:
        self.world.clock.pass_by(seconds=self.rng.choice((1, 2, 5, 20, 61)))
        self.rng.choice((self.world.drain, self.world.drain, self.world.sweep))()

    def turn_the_core(self) -> None:
        self.world.core.mute = not self.world.core.mute and self.rng.random() < 0.5

    def _lie(self, link: dict[str, Any], word: str) -> dict[str, Any]:
        body = notification(link, word, at=self.world.clock())
        return {**body, "traceId": self.rng.getrandbits(64)}

    def _post(self, body: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        assert self.world.callback(raw).status_code == 200
        if self.rng.random() < 0.5:
            self.world.drain()

    def assert_nothing_false_is_believed(self) -> None:
        """Hold every row against the core's record of its own link."""
        rows = {row["reference"]: row for row in self.world.rows("payment_requests")}
        for link in self.links:
            row = rows[link["additionalData"]["reference"]]
            if link["linkStatus"] in LIVE and link["paymentStatus"] in (None, "PAYMENT_DECLINED"):
                assert row["live"], "another link could be sent beside one that the core holds as live"
            assert row["link_reference"] in (None, link["paymentLinkRef"])
            for ours, theirs in (("captured", "capturedAmount"), ("reversed", "reversedAmount")):
                assert row[ours] <= Decimal(str(link.get(theirs, 0)))

    def assert_all_is_told(self) -> None:
        """Hold every row against the core's record of its own link, word for word."""
        rows = {row["reference"]: row for row in self.world.rows("payment_requests")}
        for link in self.links:
            row = rows[link["additionalData"]["reference"]]
            assert row["link_reference"] == link["paymentLinkRef"]
            assert row["core_status"] == (link["paymentStatus"] or link["linkStatus"])
            assert row["captured"] == Decimal(str(link.get("capturedAmount", 0)))
            assert row["live"] == (link["linkStatus"] in LIVE and link["paymentStatus"] in (None, "PAYMENT_DECLINED"))


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
def test_believes_nothing_false_and_loses_nothing_true(world: World, confirm: bool) -> None:
    print(f"CHAT2PAY_TEST_SEED={SEED}")
    world.tenant(confirm=confirm)
    # Without confirming, a plain lie about money is believed: doctor warns of it. Ends and bindings are confirmed all the same.
    storm = Storm(world, random.Random(SEED), lies_about_money=confirm)
    for _ in range(STEPS):
        storm.step()
        storm.assert_nothing_false_is_believed()
    world.core.mute = False
    for _ in range(30):
        world.clock.pass_by(seconds=61)
        world.drain()
        world.sweep()
    storm.assert_nothing_false_is_believed()
    storm.assert_all_is_told()
    assert {row["state"] for row in world.rows("inbox")} <= {"done", "buried"}
