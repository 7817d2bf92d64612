"""What Stripe's stand-in recorded of each link, against the core's record and the news that the application received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.payment_rehearsal.outcome import Outcome
from sandbox.payment_rehearsal.receiver import Received
from sandbox.stripe.account import Account, Object

_ABOUT_MONEY = frozenset(
    f"PAYMENT_{word}" for word in ("AUTHORIZED", "RECEIVED", "CAPTURED", "REVIEW", "REVERSED", "VOIDED")
)
_ENDED = ("PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED")
_DIGITS = {"jpy": 0, "kwd": 3}


@dataclass
class AtGateway:
    """What the gateway has about one link."""

    charges: list[Object] = field(default_factory=list)
    left: list[Decimal] = field(default_factory=list)
    open_pages: int = 0
    disputed: bool = False
    suspected: bool = False
    failed_refunds: int = 0
    holds: bool = False

    @property
    def with_money(self) -> int:
        """Return how many payments still hold or have money."""
        return sum(one > 0 for one in self.left)


def at_gateway(account: Account) -> dict[str, AtGateway]:
    """Return what an account has, by our link's reference."""
    found: dict[str, AtGateway] = defaultdict(AtGateway)
    with account.lock:
        for session in account.each("checkout.session"):
            found[session["client_reference_id"]].open_pages += session["status"] == "open"
        for charge in account.each("charge"):
            if charge["status"] == "succeeded":
                _count(account, found[charge["metadata"].get("link", "")], charge)
        for refund in account.each("refund"):
            intent = account.find(refund["payment_intent"], "payment_intent")
            if intent and refund["status"] == "failed":
                found[intent["metadata"].get("link", "")].failed_refunds += 1
        for warning in account.each("radar.early_fraud_warning"):
            intent = account.find(warning["payment_intent"], "payment_intent")
            if intent:
                found[intent["metadata"].get("link", "")].suspected = True
    return found


def _count(account: Account, at: AtGateway, charge: Object) -> None:
    intent = account.find(charge["payment_intent"], "payment_intent") or {}
    units = charge["amount_captured"] - charge["amount_refunded"]
    if intent.get("status") == "requires_capture":
        units, at.holds = charge["amount"], True
    at.charges.append(charge)
    at.disputed |= bool(charge["disputed"])
    at.left.append(Decimal(units).scaleb(-_DIGITS.get(charge["currency"], 2)))


def judge_money(outcome: Outcome, record: dict[str, Any], at: AtGateway, news: Sequence[Received]) -> None:
    """Compare one link."""
    reference, status = record["paymentLinkRef"], record["paymentStatus"]
    about = f"{reference} {record['orderNumber']} {record['linkStatus']} {status}"
    events = [one.event for one in news if one.event in (*_ABOUT_MONEY, "PAYMENT_DECLINED")]
    is_notified = bool(_ABOUT_MONEY & set(events))
    outcome.charged += bool(at.charges)
    outcome.paid_twice_returned += len(at.charges) > 1 and at.with_money <= 1
    if at.with_money > 1:
        outcome.add("charged_twice", f"{about} left {at.left}")
    if at.charges and not is_notified:
        outcome.add("charged_not_notified", about)
    if is_notified and not at.charges:
        outcome.add("notified_not_charged", about)
    if events and status != events[-1]:
        outcome.add("charged_not_notified", f"{about}: the last notification was {events[-1]}")
    if _left(record) != sum(at.left) and not (
        at.failed_refunds and record["attention"] in ("refund_failed", "disputed")
    ):
        outcome.add("money_differs", f"{about} here {_left(record)}, at the gateway {at.left}")
    if (at.disputed or at.suspected) and at.with_money and record["attention"] is None:
        outcome.add("alarm_missing", f"{about} disputed {at.disputed}, suspected {at.suspected}")
    if record["linkStatus"] in _ENDED and at.charges:
        outcome.add("payable_after_end", about)


def is_explained(why: str, at: AtGateway) -> bool:
    """Return whether something did happen that a person must look at."""
    causes = {
        "disputed": at.disputed, "fraud suspected": at.suspected, "refund failed": at.failed_refunds > 0,
        "paid twice": len(at.charges) > 1,
    }  # fmt: skip
    return any(name in why and happened for name, happened in causes.items())


def _left(record: dict[str, Any]) -> Decimal:
    authorized, captured, returned = (
        Decimal(str(record[name] or 0)) for name in ("authorizedAmount", "capturedAmount", "reversedAmount")
    )
    if record["paymentStatus"] in (None, "PAYMENT_DECLINED"):
        return Decimal(0)
    return (captured or authorized) - returned
