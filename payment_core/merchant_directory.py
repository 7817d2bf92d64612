"""Merchants and their applications as every request needs them, read again at the latest a second later.

A change made in this process counts at once; one made by a command or another process of a fleet, within that second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from foundation.database.unit_of_work import Transactions, UnitOfWork
from payment_core.domain.application import Application
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.store import api_keys, applications, merchants

_CACHE_SECONDS = 1.0
_MOST = 10_000
Found = TypeVar("Found")


@dataclass(frozen=True)
class Known:
    """A merchant and its decrypted secrets."""

    merchant: Merchant
    secrets: MerchantSecrets


class MerchantDirectory:
    """Finds merchants and applications; only those that exist are cached, so that guesses do not fill the memory."""

    def __init__(self, transactions: Transactions, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._transactions = transactions
        self._clock = clock
        self._known: dict[tuple[str | bytes, ...], tuple[float, Any]] = {}
        self._changes = 0
        transactions.watch(self._forget)

    def by_key(self, text: str) -> Merchant | None:
        """Return the merchant whose API key this is; None for one that is unknown or revoked."""
        # By its digest: the cache holds no key that opens anything.
        return self._find(("key", api_keys.digest_of(text)), lambda work: api_keys.merchant_of(work, text))

    def by_hook(self, hook: str) -> Known | None:
        """Return the merchant whose webhooks arrive at this address."""
        return self._find(("hook", hook), lambda work: _with_secrets(work, hook))

    def get(self, merchant_id: str, *, inside: UnitOfWork | None = None) -> Merchant:
        """Return the merchant of a stored row, which exists because merchants are never deleted.

        ``inside`` is the transaction that asks: it must not wait for another connection while it holds its own.

        Raises:
            LookupError: there is none.
        """
        found = self._find(("id", merchant_id), lambda work: merchants.find(work, merchant_id), inside)
        if found is None:
            raise LookupError(f"no merchant {merchant_id}")
        return found

    def application(self, merchant_id: str, application_id: str, *, inside: UnitOfWork) -> Application | None:
        """Return an application that is not deleted; ``inside`` as in ``get``."""
        place = ("application", merchant_id, application_id)
        return self._find(place, lambda work: applications.find(work, merchant_id, application_id), inside)

    def _find(
        self,
        place: tuple[str | bytes, ...],
        read: Callable[[UnitOfWork], Found | None],
        inside: UnitOfWork | None = None,
    ) -> Found | None:
        until, found = self._known.get(place, (0.0, None))
        if self._clock() < until:
            return cast(Found, found)
        changes, now = self._changes, self._clock()
        if inside is not None:
            found = read(inside)
            if inside.changed:
                return found  # and not kept: what this transaction has written is not true yet
        else:
            with self._transactions.read() as work:
                found = read(work)
        # What was changed meanwhile may have been read as it was before.
        if found is not None and changes == self._changes:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[place] = (now + _CACHE_SECONDS, found)
        return cast("Found | None", found)

    def _forget(self, _changed: set[str]) -> None:
        self._changes += 1
        self._known.clear()


def _with_secrets(work: UnitOfWork, hook: str) -> Known | None:
    merchant = merchants.by_hook(work, hook)
    return Known(merchant, merchants.secrets_of(work, merchant.merchant_id)) if merchant else None
