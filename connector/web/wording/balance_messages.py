"""Choose the sentences about an order's money as a whole: part payments, overpayment, another currency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.payments.news import money_matters
from connector.domain.payments.order import Order
from connector.domain.payments.payment import MoneyMoved, OrderBalance, OrderPaymentState, PaymentRequest, paid_twice
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
    stop = money_stop(order, balance, requests)
    sentences = [stop] if stop else []
    if stop and any(key in supervisors_know for key in money_matters(order, balance, requests)):
        sentences.append(Sentence("supervisor_told"))
    if balance.paid > 0 and balance.due > 0:
        values = {"paid": balance.paid, "total": order.total, "due": balance.due}
        sentences.append(Sentence("order_part_paid", _money(order.currency, values, order.digits)))
    if balance.authorized > 0 and balance.authorized != balance.due:
        values = {"held": balance.authorized, "due": balance.due}
        more = balance.authorized > balance.due
        sentences.append(
            Sentence("order_held_too_much" if more else "order_part_held", _money(order.currency, values, order.digits))
        )
    return sentences


def money_stop(order: Order, balance: OrderBalance, requests: Sequence[PaymentRequest]) -> Sentence | None:
    """Return the sentence that stops further requests until a supervisor has looked at the order's money, or None."""
    other = next((one for one in balance.other if one.kept > 0), None)
    if other:
        return _in_other_currency(order, other)
    if balance.state is not OrderPaymentState.OVERPAID:
        return None
    twice = paid_twice(requests, order.currency)
    if twice:
        return Sentence("overpaid", _money(order.currency, {"a": twice[0].paid, "b": twice[1].paid}, order.digits))
    values = {"paid": balance.paid, "total": order.total, "difference": balance.paid - order.total}
    return Sentence("order_lowered", _money(order.currency, values, order.digits))


def _in_other_currency(order: Order, moved: MoneyMoved) -> Sentence:
    amounts = _money(moved.currency, {"amount": moved.kept})
    details = amounts | {"currency": moved.currency, "other": order.currency}
    return Sentence("other_currency" if moved.paid > 0 else "other_currency_held", details)


def _money(currency: str, amounts: dict[str, Decimal], digits: int | None = None) -> dict[str, Any]:
    return {
        name: {"amount": to_text(amount, currency, digits), "currency": currency} for name, amount in amounts.items()
    }
