"""Bodies and queries as Stripe reads them: nested names in brackets, and which fields an answer is expanded by."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.errors import invalid

# The fields that name another object, and its kind. https://docs.stripe.com/api/expanding_objects
_NAMED = {
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "balance_transaction": "balance_transaction",
    "review": "review",
    "customer": "customer",
}
_DEEPEST = 4


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return flat names in brackets as nested dictionaries; lists are dictionaries by place."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        parts = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1] or str(len(place))] = value
    return found


def listed(value: Any) -> list[Any]:
    """Return a nested list's items."""
    return list(value.values()) if isinstance(value, dict) else []


def whole(value: object, name: str) -> int:
    """Return a whole number.

    Raises:
        StripeError: it is none.
    """
    try:
        return int(str(value))
    except ValueError:
        raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name) from None


def expanded(account: Account, item: Object, paths: Iterable[str]) -> Object:
    """Return a copy of an object with the fields of ``paths`` in full."""
    made = copy.deepcopy(item)
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise invalid("You cannot expand more than 4 levels of a property", param="expand")
        _expand(account, made, parts)
    return made


def _expand(account: Account, item: Object, parts: list[str]) -> None:
    name, rest = parts[0], parts[1:]
    if name == "refunds" and item["object"] == "charge":
        mine = [one for one in account.each("refund") if one["charge"] == item["id"]]
        # A list holds ten at first: https://docs.stripe.com/api/pagination
        item["refunds"] = {"object": "list", "data": copy.deepcopy(mine[:10]), "has_more": len(mine) > 10}
        return
    if name not in _NAMED or name not in item:
        raise invalid(f"This property cannot be expanded ({name}).", param="expand")
    if isinstance(item[name], str):
        found = account.find(item[name], _NAMED[name])
        item[name] = copy.deepcopy(found) if found else None
    if rest and isinstance(item[name], dict):
        _expand(account, item[name], rest)
