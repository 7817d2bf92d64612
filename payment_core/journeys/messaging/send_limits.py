"""Guards against pumping: how many messages a number, a country and a merchant may get on one day.

https://www.twilio.com/docs/glossary/what-is-sms-pumping-fraud
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.phones.phone import Phone, country_of
from payment_core import metrics
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import send_counts

log = get_logger()
# Words of manifests/core/ours.json.
LIMIT, COUNTRY_OFF = "limit", "country_off"
# A merchant's and a country's count is spread over rows: one row would make every send wait for the one before it.
_ROWS = 16


@dataclass(frozen=True)
class _Scope:
    """What is counted together: the row that a number counts in, all rows of it, and how many messages it may have."""

    row: str
    rows: tuple[str, ...]
    most: int


def refusal(work: UnitOfWork, core: Core, merchant: Merchant, phone: Phone) -> str | None:
    """Return why a number may not be written to just now, in our own word; None where it may. A refusal is counted."""
    limits, country = merchant.limits, country_of(phone.digits)
    word = COUNTRY_OFF if limits.countries and country not in limits.countries else None
    if word is None:
        word = LIMIT if _is_full(work, core, _limited(core, merchant, phone)) else None
    if word is not None:
        metrics.registry.count(metrics.MESSAGES_HELD_BACK, word)
        log.warning("message_held_back", merchant=merchant.merchant_id, reason=word, country=country or "")
    return word


def count(work: UnitOfWork, core: Core, merchant: Merchant, phone: Phone) -> None:
    """Count one message, where there is a limit for it to count against."""
    send_counts.add_one_to_each(work, [one.row for one in _limited(core, merchant, phone)], _day(core))


def _is_full(work: UnitOfWork, core: Core, scopes: Sequence[_Scope]) -> bool:
    if not scopes:
        return False
    counts = send_counts.counts(work, [row for one in scopes for row in one.rows], _day(core))
    return any(sum(counts.get(row, 0) for row in one.rows) >= one.most for one in scopes)


def _limited(core: Core, merchant: Merchant, phone: Phone) -> list[_Scope]:
    """Return the scopes that have a limit."""
    return [one for one in _scopes(core, merchant, phone) if one.most]


def _scopes(core: Core, merchant: Merchant, phone: Phone) -> tuple[_Scope, ...]:
    """Return what a message to a number counts in, always in this order, so that no two transactions wait in a ring."""
    key = phone_key.of(core, merchant.merchant_id, phone)
    limits, mine = merchant.limits, merchant.merchant_id
    number = f"number:{mine}:{key.hex()[:40]}"
    country = f"country:{mine}:{country_of(phone.digits) or '-'}"
    # A number always counts in the same row, also where one transaction writes two messages.
    place = key[0] % _ROWS
    return (
        _Scope(number, (number,), limits.per_number),
        *(
            _Scope(f"{name}:{place}", tuple(f"{name}:{one}" for one in range(_ROWS)), most)
            for name, most in ((country, limits.per_country), (f"merchant:{mine}", limits.per_merchant))
        ),
    )


def _day(core: Core) -> str:
    # A day in UTC for everybody: a merchant's zone may change, and the guard need not be exact.
    return f"{core.now():%Y-%m-%d}"
