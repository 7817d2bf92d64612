"""Dozens of payments while everything fails that can: no money twice, none untold, none told of that is not there."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import requests
from sqlalchemy import select

from foundation.errors import ServiceError
from payment_core.domain.enums import LinkStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import ReplyRules
from payment_core.journeys.amending.move_money import capture, finish_moves, reverse
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import attempts, saved_cards
from payment_core.store.schema.tables import deliveries
from sandbox.stripe.account import Object
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.faults import Fault
from tests.payment_core.fakes import MovableClock
from tests.payment_core.stripe.conftest import CHALLENGED, DECLINED, IN_REVIEW, VISA, Shop

PAYMENTS = int(os.environ.get("STRIPE_STORM_PAYMENTS", "40"))
MONEY = {
    PaymentStatus.AUTHORIZED,
    PaymentStatus.RECEIVED,
    PaymentStatus.CAPTURED,
    PaymentStatus.VOIDED,
    PaymentStatus.REVERSED,
}
# A time-out is a lost answer that comes late: `chat2pay-core rehearse` has them, and waits for them.
QUICK_FAULTS = [fault for fault in Fault if fault is not Fault.TIMED_OUT]
CALLS = {"open_page", "close_page", "charge_saved", "look", "capture", "give_back"}


class Killed(BaseException):
    """The process ends here: nothing of it goes on."""


class Mortal:
    """A gateway during whose calls the process may be killed: before the call, or after it and before its answer is used."""

    def __init__(self, gateway: object, dice: random.Random) -> None:
        self._gateway, self._dice = gateway, dice

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._gateway, name)
        return self._deadly(method) if name in CALLS else method

    def _deadly(self, method: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            chance = self._dice.random()
            if chance < 0.02:
                raise Killed
            answer = method(*given, **named)
            if chance > 0.98:
                raise Killed
            return answer

        return call


@dataclass
class Storm:
    """Merchants, customers, workers and a process that dies and begins again."""

    make_core: Callable[..., Core]
    merchant: Merchant
    stand_in: StripeStandIn
    clock: MovableClock
    dice: random.Random
    shop: Shop
    open_links: list[tuple[Merchant, Link]] = field(default_factory=list)
    paid_links: list[tuple[Merchant, Link]] = field(default_factory=list)
    kills: int = 0

    def restart(self) -> None:
        """Begin a new process on the same database; the connections of the one before end with it."""
        if self.kills:
            self.shop.core.transactions.database.close()
        self.shop = Shop(self.make_core(lambda gateway: Mortal(gateway, self.dice)), self.stand_in)

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """Go on after whatever ends a request, or the process."""
        try:
            yield
        except ServiceError:
            pass
        except Killed:
            self.kills += 1
            self.restart()

    def begin(self, number: int) -> None:
        kind = self.dice.choice([TransactionType.SALE, TransactionType.AUTHORIZATION])
        seller = replace(self.merchant, transaction_type=kind, reply=ReplyRules(refused_countries=frozenset()))
        with self.mortal():
            link = self.shop.link(seller, payer_reference="003000000000001", caller_reference=f"payment-{number}")
            self.open_links.append((seller, link))

    def go_on(self) -> None:
        if not self.open_links:
            return
        seller, link = self.dice.choice(self.open_links[-4:])
        actions = [self.press, self.reply, self.cancel, self.wait]
        self.dice.choices(actions, weights=[8, 5, 1, 1])[0](seller, link)

    def press(self, seller: Merchant, link: Link) -> None:
        page = None
        with self.mortal():
            page = self.shop.open(seller, link, saves=self.dice.random() < 0.3)
        if page is None or self.dice.random() < 0.2:
            return
        self.customer(page, number=self.dice.choice([VISA, VISA, VISA, DECLINED, CHALLENGED, IN_REVIEW]))
        if self.dice.random() < 0.8:
            self.customer(page, approve="yes")
        if self.dice.random() < 0.5:
            self.customer(page, number=VISA)
        self.paid_links.append((seller, link))

    def customer(self, page: str, **form: str) -> None:
        """Type into the hosted page; one that is over refuses."""
        requests.post(page, data=form, allow_redirects=False, timeout=20)

    def reply(self, seller: Merchant, link: Link) -> None:
        core = self.shop.core
        with core.transactions.read() as work:
            key = phone_key.of(core, seller.merchant_id, link.phone)
            cards = saved_cards.of_payer(work, seller.merchant_id, "003000000000001", key)
        if cards and self.shop.now(link).payable:
            if self.dice.random() < 0.4:  # what is charged without its owner is what is charged twice most easily
                self.stand_in.faults.add("POST /v1/payment_intents", self.dice.choice(QUICK_FAULTS))
            with self.mortal():
                charge_saved_card(core, seller, self.shop.now(link), cards[0])
            self.paid_links.append((seller, link))

    def cancel(self, seller: Merchant, link: Link) -> None:
        with self.mortal():
            cancel_link(self.shop.core, seller, link.reference)

    def wait(self, _seller: Merchant, _link: Link) -> None:
        self.clock.move(seconds=self.dice.choice([5, 30, 120, 400]))

    def amend(self) -> None:
        if not self.paid_links:
            return
        seller, link = self.dice.choice(self.paid_links[-12:])
        with self.mortal():
            if self.dice.random() < 0.5:
                capture(self.shop.core, seller, link.reference, self.dice.choice([None, Decimal("100.00")]))
            else:
                reverse(self.shop.core, seller, link.reference)
        intents = [one for one in self.shop.intents(link) if one["status"] == "succeeded"]
        if intents and self.dice.random() < 0.1:
            requests.post(
                f"{self.stand_in.url}/sandbox/payments/{intents[0]['id']}/refund", json={"amount": 1000}, timeout=20
            )

    def work(self) -> None:
        """Let the worker do each of its steps, and the webhooks come as they like."""
        self.stand_in.deliveries.deliver(order=self.dice, lose=0.3, repeat=0.3)
        for step in (
            lambda core: read_due(core, owner="test"),
            lambda core: look_at_payments(core, owner="test"),
            lambda core: finish_moves(core, owner="test"),
            expire_links,
        ):
            with self.mortal():
                step(self.shop.core)

    def calm_down(self) -> None:
        """Let nothing fail any more, and give the worker its time."""
        self.stand_in.faults.clear()
        self.dice = random.Random(1)
        self.shop = Shop(self.make_core(), self.stand_in)
        for minutes in (1, 1, 1, 2, 5, 10, 20, 40, 60, 1500, 1500):
            self.clock.move(minutes=minutes)
            for _ in range(20):
                core = self.shop.core
                self.stand_in.deliveries.deliver()
                moved = look_at_payments(core, owner="t") + finish_moves(core, owner="t") + expire_links(core)
                if not moved + read_due(core, owner="t"):
                    break


def charged(storm: Storm, link: Link) -> list[Object]:
    """Return the intents by which a customer has paid, whatever came back since."""
    held = {one["payment_intent"] for one in storm.stand_in.account.each("charge") if one["status"] == "succeeded"}
    return [one for one in storm.shop.intents(link) if one["id"] in held]


def left_of(storm: Storm, intent: Object) -> int:
    charge = storm.stand_in.account.find(intent["latest_charge"], "charge")
    assert charge is not None
    if intent["status"] == "requires_capture":
        return int(intent["amount"])
    return int(charge["amount_captured"] - charge["amount_refunded"])


def test_a_storm_moves_no_money_twice_and_tells_of_all_that_moved(
    merchant: Merchant,
    make_core: Callable[..., Core],
    stand_in: StripeStandIn,
    clock: MovableClock,
    shop: Shop,
    hooked: str,
) -> None:
    seed = int(os.environ.get("CHAT2PAY_TEST_SEED", "20261121"))
    print(f"CHAT2PAY_TEST_SEED={seed}")
    dice = random.Random(seed)
    storm = Storm(make_core, merchant, stand_in, clock, dice, shop)
    storm.restart()
    stand_in.faults.at_random(0.12, seed=seed)
    for number in range(PAYMENTS):
        storm.begin(number)
        for _ in range(3):
            storm.go_on()
        storm.amend()
        clock.move(seconds=dice.choice([1, 10, 60]))
        storm.work()
    storm.calm_down()

    with storm.shop.core.transactions.read() as work:
        told = set(work.connection.execute(select(deliveries.c.lane).distinct()).scalars())
    problems, paid = [], 0
    for _, made in storm.open_links:
        link, ours = storm.shop.now(made), charged(storm, made)
        paid += bool(ours)
        kept = [one for one in ours if left_of(storm, one) > 0]
        if len(kept) > 1:
            problems.append(f"charged twice: {link.reference}")
        if ours and link.payment_status not in MONEY:
            problems.append(f"charged and not told: {link.reference} {link.status} {link.payment_status}")
        if not ours and link.payment_status in MONEY:
            problems.append(f"told and not charged: {link.reference} {link.payment_status}")
        if link.has_money is not bool(kept):
            problems.append(
                f"money differs: {link.reference} {link.payment_status} {[left_of(storm, one) for one in ours]}"
            )
        if not link.payable and [one for one in storm.shop.sessions(made) if one["status"] == "open"]:
            problems.append(f"still payable: {link.reference} {link.status}")
        with storm.shop.core.transactions.read() as work:
            if attempts.live_of(work, link.reference) is not None:
                problems.append(f"an attempt lives for ever: {link.reference}")
        if link.payable or (link.status is LinkStatus.EXPIRED and ours):
            problems.append(f"neither paid nor ended: {link.reference} {link.status} {link.payment_status}")
        if ours and f"{link.application}:{link.reference}" not in told:
            problems.append(f"no news: {link.reference}")
    assert problems == []
    assert paid > PAYMENTS / 3, "too few paid for this to prove anything"
    assert storm.kills > 0
