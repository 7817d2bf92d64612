"""The lines of an order as its customer reads them, in the form that a core of our own takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import manifests
from foundation.cards import without_card_numbers
from foundation.money import AmountError, read_number, round_amount
from foundation.texts.readable_line import made_readable

_LIMITS = manifests.load("core/ours.json")["order_lines"]
# Of a product whose name cannot be read or shown.
_NAMELESS = "–"


@dataclass(frozen=True)
class OrderLine:
    """One position of an order; a credit is less than zero. What somebody buys is for no log."""

    name: str = field(repr=False)
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class OrderLines:
    """The first lines of an order that can be shown, and how many it has beside them."""

    listed: tuple[OrderLine, ...]
    more: int


def lines_to_show(read: Iterable[tuple[object, object, object]], *, count: int, digits: int) -> OrderLines | None:
    """Return as many lines as a core takes of ``read``: names, quantities and amounts as a peer has them.

    ``count``: how many the order has; ``digits``: of its amounts. None where there is nothing to list.
    """
    lines = (_line(name, quantity, amount, digits) for name, quantity, amount in read)
    listed = tuple(one for one in lines if one is not None)[: _LIMITS["most"]]
    return OrderLines(listed, max(count - len(listed), 0)) if listed else None


def _line(name: object, quantity: object, amount: object, digits: int) -> OrderLine | None:
    """Return a line; None where one of its numbers cannot be shown."""
    try:
        found = round_amount(read_number(quantity), _LIMITS["quantity_decimals"])
        line = OrderLine(_shown_name(name), found, round_amount(read_number(amount), digits))
    except AmountError:
        return None
    return line if 0 < abs(found) <= _LIMITS["largest_quantity"] else None


def _shown_name(name: object) -> str:
    # Cut before it is masked: an end that is cut off may leave a card's number behind.
    return without_card_numbers(made_readable(str(name or ""), longest=_LIMITS["longest_name"])) or _NAMELESS
