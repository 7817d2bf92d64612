"""Hold an amount to what the core takes, before the order is asked for it: what would be refused is said by its field."""

from __future__ import annotations

from decimal import Decimal

from connector.domain.payments.order import Order
from connector.domain.payments.payment import OrderBalance
from connector.domain.tenants.tenant import CoreConfiguration
from connector.errors import ErrorCode, Invalid
from foundation.money import to_text


def limit_broken(core: CoreConfiguration, amount: Decimal, currency: str) -> tuple[str, dict[str, object]] | None:
    """Return the sentence of the limit that an amount breaks, with its values; None where it keeps them."""
    least, most = core.minimum_of(currency), core.maximum_of(currency)
    digits = core.digits_of(currency)
    if least is not None and amount < least:
        return "amount_below_minimum", {"minimum": {"amount": to_text(least, currency, digits), "currency": currency}}
    if most is not None and amount > most:
        return "amount_above_maximum", {"maximum": {"amount": to_text(most, currency, digits), "currency": currency}}
    return None


def check_limits(core: CoreConfiguration, amount: Decimal, currency: str) -> None:
    """Check an amount.

    Raises:
        Invalid: the core would refuse it.
    """
    broken = limit_broken(core, amount, currency)
    if broken is None:
        return
    sentence, values = broken
    word, limit = ("least", core.minimum_of) if "minimum" in values else ("most", core.maximum_of)
    text = f"The payment core takes at {word} {limit(currency)} {currency}."
    raise Invalid({"amount": [text]}, message=text).with_sentence(sentence, **values)


def other_currency(order: Order, balance: OrderBalance) -> Invalid:
    """Return the error for an order with money in a currency other than its present one (docs/adr/0012)."""
    other = next(one for one in balance.other if one.kept > 0)
    paid = f"{to_text(other.kept, other.currency)} {other.currency}"
    sentence = (
        f"{paid} was paid or is held for this order, which is now in {order.currency}. "
        "Nothing can be sent until it is given back or the order has its old currency again."
    )
    return Invalid({"currency": [sentence]}, message=sentence, code=ErrorCode.ORDER_NOT_PAYABLE)
