"""Choose the sentences about an order's money as a whole: part payments, overpayment, another currency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.payments.balance import MoneyMoved, OrderBalance, OrderPaymentState, paid_twice
from connector.domain.payments.news import Bell, money_matters
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.web.wording.sentences import Sentence
from foundation.money import to_text


def money_sentences(
    order: Order,
    balance: OrderBalance,
    requests: Sequence[PaymentRequest],
    supervisors_know: Collection[str] = (),
) -> list[Sentence]:
    """Return the sentences about an order's money, the most serious first; none where its requests already say it all.

    ``supervisors_know``: the keys of the supervisors' bells that Salesforce took.
    """
    matters = money_matters(order, balance, requests)
    stop = money_stop(order, balance, requests)
    sentences = [stop] if stop else []
    if balance.paid > 0 and balance.due > 0:
        values = {"paid": balance.paid, "total": order.total, "due": balance.due}
        sentences.append(Sentence("order_part_paid", _money(order.currency, values, order.digits)))
    if any(kind is Bell.ORDER_RAISED for kind, _ in matters):
        sentences.append(Sentence("order_raised"))
    if any(key in supervisors_know for _, key in matters):
        sentences.append(Sentence("supervisor_told"))
    return sentences + _held(order, balance)


def _held(order: Order, balance: OrderBalance) -> list[Sentence]:
    """Return what is to be said of held money that is not just what is due."""
    both = (one for one in balance.other if one.paid > 0 and one.authorized > 0)
    sentences = [_held_in_other_currency(order, one) for one in both]
    amounts = _money(order.currency, {"held": balance.authorized, "due": balance.due}, order.digits)
    if balance.authorized > 0 and balance.due == 0:
        sentences.append(Sentence("order_held_none_due", amounts))
    elif balance.authorized > balance.due:
        sentences.append(Sentence("order_held_too_much", amounts))
    elif 0 < balance.authorized < balance.due:
        sentences.append(Sentence("order_part_held", amounts))
    return sentences


def money_stop(order: Order, balance: OrderBalance, requests: Sequence[PaymentRequest]) -> Sentence | None:
    """Return the sentence that stops further requests until a supervisor has looked at the order's money, or None."""
    other = next((one for one in balance.other if one.kept > 0), None)
    if other:
        return _paid_in_other_currency(order, other) if other.paid > 0 else _held_in_other_currency(order, other)
    if balance.state is not OrderPaymentState.OVERPAID:
        return None
    twice = paid_twice(requests, order.currency)
    excess = {"difference": balance.paid - order.total}
    if not twice:
        values = {"paid": balance.paid, "total": order.total, **excess}
        return Sentence("order_lowered", _money(order.currency, values, order.digits))
    # What came, not what is kept of it: a part of it may have been given back since.
    values = {"a": twice[0].captured, "b": twice[1].captured}
    returned = twice[0].reversed + twice[1].reversed
    if returned == 0:
        return Sentence("overpaid", _money(order.currency, values, order.digits))
    values |= {"returned": returned, **excess}
    return Sentence("overpaid_part_returned", _money(order.currency, values, order.digits))


def held_until(at: datetime | None) -> list[Sentence]:
    """Return the sentences of held money that can be taken until ``at``, None: the core does not say until when."""
    if at is None:
        return [Sentence("authorized")]
    return [Sentence("authorized_until", {"until": at}), Sentence("authorized_over", {"until": at}, at)]


def _paid_in_other_currency(order: Order, moved: MoneyMoved) -> Sentence:
    return Sentence("other_currency", _in_both(order, moved, moved.paid))


def _held_in_other_currency(order: Order, moved: MoneyMoved) -> Sentence:
    return Sentence("other_currency_held", _in_both(order, moved, moved.authorized))


def _in_both(order: Order, moved: MoneyMoved, amount: Decimal) -> dict[str, Any]:
    named = {"currency": moved.currency, "other": order.currency}
    return _money(moved.currency, {"amount": amount}) | named


def _money(currency: str, amounts: dict[str, Decimal], digits: int | None = None) -> dict[str, Any]:
    return {
        name: {"amount": to_text(amount, currency, digits), "currency": currency} for name, amount in amounts.items()
    }
