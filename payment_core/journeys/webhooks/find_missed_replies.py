"""Find what customers wrote while no webhook reached us: a messenger reports an SMS once, and nothing more."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.merchant import Merchant
from payment_core.journeys.one_by_one import one_by_one
from payment_core.journeys.webhooks import content
from payment_core.messengers.messenger import MessengerError, Reply
from payment_core.services import Core
from payment_core.store import merchants, phone_key, webhooks
from payment_core.store.messages import messages, reply_searches

log = get_logger()
# A link lives for minutes, and a code that was missed is to pay it.
_EVERY = timedelta(minutes=2)
# A webhook that is on its way is left to come.
_GRACE = timedelta(minutes=1)
# Lists may show a message late; it is known by its id, and taken once.
_OVERLAP = timedelta(minutes=10)
# A merchant's messages of before it had this core are no replies to us; and how far an outage is made up for.
_FIRST, _LONGEST = timedelta(minutes=10), timedelta(days=7)


class MissedReplies:
    """Searches each merchant's messages every two minutes, by one of the processes of a fleet."""

    def __init__(self) -> None:
        self._next_at: datetime | None = None

    def __call__(self, core: Core) -> int:
        """Search where it is due and return how many messages were missed."""
        now = core.now()
        if self._next_at is not None and now < self._next_at:
            return 0
        self._next_at = now + _GRACE
        return find_missed_replies(core)


def find_missed_replies(core: Core) -> int:
    """Queue what customers wrote and no webhook brought, as if one had; return how many messages these are."""
    found: list[int] = []
    with core.transactions.read() as work:
        every = merchants.listed(work)
    one_by_one(every, lambda one: found.append(_search(core, one)), step="replies")
    return sum(found)


def _search(core: Core, merchant: Merchant) -> int:
    now = core.now()
    with core.transactions.write() as work:
        since = reply_searches.claim(work, merchant.merchant_id, now=now, next_at=now + _EVERY, first=now - _FIRST)
    if since is None:
        return 0
    begin = max(since - _OVERLAP, now - _LONGEST)
    try:
        replies = core.messengers.of(merchant, merchant.messenger).replies(since=begin)
    except MessengerError as error:
        log.warning("replies_not_listed", error=type(error).__name__)
        return 0
    with core.transactions.write() as work:
        added = [_add(work, core, merchant, one, now=now) for one in replies if _is_missed(one, before=now - _GRACE)]
        reply_searches.conclude(work, merchant.merchant_id, until=now - _GRACE)
    missed = sum(added)
    if missed:
        log.warning("replies_missed", count=missed)
        core.wake.webhooks.set()
    return missed


def _is_missed(reply: Reply, *, before: datetime) -> bool:
    return reply.occurred_at is not None and reply.occurred_at <= before


def _add(work: UnitOfWork, core: Core, merchant: Merchant, reply: Reply, *, now: datetime) -> bool:
    if messages.by_provider(work, merchant.merchant_id, reply.provider_id) is not None:
        return False
    mine = (merchant.merchant_id, merchant.messenger, f"listed {reply.provider_id}")
    body = webhooks.seal(work.vault, merchant.merchant_id, content.of_news(reply))
    key = bytes(phone_key.of(core, merchant.merchant_id, reply.sender))
    arrival = webhooks.Arrival(*mine, body, received_at=now, due_at=now, phone_key=key)
    return webhooks.add_all(work.connection, [arrival])[0]
