"""What amounts a core takes, as the sentence that says which of its limits an amount breaks."""

from __future__ import annotations

from decimal import Decimal

from connector.domain.tenants.tenant import CoreConfiguration
from foundation.money import to_text


def broken_limit(core: CoreConfiguration, amount: Decimal, currency: str) -> tuple[str, dict[str, object]] | None:
    """Return the sentence of the limit that an amount breaks, with its values; None where it keeps them."""
    least, most = core.minimum_of(currency), core.maximum_of(currency)
    digits = core.digits_of(currency)
    if least is not None and amount < least:
        return "amount_below_minimum", {"minimum": {"amount": to_text(least, currency, digits), "currency": currency}}
    if most is not None and amount > most:
        return "amount_above_maximum", {"maximum": {"amount": to_text(most, currency, digits), "currency": currency}}
    return broken_step(core, amount, currency)


def broken_step(core: CoreConfiguration, amount: Decimal, currency: str) -> tuple[str, dict[str, object]] | None:
    """Return the sentence about an amount that is no multiple of what the core takes, with the nearest one below."""
    step, digits = core.step_of(currency), core.digits_of(currency)
    if step is None or not amount % step:
        return None
    shown = {"step": step, "nearest": amount - amount % step or step}
    return "amount_not_in_steps", {
        name: {"amount": to_text(one, currency, digits), "currency": currency} for name, one in shown.items()
    }
