"""The parts that endpoints, commands and workers of one process use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from payment_core.domain.merchant import Merchant
from payment_core.gateways.gateway import Gateway
from payment_core.messengers.messenger import Messenger

Account = TypeVar("Account")
Now = Callable[[], datetime]


class Accounts(Generic[Account]):
    """Builds a merchant's account at a provider by the provider's name, once for each version of the merchant."""

    def __init__(self, builders: Mapping[str, Callable[[Merchant], Account]]) -> None:
        self._builders = builders
        self._built: dict[str, tuple[int, Account]] = {}

    def of(self, merchant: Merchant, provider: str) -> Account:
        """Return the account of a merchant at a provider.

        Raises:
            KeyError: no adapter of that name is loaded in this process.
        """
        version, account = self._built.get(f"{provider}:{merchant.merchant_id}", (0, None))
        if account is None or version != merchant.version:
            account = self._builders[provider](merchant)
            self._built[f"{provider}:{merchant.merchant_id}"] = (merchant.version, account)
        return account


@dataclass(frozen=True)
class Wake:
    """Wakes the loops of this process; each also looks by itself, so a lost wake-up costs seconds and never news."""

    messages: threading.Event = field(default_factory=threading.Event)
    payments: threading.Event = field(default_factory=threading.Event)
    webhooks: threading.Event = field(default_factory=threading.Event)
    deliveries: threading.Event = field(default_factory=threading.Event)


Gateways = Accounts[Gateway]
Messengers = Accounts[Messenger]
