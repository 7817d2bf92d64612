"""Guards against pumping: how many messages a number, a country and a merchant may get on one day.

https://www.twilio.com/docs/glossary/what-is-sms-pumping-fraud
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.phones.phone import Phone, country_of
from payment_core import metrics
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store.messages import send_counts

log = get_logger()
# Words of manifests/core/ours.json.
LIMIT, COUNTRY_OFF = "limit", "country_off"
# A merchant's and a country's count is spread over rows: one row would make every send wait for the one before it, where
# more than one transaction writes at a time.
_ROWS = 16


@dataclass(frozen=True)
class _Scope:
    """What is counted together: the row that a number counts in, all rows of it, and how many messages it may have."""

    row: str
    rows: tuple[str, ...]
    most: int


@dataclass(frozen=True)
class NumberLimits:
    """The limits of one merchant that hold for one number on one day."""

    merchant: Merchant
    country: str | None
    day: str
    scopes: tuple[_Scope, ...]

    def refusal(self, work: UnitOfWork) -> str | None:
        """Return why the number may not be written to just now, in our own word; None where it may. A refusal is counted."""
        countries = self.merchant.limits.countries
        word = COUNTRY_OFF if countries and self.country not in countries else None
        if word is None and self._is_full(work):
            word = LIMIT
        if word is not None:
            metrics.registry.count(metrics.MESSAGES_HELD_BACK, word)
            log.warning(
                "message_held_back", merchant=self.merchant.merchant_id, reason=word, country=self.country or ""
            )
        return word

    def count(self, work: UnitOfWork) -> None:
        """Count one message, where there is a limit for it to count against."""
        # Counted as it is queued, not as it leaves: many at once could else all pass below the limit.
        send_counts.add_one(work, [one.row for one in self.scopes], self.day)

    def _is_full(self, work: UnitOfWork) -> bool:
        rows = [row for one in self.scopes for row in one.rows]
        counts = send_counts.counts(work, rows, self.day) if rows else {}
        return any(sum(counts.get(row, 0) for row in one.rows) >= one.most for one in self.scopes)


def limits_for(core: Core, merchant: Merchant, phone: Phone, *, key: bytes) -> NumberLimits:
    """Return the limits for a number and its digest."""
    country = country_of(phone.digits)
    limits, mine = merchant.limits, merchant.merchant_id
    number = f"number:{mine}:{key.hex()[:40]}"
    # A number always counts in the same row, also where one transaction writes two messages.
    rows = _ROWS if core.transactions.database.is_fleet else 1
    place = key[0] % rows
    # Always in this order, so that no two transactions wait in a ring.
    scopes = (
        _Scope(number, (number,), limits.per_number),
        *(
            _Scope(f"{name}:{place}", tuple(f"{name}:{one}" for one in range(rows)), most)
            for name, most in (
                (f"country:{mine}:{country or '-'}", limits.per_country),
                (f"merchant:{mine}", limits.per_merchant),
            )
        ),
    )
    limited = tuple(one for one in scopes if one.most)
    # A day in UTC for everybody: a merchant's zone may change, and the guard need not be exact.
    return NumberLimits(merchant, country, f"{core.now():%Y-%m-%d}", limited)
