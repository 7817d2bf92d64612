"""Forget a person: saved cards, messages, and the number on what has ended. The account of money stays."""

from __future__ import annotations

from dataclasses import dataclass

from payment_core.domain.merchant import Merchant
from payment_core.journeys.paying.save_card import forget_cards
from payment_core.services import Core
from payment_core.store import changes, phone_key
from payment_core.store.erasing import persons
from payment_core.store.links import saved_cards


@dataclass(frozen=True)
class Forgotten:
    """How many rows of each kind were forgotten, and what goes on, so that it has to be asked for again.

    ``still_open`` links can be paid; ``under_way`` is how many messages, replies and notifications are not done.
    """

    cards: int
    links: int
    messages: int
    notifications: int
    replies: int
    still_open: int
    under_way: int

    @property
    def is_nobody(self) -> bool:
        """Whether nothing of such a person was found."""
        return not any(vars(self).values())


def forget_person(core: Core, merchant: Merchant, *, number: str | None, payer: str | None, by: str) -> Forgotten:
    """Forget everything of a number (digits with the country's code), or of a payer (Salesforce's id), or of both.

    A payer's numbers are forgotten with the payer, unless another payer was written to at the same number.

    What the person wrote is blanked, also as the provider reported it.
    A STOP stays, as a digest: whoever stopped is not written to again because of this.
    """
    key = phone_key.of(core, merchant.merchant_id, number) if number else None
    with core.transactions.read() as work:
        cards = saved_cards.of_number(work, merchant.merchant_id, key) if key else []
        cards += saved_cards.of_person(work, merchant.merchant_id, payer) if payer else []
    forgotten = forget_cards(core, merchant, cards)
    with core.transactions.write() as work:
        who = persons.Whom(merchant.merchant_id, key, payer)
        theirs = persons.keys_of_payer(work, merchant.merchant_id, payer) if payer else []
        known = [who, *(persons.Whom(merchant.merchant_id, one, payer) for one in theirs)]
        done = sum((persons.forget(work, one) for one in known[1:]), start=persons.forget(work, who))
        still_open, under_way = persons.count_open(work, who), persons.count_under_way(work, known)
        # Never the number itself: the record of changes outlives it.
        kinds = " and ".join(kind for kind, given in (("a number", number), ("a payer", payer)) if given)
        changes.record_change(
            work, merchant.merchant_id, by=by, what="person forgotten", detail=f"by {kinds}", now=core.now()
        )
    return Forgotten(len(forgotten), done.links, done.messages, done.notifications, done.replies, still_open, under_way)
