"""The least and greatest amount that a core takes, as the sentence that says which of them an amount breaks."""

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
    return None
