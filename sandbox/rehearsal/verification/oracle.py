"""The oracle: what Salesforce must show after a given history at the core.

Written from the design, not from the product's code, so that a fault of the product does not repeat itself here. The same
words, ranks and states of an order, as the product has them, are in docs/statuses.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
LINK_RANK = {
    name: rank
    for rank, name in enumerate(
        ("none", "created", "sending", "unknown", "rejected", "sent", "opened", "expired", "cancelled")
    )
}
MONEY_RANK = {
    name: rank
    for rank, name in enumerate(("none", "declined", "in_review", "refused", "authorized", "paid", "reversed"))
}
MONEY_RANK["part_paid"] = MONEY_RANK["paid"]  # the same money, of which a part was taken
_LINK_OF = {
    "PAYMENT_LINK_CREATED": "sent",
    "PAYMENT_LINK_SENT": "sent",
    "PAYMENT_LINK_CLICKED": "opened",
    "PAYMENT_LINK_EXPIRED": "expired",
    "PAYMENT_LINK_CANCELLED": "cancelled",
}
_MONEY_OF = {
    "PAYMENT_DECLINED": "declined",
    "PAYMENT_REVIEW": "in_review",
    "PAYMENT_AUTHORIZED": "authorized",
    "PAYMENT_RECEIVED": "paid",
    "PAYMENT_CAPTURED": "paid",
    "PAYMENT_REVERSED": "reversed",
    "PAYMENT_VOIDED": "reversed",
}
MESSAGE_RANK = {name: rank for rank, name in enumerate(("none", "accepted", "sent", "failed", "delivered", "read"))}
_MESSAGE_OF = {f"MESSAGE_{name.upper()}": name for name in MESSAGE_RANK if name != "none"}
# It says nothing of a state: only that a person must look.
_MOVES_NOTHING = ("PAYMENT_ATTENTION", "PAYMENT_CHARGING")
_SHOWN_AS = {"declined": "declined", "refused": "declined"}
_NOT_LIVE = ("created", "rejected", "expired", "cancelled")


@dataclass(frozen=True)
class ExpectedRequest:
    """One payment request according to the core's own record."""

    reference: str
    link: str
    order_number: str
    currency: str
    amount: Decimal
    link_states: tuple[str, ...]
    money: str
    core_status: str | None
    reconciliation: str | None
    paid: Decimal
    held: Decimal
    reversed: Decimal
    made_at: str

    @property
    def status(self) -> str:
        """Return the status that the connector must show."""
        if self.money in ("paid", "reversed") and ZERO < self.paid < self.amount:
            return "part_paid"
        return _SHOWN_AS.get(self.money, self.money) if self.money != "none" else self.link_states[0]

    @property
    def money_state(self) -> str:
        """Return the state of the money, or `part_paid` where less was taken than was asked for."""
        return self.status if self.money == "paid" else self.money

    @property
    def live(self) -> bool:
        """Return whether the link may still bring a payment."""
        return self.money in ("none", "declined") and self.link_states[0] not in _NOT_LIVE


def implied_states(word: str) -> tuple[str, str]:
    """Return the least link state and the least money state that a status word implies."""
    if word in _LINK_OF:
        return _LINK_OF[word], "none"
    if word in _MESSAGE_OF or word in _MOVES_NOTHING:
        return "none", "none"
    return "none", _MONEY_OF[word]


def implied_message(word: str) -> str:
    """Return the least state of the message that a status word implies."""
    return _MESSAGE_OF.get(word, "none")


def expected_request(record: Mapping[str, Any]) -> ExpectedRequest:
    """Return what is true of one request, from the core's record of its link."""
    word, link_word = record["paymentStatus"], record["linkStatus"]
    money = _MONEY_OF[word] if word else "none"
    if word == "PAYMENT_DECLINED" and record["reviewFinalisedTimestamp"]:
        money = "refused"
    authorized, captured, reversed_amount = (
        Decimal(str(record[name])) for name in ("authorizedAmount", "capturedAmount", "reversedAmount")
    )
    return ExpectedRequest(
        reference=str(record["additionalData"]["reference"]),
        link=record["paymentLinkRef"],
        order_number=record["orderNumber"],
        currency=record["currency"],
        amount=Decimal(str(record["totalAmount"])),
        link_states=_link_states(link_word, money),
        money=money,
        core_status=word or link_word,
        reconciliation=record["reconciliationReference"],
        paid=max(captured - reversed_amount, ZERO),
        held=max(authorized - captured - reversed_amount, ZERO) if money == "authorized" else ZERO,
        reversed=reversed_amount,
        made_at=record["createdAt"],
    )


def _link_states(link_word: str, money: str) -> tuple[str, ...]:
    """Return each link state that is right: money comes through an opened link only."""
    state = _LINK_OF[link_word]
    if money == "none" or LINK_RANK[state] >= LINK_RANK["opened"]:
        return (state,)
    # After a reversal the core's record no longer says whether the link was opened: that depends on what was notified.
    return ("opened", state) if money == "reversed" else ("opened",)


def expected_request_fields(expected: ExpectedRequest, order_id: str) -> dict[str, tuple[Any, ...]]:
    """Return the values that each field of a payment request may show."""
    return {
        "Order__c": (order_id,),
        "Status__c": (expected.status,),
        "Core_Status__c": (expected.core_status,),
        "Link_State__c": expected.link_states,
        "Money_State__c": (expected.money_state,),
        "Currency__c": (expected.currency,),
        "Amount__c": (expected.amount,),
        "Amount_Paid__c": (expected.paid,),
        "Amount_Authorized__c": (expected.held,),
        "Amount_Reversed__c": (expected.reversed,),
        "Link_Reference__c": (expected.link,),
        "Reconciliation_Reference__c": (expected.reconciliation,),
    }


def expected_order_fields(
    total: Decimal, requests: Sequence[ExpectedRequest], *, unknown_live: bool
) -> dict[str, tuple[Any, ...]]:
    """Return the values that each field of an order may show.

    `unknown_live`: a request that the core never got may still be looked for.
    """
    paid = sum((one.paid for one in requests), ZERO)
    held = sum((one.held for one in requests), ZERO)
    reversed_amount = sum((one.reversed for one in requests), ZERO)
    live = unknown_live or any(one.live for one in requests)
    return {
        "Chat2Pay_Payment_State__c": (_order_state(total, requests, sums=(paid, held, reversed_amount), live=live),),
        "Chat2Pay_Amount_Due__c": (max(total - paid, ZERO),),
        "Chat2Pay_Amount_Paid__c": (paid,),
        "Chat2Pay_Amount_Authorized__c": (held,),
        "Chat2Pay_Amount_Reversed__c": (reversed_amount,),
    }


def _order_state(
    total: Decimal, requests: Sequence[ExpectedRequest], *, sums: tuple[Decimal, Decimal, Decimal], live: bool
) -> str:
    paid, held, reversed_amount = sums
    # What was taken outweighs what is held or in review, and these outweigh a link that may still be paid.
    if paid >= total:
        return "overpaid" if paid > total else "paid"
    if any(one.money == "in_review" for one in requests):
        return "in_review"
    if held:
        return "authorized"
    if paid:
        return "part_paid"
    if live:
        return "requested"
    return "reversed" if reversed_amount else "unpaid"
