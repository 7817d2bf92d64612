"""Which saved card may be charged by a reply to a link; where none may, the link alone is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import country_of
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import REPLY_WITHIN, ReplyRefusal, ReplyRules, SavedCard
from payment_core.services import Core
from payment_core.store.links import saved_cards
from payment_core.store.messages import opt_outs


@dataclass(frozen=True)
class Payer:
    """What is known of the person who would reply: country of the number, whether the channel is stopped."""

    country: str | None
    is_stopped: bool


def offered_card(work: UnitOfWork, core: Core, merchant: Merchant, link: Link, key: bytes) -> SavedCard | None:
    """Return the card that a reply to this link would charge: the one that its payer entered last."""
    return next(iter(offered_cards(work, core, merchant, link, key)), None)


def offered_cards(work: UnitOfWork, core: Core, merchant: Merchant, link: Link, key: bytes) -> list[SavedCard]:
    """Return the cards that may be charged by a reply to this link, the one that was entered last first."""
    if link.payer_reference is None:
        return []
    payer = Payer(country_of(link.phone.digits), opt_outs.is_stopped(work, merchant.merchant_id, key, link.channel))
    cards = saved_cards.of_payer(work, merchant.merchant_id, link.payer_reference, key)
    return [one for one in cards if refusal(one, link, merchant.reply, payer, now=core.now()) is None]


def refusal(card: SavedCard, link: Link, rules: ReplyRules, payer: Payer, *, now: datetime) -> ReplyRefusal | None:
    """Return why a card may not be charged by a reply to a link; None where it may."""
    reasons = (
        (link.payer_reference is None, ReplyRefusal.NO_PAYER),
        # A number changes hands, and a family shares one: payer and channel must both be those that entered the card.
        (card.payer_reference != link.payer_reference, ReplyRefusal.OTHER_PERSON),
        (card.channel is not link.channel, ReplyRefusal.OTHER_PERSON),
        (not card.consent_text, ReplyRefusal.NO_CONSENT),
        (now - card.entered_at > REPLY_WITHIN, ReplyRefusal.TOO_OLD),
        (_has_expired(card, now), ReplyRefusal.EXPIRED),
        (payer.is_stopped, ReplyRefusal.STOPPED),
        (rules.ceiling is not None and link.total > rules.ceiling, ReplyRefusal.ABOVE_CEILING),
        # Where the law wants the payer's own authentication for a payment that the payer starts, the link is sent.
        (not rules.enabled or payer.country is None or payer.country in rules.refused_countries, ReplyRefusal.COUNTRY),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _has_expired(card: SavedCard, now: datetime) -> bool:
    return card.card.expires is not None and card.card.expires < f"{now:%Y-%m}"
