"""Ask a provider, now and then, for what it reported and no webhook brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foundation.errors import ServiceError
from foundation.log import get_logger
from payment_core.domain.merchant import Merchant
from payment_core.journeys.one_by_one import one_by_one
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.incoming import missed_searches, webhooks

log = get_logger()
# How often each process looks whether a search is due.
_LOOK_EVERY = timedelta(minutes=1)
# What happened before a merchant had this core is none of ours.
_FIRST = timedelta(minutes=10)
# Lists may show news late; it is known by its id, and taken once.
_OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True)
class Missed:
    """News that a provider lists, in our own words; one that a webhook has brought under this id is known."""

    provider: str
    event_id: str
    news: Mapping[str, object]
    phone_key: bytes | None = field(default=None, repr=False)


# What a merchant's provider lists since a time and before another; what people wrote, in the order in which they did.
Listing = Callable[[Core, Merchant, datetime, datetime], Sequence[Missed]]


class MissedNewsSearch:
    """Searches for one kind of news, for each merchant once in ``every``, by one of the processes of a fleet.

    News younger than ``grace`` may still come by itself; ``longest`` is how far an outage is made up for.
    """

    def __init__(self, what: str, listing: Listing, *, every: timedelta, grace: timedelta, longest: timedelta) -> None:
        self._what, self._listing = what, listing
        self._every, self._grace, self._longest = every, grace, longest
        self._next_at: datetime | None = None

    def __call__(self, core: Core) -> int:
        """Search where it is due and return how much was missed."""
        now = core.now()
        if self._next_at is not None and now < self._next_at:
            return 0
        self._next_at = now + _LOOK_EVERY
        return self.of_all(core)

    def of_all(self, core: Core) -> int:
        """Queue of every merchant what no webhook brought, as if one had; return how much that is."""
        found: list[int] = []
        with core.transactions.read() as work:
            every = merchants.listed(work)
        one_by_one(every, lambda one: found.append(self._of_due(core, one)), step=self._what)
        return sum(found)

    def of_one(self, core: Core, merchant: Merchant, *, since: datetime) -> list[int]:
        """Queue what no webhook of one merchant brought since a time; return the numbers of what was added.

        Raises:
            ServiceError: the provider could not be asked.
        """
        now = core.now()
        listed = self._listing(core, merchant, max(since, now - self._longest), now - self._grace)
        with core.transactions.write() as work:
            # Each due a moment before the next: of a STOP and a START that were missed together, the later one has to win,
            # and the numbers of what is added at once say nothing of its order.
            arrivals = [
                _arrival(core, merchant, one, now=now, due_at=now - timedelta(microseconds=behind))
                for behind, one in zip(range(len(listed), 0, -1), listed, strict=True)
            ]
            are_new = webhooks.add_each_once(work.connection, arrivals) if arrivals else []
            added = [one for one, is_new in zip(arrivals, are_new, strict=True) if is_new]
            ids = [webhooks.id_of(work, *one.key) for one in added]
        if added:
            log.warning("webhooks_missed", kind=self._what, count=len(added))
            core.wake.webhooks.set()
        return ids

    def _of_due(self, core: Core, merchant: Merchant) -> int:
        now = core.now()
        with core.transactions.write() as work:
            since = missed_searches.claim(
                work, merchant.merchant_id, self._what, now=now, next_at=now + self._every, first=now - _FIRST
            )
        if since is None:
            return 0
        try:
            found = self.of_one(core, merchant, since=since - _OVERLAP)
        except ServiceError as error:
            log.warning("webhooks_not_searched", kind=self._what, error=type(error).__name__)
            return 0
        with core.transactions.write() as work:
            missed_searches.conclude(work, merchant.merchant_id, self._what, until=now - self._grace)
        return len(found)


def _arrival(
    core: Core, merchant: Merchant, missed: Missed, *, now: datetime, due_at: datetime
) -> webhooks.StoredWebhook:
    body = webhooks.seal(core.transactions.vault, merchant.merchant_id, missed.news)
    mine = (merchant.merchant_id, missed.provider, missed.event_id)
    return webhooks.StoredWebhook(*mine, body, received_at=now, due_at=due_at, phone_key=missed.phone_key)
