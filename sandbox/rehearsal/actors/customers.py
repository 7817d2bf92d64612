"""What customers and the merchant's back office do at the core."""

from __future__ import annotations

import random
import re
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
# What a customer does with a link, and its weight.
_BEHAVIOURS = (
    ("look", 8),
    ("decline", 8),
    ("decline_then_pay", 14),
    ("pay", 22),
    ("review", 16),
    ("challenge", 8),
    ("reply", 14),
    ("ignore", 10),
)
_TRIES = 40
_SHARE_SAVING, _SHARE_REPLYING = 0.7, 0.7
# Without the letters and digits that look alike, as the core makes its codes.
_CODE = re.compile(r"PAY [2-9A-HJ-NP-Z]{4}")


@dataclass(frozen=True)
class ReceivedLink:
    """A payment link as it reached a phone. ``answer`` pays it with a saved card: a button's id, or a text with its code."""

    order: Order
    link: str
    token: str
    answer: str | None


class Customers:
    """Customers of all orders. What really happened is read from the core afterwards, and never recorded here."""

    def __init__(self, environment: Environment, registry: Registry) -> None:
        self._core = environment.core
        self._headers = environment.core_headers
        self._registry = registry

    def links(self, order: Order) -> list[str]:
        """Return every link that the core ever made for an order, delivered or not."""
        phone = self._phone(order)
        messages = [*phone["messages"], *phone["undelivered"]]
        return list(dict.fromkeys(one["link_reference"] for one in messages if one["link_reference"]))

    def record(self, link: str) -> dict[str, Any]:
        """Return the core's own record of a link."""
        answer = self._core.retry_until_answered("GET", f"/api/v2/payment-links/{link}", headers=self._headers)
        record: dict[str, Any] = answer.json()
        return record

    def newest_link(self, order: Order) -> ReceivedLink | None:
        """Return the last link that reached the customer's phone."""
        messages = [one for one in self._phone(order)["messages"] if one["link"] and "/pay/" in one["link"]]
        if not messages:
            return None
        newest = messages[-1]
        return ReceivedLink(order, newest["link_reference"], newest["link"].rpartition("/")[2], _answer_to(newest))

    def use_link(self, received: ReceivedLink, *, rng: random.Random) -> None:
        """Do with a link what one customer does with it."""
        names, weights = zip(*_BEHAVIOURS, strict=True)
        behaviour = rng.choices(names, weights)[0]
        if received.answer and rng.random() < _SHARE_REPLYING:
            behaviour = "reply"
        if behaviour == "ignore":
            return
        amount = Decimal(str(self.record(received.link)["totalAmount"]))
        if behaviour not in ("look", "decline"):
            # before the payment: Salesforce may show it sooner than we return
            self._registry.record_payable(received.order, received.link, amount)
        if behaviour == "reply":
            self._reply(received)
            return
        # Looking is no click, pressing the button is.
        self._core.retry_until_answered("GET", f"/pay/{received.token}")
        self._post_form(f"/pay/{received.token}", {})
        cards = {"look": (), "decline_then_pay": ("declined", "approved")}.get(behaviour, (_card_for(behaviour),))
        for card in cards:
            self._pay(received, card, rng=rng)

    def act_in_back_office(self, order: Order, *, rng: random.Random) -> None:
        """Finish reviews, capture, reverse: some of what can be done, on each link of an order."""
        for link in self.links(order):
            record = self.record(link)
            match record["paymentStatus"]:
                case "PAYMENT_REVIEW" if rng.random() < 0.7:
                    self._registry.record_payable(order, link, Decimal(str(record["totalAmount"])))
                    content = {"decision": "approve" if rng.random() < 0.5 else "decline"}
                    self._core.retry_until_answered("POST", f"/sandbox/reviews/{link}", content=content)
                case "PAYMENT_AUTHORIZED" if rng.random() < 0.6:
                    part = {} if rng.random() < 0.6 else {"amount": _capture_amount(record)}
                    self._move_money(link, "capture", content=part)
                case "PAYMENT_AUTHORIZED" if rng.random() < 0.5:
                    self._move_money(link, "reverse", content={})
                case "PAYMENT_RECEIVED" | "PAYMENT_CAPTURED" if rng.random() < 0.15:
                    self._move_money(link, "reverse", content={})

    def _phone(self, order: Order) -> dict[str, Any]:
        phone: dict[str, Any] = self._core.retry_until_answered("GET", f"/sandbox/phones/{order.phone}").json()
        return phone

    def _move_money(self, link: str, operation: str, *, content: dict[str, Any]) -> None:
        """Capture or reverse; after a lost answer it is repeated, and then refused as done already."""
        path = f"/api/v2/payments/{link}/{operation}"
        for _ in range(_TRIES):
            try:
                answer = self._core.request_json("POST", path, content=content, headers=self._headers)
            except NoResponse:
                continue
            if answer.status < 500:
                return

    def _reply(self, received: ReceivedLink) -> None:
        """Pay by the reply that was offered; where none was, say yes, which pays nothing, then pay once and save the card."""
        path = f"/sandbox/phones/{received.order.phone}/replies"
        self._core.retry_until_answered("POST", path, content={"text": received.answer or "yes"})
        if self.record(received.link)["paymentStatus"] is None:
            self._post_form(f"/pay/{received.token}", _card_form("approved", save=True))

    def _pay(self, received: ReceivedLink, card: str, *, rng: random.Random) -> None:
        location = self._post_form(f"/pay/{received.token}", _card_form(card, save=rng.random() < _SHARE_SAVING))
        if location and "/challenges/" in location:
            path = "/pay/" + location.partition("/pay/")[2]
            self._post_form(path, {"decision": "approve" if rng.random() < 0.7 else "fail"})

    def _post_form(self, path: str, fields: dict[str, str]) -> str | None:
        # Once only: a customer whose page is lost does not press Pay again.
        try:
            return self._core.post_form(path, fields).location
        except NoResponse:
            return None


def _answer_to(message: dict[str, Any]) -> str | None:
    """Return the reply that pays the link of a message; None where none was offered."""
    if message["buttons"]:
        return str(message["buttons"][0]["id"])
    code = _CODE.search(message["text"])
    return code.group() if code else None


def _card_for(behaviour: str) -> str:
    return {"decline": "declined", "review": "review", "challenge": "challenge"}.get(behaviour, "approved")


def _capture_amount(record: dict[str, Any]) -> str:
    """Return four fifths of what is held, in whole units."""
    # Whole, because a part may have no more digits than its currency, and the yen has none.
    return str(max(1, int(Decimal(str(record["authorizedAmount"])) * 4 / 5)))


def _card_form(card: str, *, save: bool) -> dict[str, str]:
    form = {"number": _CARDS[card], "expiry": "12/99", "cvc": "123", "name": "A Customer"}
    return form | ({"save": "1"} if save else {})
