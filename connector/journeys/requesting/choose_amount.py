"""Choose how much a link asks for, and hold it to what is due and to what the core takes, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from connector.domain.payments.balance import OrderBalance, balance_of
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.tenants.amount_limits import broken_limit
from connector.domain.tenants.obstacles import obstacles_of
from connector.domain.tenants.tenant import Tenant
from connector.errors import Conflict, ErrorCode, Invalid
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.money import to_text


class AmountWanted(Protocol):
    """What a caller wants to send, and what it saw of the order."""

    @property
    def channel(self) -> Channel: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def expected_total(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...


def choose_amount(order: Order, tenant: Tenant, wanted: AmountWanted, store: Store) -> Decimal:
    """Return the amount to request; raise ``Invalid`` by field, or ``Conflict`` where the order is not what the caller saw."""
    if obstacles := obstacles_of(order, tenant):
        fields = {one.field: [one.sentence] for one in obstacles}
        first = obstacles[0]
        raise Invalid(fields, code=ErrorCode.ORDER_NOT_PAYABLE).with_sentence(first.sentence, **first.values)
    if wanted.channel not in tenant.configuration.channels:
        lacking = Invalid({"channel": ["The payment core does not offer this channel here."]})
        raise lacking.with_sentence("channel_not_offered", channel=wanted.channel.value)
    # A caller that showed nobody an amount, such as a flow, expects none.
    if wanted.expected_total not in (None, order.total) or wanted.currency not in (None, order.currency):
        raise Conflict("The order's total has changed. Look at it and send again.", code=ErrorCode.ORDER_CHANGED)
    with store.read() as work:
        requests = request_rows.find_by_order(work, tenant.tenant_id, order.order_id)
    askable = require_due(order, requests, wanted.amount)
    amount = wanted.amount if wanted.amount is not None else askable
    if amount < askable and not tenant.parts_allowed:
        raise Invalid({"amount": ["Partial amounts are not allowed here; leave the amount out."]})
    if amount <= 0:
        raise Invalid({"amount": ["Ask for more than zero."]})
    _check_limits(tenant, amount, order.currency, askable=askable)
    return amount


def require_due(order: Order, requests: Sequence[PaymentRequest], amount: Decimal | None) -> Decimal:
    """Return the most that may be asked for now; raise ``Invalid`` where that is nothing, or less than ``amount``."""
    balance = balance_of(order, requests)
    if balance.kept_in_other_currency:
        raise _other_currency(order, balance)
    if balance.askable == 0:
        sentence = "This order is paid in full. Nothing to send."
        raise Invalid({"amount": [sentence]}, message=sentence, code=ErrorCode.ORDER_NOT_PAYABLE).with_sentence(
            "already_paid"
        )
    if amount is not None and amount > balance.askable:
        raise Invalid({"amount": [f"Only {balance.askable} {order.currency} is due."]})
    return balance.askable


def _check_limits(tenant: Tenant, amount: Decimal, currency: str, *, askable: Decimal) -> None:
    core = tenant.configuration
    broken = broken_limit(core, amount, currency)
    if broken is None:
        return
    sentence, values = broken
    if sentence == "amount_not_in_steps" and (not tenant.parts_allowed or askable < (core.step_of(currency) or 0)):
        # Nobody may ask for less than is due, or what is due is less than a step: only the order itself can be mended.
        sentence, values = (
            "due_not_in_steps",
            {**values, "due": {"amount": to_text(askable, currency, core.digits_of(currency)), "currency": currency}},
        )
    text = {
        "amount_below_minimum": f"The payment core takes at least {core.minimum_of(currency)} {currency}.",
        "amount_above_maximum": f"The payment core takes at most {core.maximum_of(currency)} {currency}.",
    }.get(sentence, f"The payment core takes multiples of {core.step_of(currency)} {currency} only.")
    raise Invalid({"amount": [text]}, message=text).with_sentence(sentence, **values)


def _other_currency(order: Order, balance: OrderBalance) -> Invalid:
    """Return the error for an order with money in a currency other than its present one (docs/adr/0012)."""
    other = next(one for one in balance.other if one.kept > 0)
    paid = f"{to_text(other.kept, other.currency)} {other.currency}"
    sentence = (
        f"{paid} was paid or is held for this order, which is now in {order.currency}. "
        "Nothing can be sent until it is given back or the order has its old currency again."
    )
    return Invalid({"currency": [sentence]}, message=sentence, code=ErrorCode.ORDER_NOT_PAYABLE)
