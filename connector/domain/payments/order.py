"""Orders as read from Salesforce, their amounts as requested, and the problems that prevent a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from foundation.money import ZERO, digits_of, iso_digits, round_amount, to_text
from foundation.phones.choose_phone_field import PhoneNote
from foundation.phones.phone import Phone

_UNCLEAR = frozenset({"amount_missing", "amount_unreadable", "currency_unreadable"})
# Nothing is due of such a total, which is known for certain and has sentences of its own.
_OWES_NOTHING = frozenset({"amount_zero", "amount_negative"})


@dataclass(frozen=True)
class OrderRemark:
    """A note about an order for people: the id of a sentence, its values, and the Salesforce field that it is about."""

    field: str
    sentence: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class OrderProblem(OrderRemark):
    """A note that prevents sending."""


@dataclass(frozen=True)
class Amounts:
    """An order's amounts, rounded to the digits in which they are requested.

    ``tax`` None means that it is not shown separately; then there is no sub-total either.
    """

    total: Decimal
    tax: Decimal | None = None

    @property
    def sub_total(self) -> Decimal | None:
        """Return the total without the tax, whatever Salesforce shows, so that the three always add up."""
        return None if self.tax is None else self.total - self.tax


@dataclass(frozen=True)
class Order:
    """An order as Salesforce showed it at ``read_at``. ``tax`` None means that it is not shown separately.

    ``original_id`` is the order from which an order summary was created. ``contact_id`` is known on a fresh reading only;
    ``language`` (None: the tenant's own) and ``consents`` (the customer's choice by channel: yes, no or unknown) are stored
    with the order. ``country`` (ISO 3166) is the customer's, where the order has one; ``phone_notes`` are about phone fields that
    were not taken. ``numbers_read`` is False for a reading of amounts alone, without phone and country.
    """

    tenant_id: str
    order_id: str
    number: str
    currency: str
    total: Decimal
    tax: Decimal | None
    sub_total: Decimal | None
    account_id: str | None
    phone: Phone | None
    read_at: datetime
    problems: tuple[OrderProblem, ...] = ()
    notes: tuple[OrderRemark, ...] = ()
    original_id: str | None = None
    contact_id: str | None = None
    language: str | None = None
    consents: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None
    phone_notes: tuple[PhoneNote, ...] = ()
    numbers_read: bool = True

    @property
    def digits(self) -> int:
        """Return the number of decimal digits in which its amounts are requested and shown."""
        return digits_of(self.total)

    @property
    def is_unclear(self) -> bool:
        """Return whether Salesforce shows no total, or no currency, that can be read; the amounts then mean nothing."""
        return any(one.sentence in _UNCLEAR for one in self.problems)

    @property
    def bars_capture(self) -> OrderProblem | None:
        """Return the first problem that forbids taking money that is held for it, too."""
        return next((one for one in self.problems if one.sentence not in _OWES_NOTHING), None)

    def breakdown(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Return (tax, sub-total) for ``amount``: the order's own for its total, no tax for a part of it."""
        # Salesforce shows the tax of the whole order: which share of it a part holds is stated nowhere, and not for us to guess.
        if amount == self.total and self.tax is not None and self.sub_total is not None:
            return self.tax, self.sub_total
        return round_amount(ZERO, self.digits), amount


def rounded_amounts(total: Decimal, tax: Decimal | None, digits: int) -> Amounts:
    """Return the amounts to request for Salesforce's: each rounded separately, half up."""
    return Amounts(round_amount(total, digits), None if tax is None else round_amount(tax, digits))


def total_problem(total: Decimal | None, currency: str, digits: int, *, field: str) -> OrderProblem | None:
    """Return why this total cannot be requested, or None. ``digits`` are those of the payment core."""
    if total is None:
        return OrderProblem(field, "amount_missing", {})
    # A core that uses fewer digits than ISO 4217 must not request less, or more, than the total that the agent sees.
    asked, shown = round_amount(total, digits), round_amount(total, max(digits, iso_digits(currency)))
    money = {"amount": to_text(shown, currency), "currency": currency}
    if shown < 0:
        return OrderProblem(field, "amount_negative", {"total": money})
    if asked != shown:
        sentence = "amount_too_fine" if digits else "amount_not_whole"
        return OrderProblem(field, sentence, {"total": money, "currency": currency, "digits": str(digits)})
    return OrderProblem(field, "amount_zero", {}) if asked == 0 else None


def notes_on(
    amounts: Amounts, sub_total: Decimal | None, currency: str, *, tax_field: str | None, sub_total_field: str | None
) -> tuple[OrderRemark, ...]:
    """Return notes for the agent about an unusual tax, or a Salesforce ``sub_total`` that differs from ours."""
    digits, tax, notes = digits_of(amounts.total), amounts.tax, []

    def money(amount: Decimal) -> dict[str, str]:
        return {"amount": to_text(amount, currency, digits), "currency": currency}

    if tax is not None and tax < 0:
        notes.append(OrderRemark(tax_field or "", "negative_tax", {"tax": money(tax)}))
    if tax is not None and 0 < amounts.total < tax:
        values = {"tax": money(tax), "total": money(amounts.total)}
        notes.append(OrderRemark(tax_field or "", "tax_above_total", values))
    if amounts.sub_total is not None and sub_total is not None and round_amount(sub_total, digits) != amounts.sub_total:
        amounts_shown = {
            "salesforce": round_amount(sub_total, digits),
            "sub_total": amounts.sub_total,
            "total": amounts.total,
        }
        values = {name: money(amount) for name, amount in amounts_shown.items()}
        notes.append(OrderRemark(sub_total_field or "", "sub_total_differs", values))
    return tuple(notes)
