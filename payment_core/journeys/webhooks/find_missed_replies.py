"""Find what customers wrote while no webhook reached us: a messenger reports an SMS once, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from payment_core.domain.merchant import Merchant
from payment_core.journeys.replying.reply_words import Meaning, meaning
from payment_core.journeys.webhooks import news_content
from payment_core.journeys.webhooks.find_missed_webhooks import Missed, MissedNewsSearch
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import messages

# Done now although written at any time, they only end something. A START could open what a later STOP had closed, and a
# yes or a code could pay for another link than the one it was written about.
_OBEYED_UNDATED = (Meaning.STOP, Meaning.FORGET)


def missed_replies() -> MissedNewsSearch:
    """Return the search for what customers wrote, as if a webhook had brought it."""
    return MissedNewsSearch(
        "replies",
        _listed,
        # A link lives for minutes, and a code that was missed is to pay it.
        every=timedelta(minutes=2),
        # A webhook that is on its way is left to come.
        grace=timedelta(minutes=1),
        longest=timedelta(days=7),
    )


def _listed(core: Core, merchant: Merchant, since: datetime, before: datetime) -> list[Missed]:
    replies = core.messengers.of(merchant, merchant.messenger).replies(since=since)
    return [_missed(core, merchant, one) for one in _unknown(core, merchant, replies) if _is_missed(one, before=before)]


def _is_missed(reply: Reply, *, before: datetime) -> bool:
    if reply.occurred_at is None:
        # A list may leave the time out; it counts as written when it is read, and its id says that it was.
        return meaning(reply.text, opt=reply.opt) in _OBEYED_UNDATED
    return reply.occurred_at <= before


def _unknown(core: Core, merchant: Merchant, replies: Sequence[Reply]) -> list[Reply]:
    with core.transactions.read() as work:
        return [one for one in replies if messages.by_provider(work, merchant.merchant_id, one.provider_id) is None]


def _missed(core: Core, merchant: Merchant, reply: Reply) -> Missed:
    key = bytes(phone_key.of(core, merchant.merchant_id, reply.sender))
    return Missed(merchant.messenger, f"listed {reply.provider_id}", news_content.of_news(reply), key)
