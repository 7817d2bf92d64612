"""Saved cards: insert or renew, find those of a person, forget."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import Channel
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import SavedCard
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import saved_cards

_KEPT = saved_cards.c.forgotten_at.is_(None)


def save(work: UnitOfWork, card: SavedCard, *, phone_key: bytes, key_mark: str) -> bool:
    """Insert a card, and return whether it was; the same card of the same person is renewed, with the consent of now.

    One that was forgotten comes back by a later consent alone: every look at the payment that kept it brings it again.
    """
    values = {
        "token": work.vault.seal(card.merchant_id, _written(card.token)),
        "brand": card.card.brand,
        "last4": card.card.last4,
        "expires": card.card.expires,
        "consent_text": card.consent_text,
        "consented_at": card.consented_at,
        "entered_at": card.entered_at,
        "channel": card.channel.value,
    }
    same_card = _rows_of_token(work, card, phone_key)
    known = next((row for row in same_card if row.forgotten_at is None), None)
    if known is not None:
        mine = saved_cards.c.card_id == known.card_id
        work.connection.execute(update(saved_cards).where(mine).values(values))
        return False
    if any(card.consented_at <= row.forgotten_at for row in same_card):
        return False
    work.connection.execute(
        insert(saved_cards).values(
            card_id=card.card_id,
            merchant_id=card.merchant_id,
            payer_reference=card.payer_reference,
            phone_key=bytes(phone_key),
            key_mark=key_mark,
            **values,
        )
    )
    return True


def of_payer(work: UnitOfWork, merchant_id: str, payer_reference: str, phone_key: bytes) -> list[SavedCard]:
    """Return the cards of a person at a number, the one entered last first."""
    mine = (
        saved_cards.c.merchant_id == merchant_id,
        saved_cards.c.payer_reference == payer_reference,
        same(saved_cards.c.phone_key, phone_key),
        _KEPT,
    )
    query = select(saved_cards).where(*mine).order_by(saved_cards.c.entered_at.desc(), saved_cards.c.card_id)
    return [_card(row, work) for row in work.connection.execute(query)]


def of_number(work: UnitOfWork, merchant_id: str, phone_key: bytes) -> list[SavedCard]:
    """Return all cards that were saved through a number, of whatever person."""
    mine = (saved_cards.c.merchant_id == merchant_id, same(saved_cards.c.phone_key, phone_key), _KEPT)
    return [_card(row, work) for row in work.connection.execute(select(saved_cards).where(*mine))]


def of_person(work: UnitOfWork, merchant_id: str, payer_reference: str) -> list[SavedCard]:
    """Return all cards of a person, of whatever number, the one entered last first."""
    mine = (saved_cards.c.merchant_id == merchant_id, saved_cards.c.payer_reference == payer_reference, _KEPT)
    query = select(saved_cards).where(*mine).order_by(saved_cards.c.entered_at.desc(), saved_cards.c.card_id)
    return [_card(row, work) for row in work.connection.execute(query)]


def find(work: UnitOfWork, card_id: str) -> SavedCard | None:
    """Return a card that was not forgotten."""
    row = work.connection.execute(select(saved_cards).where(saved_cards.c.card_id == card_id, _KEPT)).one_or_none()
    return _card(row, work) if row else None


def forget(work: UnitOfWork, card_id: str, *, now: datetime) -> bool:
    """Mark a card as forgotten: it is never offered or charged again; return whether it was kept until now."""
    mine = saved_cards.c.card_id == card_id
    # Marked and not deleted: attempts of the past refer to it, and disputes ask for the consent.
    return bool(work.connection.execute(update(saved_cards).where(mine, _KEPT).values(forgotten_at=now)).rowcount)


def forget_all(work: UnitOfWork, merchant_id: str, *, now: datetime) -> None:
    """Mark all of a merchant's cards as forgotten."""
    mine = saved_cards.c.merchant_id == merchant_id
    work.connection.execute(update(saved_cards).where(mine, _KEPT).values(forgotten_at=now))


def _rows_of_token(work: UnitOfWork, card: SavedCard, phone_key: bytes) -> list[Row[Any]]:
    """Return the rows of a card of its person at a number, forgotten ones too."""
    query = select(saved_cards).where(
        saved_cards.c.merchant_id == card.merchant_id,
        saved_cards.c.payer_reference == card.payer_reference,
        same(saved_cards.c.phone_key, phone_key),
    )
    # Compared after opening: the same token is sealed to other bytes each time.
    return [row for row in work.connection.execute(query) if _card(row, work).token == card.token]


def _card(row: Row[Any], work: UnitOfWork) -> SavedCard:
    stored = json.loads(work.vault.open(row.merchant_id, bytes(row.token)))
    return SavedCard(
        card_id=row.card_id,
        merchant_id=row.merchant_id,
        payer_reference=row.payer_reference,
        channel=Channel(row.channel),
        card=Card(row.brand, row.last4, row.expires),
        token=CardToken(stored["customer"], stored["card"]),
        consent_text=row.consent_text,
        consented_at=row.consented_at,
        entered_at=row.entered_at,
    )


def _written(token: CardToken) -> bytes:
    return json.dumps({"customer": token.customer, "card": token.card}).encode()
