"""A card that a customer agreed to keep, and who may be charged with it by a reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from payment_core.domain.enums import Channel
from payment_core.domain.payment import Card, CardToken

# Who has not typed the card for so long is asked for it again: numbers and cards change hands.
REPLY_WITHIN = timedelta(days=90)
# The EEA, the United Kingdom and Switzerland: a payment that the payer starts wants the payer's own authentication there.
_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
# Regions with codes of their own, whose cards are issued by banks of these countries.
_REGIONS = "AX BL GF GG GI GP IM JE MF MQ RE YT"
WANT_THE_PAYER = frozenset((*_EEA.split(), *_REGIONS.split(), "GB", "CH"))


class ReplyRefusal(StrEnum):
    """Why a saved card is not offered by reply; the link is sent without the offer."""

    NO_PAYER = "no_payer"
    NO_CONSENT = "no_consent"
    TOO_OLD = "too_old"
    STOPPED = "stopped"
    UNREACHABLE = "unreachable"
    ABOVE_CEILING = "above_ceiling"
    OTHER_PERSON = "other_person"
    COUNTRY = "country"
    EXPIRED = "expired"


@dataclass(frozen=True)
class SavedCard:
    """A saved card of one person at one merchant, by the number and channel through which it was saved."""

    card_id: str
    merchant_id: str
    payer_reference: str
    channel: Channel
    card: Card
    token: CardToken
    consent_text: str
    consented_at: datetime
    entered_at: datetime


@dataclass(frozen=True)
class ReplyRules:
    """A merchant's rules for reply payments. ``refused_countries`` are ISO codes of those where the link alone is sent."""

    enabled: bool = True
    ceiling: Decimal | None = None
    refused_countries: frozenset[str] = WANT_THE_PAYER
