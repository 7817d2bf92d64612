"""Knows what customers and the merchant's back office do at the core; refuses to know that a connector exists."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.rehearsal.environment import Environment
from sandbox.rehearsal.http_client import NoResponse
from sandbox.rehearsal.registry import Order, Registry

_CARDS = {
    "approved": "4111 1111 1111 1111",
    "declined": "4000 0000 0000 0002",
    "review": "4000 0000 0000 9235",
    "challenge": "4000 0000 0000 3220",
}
# What a customer does with a link, and how often; the rest never looks at it.
_HABITS = (
    ("look", 8),
    ("decline", 8),
    ("decline_then_pay", 14),
    ("pay", 22),
    ("review", 16),
    ("challenge", 8),
    ("say_yes", 14),
    ("ignore", 10),
)
_TRIES = 40


@dataclass(frozen=True)
class ReceivedLink:
    """A payment link as it reached a phone."""

    order: Order
    link: str
    token: str


class Customers:
    """Customers of all orders. What really happened is asked of the core afterwards, never remembered here."""

    def __init__(self, stage: Environment, book: Registry) -> None:
        self._stage = stage
        self._book = book

    def links(self, order: Order) -> list[str]:
        """Return every link that the core ever made for an order, delivered or not."""
        shown = self._stage.core.insist("GET", f"/sandbox/phones/{order.phone}").json()
        told = [*shown["messages"], *shown["undelivered"]]
        return list(dict.fromkeys(one["link_reference"] for one in told if one["link_reference"]))

    def record(self, link: str) -> dict[str, Any]:
        """Return the core's own record of a link."""
        path = f"/api/v2/payment-links/{link}"
        found: dict[str, Any] = self._stage.core.insist("GET", path, headers=self._stage.core_headers).json()
        return found

    def newest(self, order: Order) -> ReceivedLink | None:
        """Return the last link that reached the customer's phone."""
        shown = self._stage.core.insist("GET", f"/sandbox/phones/{order.phone}").json()
        found = [one for one in shown["messages"] if one["link"] and "/pay/" in one["link"]]
        return ReceivedLink(order, found[-1]["link_reference"], found[-1]["link"].rpartition("/")[2]) if found else None

    def live(self, phone: ReceivedLink, *, dice: random.Random) -> None:
        """Do with a link what this customer does."""
        names, weights = zip(*_HABITS, strict=True)
        habit = dice.choices(names, weights)[0]
        if habit == "ignore":
            return
        amount = Decimal(str(self.record(phone.link)["totalAmount"]))
        if habit not in ("look", "decline"):
            self._book.note_may_be_paid(phone.order, phone.link, amount)
        if habit == "say_yes":
            self._say_yes(phone)
            return
        self._get(f"/pay/{phone.token}")
        for outcome in {"look": (), "decline_then_pay": ("declined", "approved")}.get(habit, (_outcome_of(habit),)):
            self._pay(phone, outcome, dice=dice)

    def back_office(self, order: Order, *, dice: random.Random) -> None:
        """Finish reviews, capture, reverse: some of what can be done, on each link of an order."""
        for link in self.links(order):
            record = self.record(link)
            match record["paymentStatus"]:
                case "PAYMENT_REVIEW" if dice.random() < 0.7:
                    self._book.note_may_be_paid(order, link, Decimal(str(record["totalAmount"])))
                    decision = "approve" if dice.random() < 0.5 else "decline"
                    self._stage.core.insist("POST", f"/sandbox/reviews/{link}", given={"decision": decision})
                case "PAYMENT_AUTHORIZED" if dice.random() < 0.6:
                    part = {} if dice.random() < 0.6 else {"amount": _most_of(record)}
                    self._act(link, "capture", given=part)
                case "PAYMENT_AUTHORIZED" if dice.random() < 0.5:
                    self._act(link, "reverse", given={})
                case "PAYMENT_RECEIVED" | "PAYMENT_CAPTURED" if dice.random() < 0.15:
                    self._act(link, "reverse", given={})

    def _act(self, link: str, verb: str, *, given: dict[str, Any]) -> None:
        """Capture or reverse; an answer that was lost is asked for again, and then refused as done already."""
        path = f"/api/v2/payments/{link}/{verb}"
        for _ in range(_TRIES):
            try:
                answer = self._stage.core.send_json("POST", path, given=given, headers=self._stage.core_headers)
            except NoResponse:
                continue
            if answer.status < 500:
                return

    def _say_yes(self, phone: ReceivedLink) -> None:
        """Pay by a reply where a card is saved; otherwise pay once and save it."""
        path = f"/sandbox/phones/{phone.order.phone}/replies"
        self._stage.core.insist("POST", path, given={"text": "yes"})
        if self.record(phone.link)["paymentStatus"] is None:
            self._post(f"/pay/{phone.token}", _form("approved", save=True))

    def _pay(self, phone: ReceivedLink, outcome: str, *, dice: random.Random) -> None:
        goes_to = self._post(f"/pay/{phone.token}", _form(outcome, save=dice.random() < 0.3))
        if goes_to and "/challenges/" in goes_to:
            path = "/pay/" + goes_to.partition("/pay/")[2]
            self._post(path, {"decision": "approve" if dice.random() < 0.7 else "fail"})

    def _get(self, path: str) -> None:
        self._stage.core.insist("GET", path)

    def _post(self, path: str, fields: dict[str, str]) -> str | None:
        try:
            return self._stage.core.send_form(path, fields).location
        except NoResponse:
            return None


def _outcome_of(habit: str) -> str:
    return {"decline": "declined", "review": "review", "challenge": "challenge"}.get(habit, "approved")


def _most_of(record: dict[str, Any]) -> str:
    """Four fifths of what is held, in whole units."""
    return str(max(1, int(Decimal(str(record["authorizedAmount"])) * 4 / 5)))


def _form(outcome: str, *, save: bool) -> dict[str, str]:
    form = {"number": _CARDS[outcome], "expiry": "12/48", "cvc": "123", "name": "A Customer"}
    return form | ({"save": "1"} if save else {})
