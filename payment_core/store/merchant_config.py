"""A merchant's configuration as the JSON that is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from payment_core.domain.enums import Channel, Mode, ThreeDSecure, TransactionType
from payment_core.domain.merchant import Looks, Merchant, SendLimits
from payment_core.domain.saved_card import WANT_THE_PAYER, ReplyRules

# In columns of their own.
_APART = ("merchant_id", "name", "mode", "hook", "version")


def write_config(merchant: Merchant) -> str:
    """Return all that is no column of its own."""
    values = {one.name: getattr(merchant, one.name) for one in fields(Merchant) if one.name not in _APART}
    values["channels"] = [one.value for one in merchant.channels]
    values["senders"] = {channel.value: sender for channel, sender in merchant.senders.items()}
    # As text: a JSON number would be read as a float somewhere.
    values["minimum"] = {currency: str(amount) for currency, amount in merchant.minimum.items()}
    values["maximum"] = {currency: str(amount) for currency, amount in merchant.maximum.items()}
    values["transaction_type"] = merchant.transaction_type.value
    rules = merchant.reply
    values["reply"] = {
        "enabled": rules.enabled,
        "ceiling": str(rules.ceiling) if rules.ceiling is not None else None,
        "refused_countries": sorted(rules.refused_countries),
    }
    values["limits"] = asdict(merchant.limits) | {"countries": sorted(merchant.limits.countries)}
    values["looks"] = asdict(merchant.looks)
    return json.dumps(values, sort_keys=True)


def read_config(text: str, *, merchant_id: str, name: str, mode: str, hook: str, version: int) -> Merchant:
    """Return the merchant of a stored configuration; what a later version added has its default."""
    stored: dict[str, Any] = json.loads(text)
    # What a later version wrote is left out, so that the version before can run beside it during an upgrade.
    known = {one.name for one in fields(Merchant)} - set(_APART)
    values = {key: value for key, value in stored.items() if key in known}
    values |= {
        "channels": tuple(map(Channel, stored["channels"])),
        "currencies": tuple(stored["currencies"]),
        "senders": {Channel(channel): sender for channel, sender in stored.get("senders", {}).items()},
        "minimum": _amounts(stored.get("minimum", {})),
        "maximum": _amounts(stored.get("maximum", {})),
        "transaction_type": TransactionType(stored.get("transaction_type", TransactionType.SALE.value)),
        "three_d_secure": ThreeDSecure(stored.get("three_d_secure", ThreeDSecure.AUTOMATIC.value)),
        "reply": _reply(stored.get("reply", {})),
        "limits": _limits(stored.get("limits", {})),
        "looks": Looks(**stored.get("looks", {})),
    }
    return Merchant(merchant_id=merchant_id, name=name, mode=Mode(mode), hook=hook, version=version, **values)


def _amounts(stored: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in stored.items()}


def _reply(stored: Mapping[str, Any]) -> ReplyRules:
    ceiling = stored.get("ceiling")
    return ReplyRules(
        enabled=stored.get("enabled", True),
        ceiling=Decimal(ceiling) if ceiling is not None else None,
        refused_countries=frozenset(stored.get("refused_countries", WANT_THE_PAYER)),
    )


def _limits(stored: Mapping[str, Any]) -> SendLimits:
    return SendLimits(**{**stored, "countries": frozenset(stored.get("countries", ()))})
