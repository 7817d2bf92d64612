"""A card of one person at one number is kept once, with the newest consent, until it is forgotten for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.payment import Card, CardToken
from payment_core.domain.saved_card import SavedCard
from payment_core.services import Core
from payment_core.store import merchants, phone_key
from payment_core.store.links import saved_cards
from payment_core.store.messages import rekeying
from payment_core.store.schema import tables
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
MINE, HOUR = MERCHANT.merchant_id, timedelta(hours=1)
VISA = SavedCard(
    "crd_visa", MINE, "003", Channel.SMS, Card("Visa", "4242", "2030-12"), CardToken("cus", "pm_visa"), "Keep it.", NOW, NOW
)  # fmt: skip
MASTER = replace(VISA, card_id="crd_master", card=Card("Mastercard", "4444"), token=CardToken("cus", "pm_master"))


def kept(core: Core, *cards: SavedCard, number: str = CUSTOMER) -> list[SavedCard]:
    """Save cards one after another, and return what is kept of the person then."""
    key, mark = phone_key.of(core, MINE, number), phone_key.mark_of(core)
    with core.transactions.write() as work:
        for one in cards:
            saved_cards.save(work, one, phone_key=key, key_mark=mark)
        return saved_cards.of_person(work, MINE, "003")


def test_the_same_card_again_is_renewed_and_another_is_added(core: Core, merchant: Merchant) -> None:
    again = replace(
        VISA, card_id="crd_again", card=Card("Visa", "4242", "2031-01"), consent_text="Keep it still.",
        channel=Channel.WHATSAPP, consented_at=NOW + HOUR, entered_at=NOW + 2 * HOUR,
    )  # fmt: skip
    renewed = replace(again, card_id=VISA.card_id)
    assert kept(core, VISA, MASTER, again) == [renewed, MASTER], "the one entered last is offered first"


def test_a_card_of_another_person_at_the_number_is_another_card(core: Core, merchant: Merchant) -> None:
    assert kept(core, VISA, replace(VISA, card_id="crd_other", payer_reference="004")) == [VISA]


def test_a_card_at_another_number_of_the_person_is_kept_for_that_number(core: Core, merchant: Merchant) -> None:
    kept(core, VISA)
    there = replace(VISA, card_id="crd_there")
    assert kept(core, there, number="27830000001") == [there, VISA]


def test_a_card_needs_the_digest_key_by_which_its_number_was_written_until_it_is_forgotten(
    core: Core, merchant: Merchant
) -> None:
    kept(core, VISA, MASTER)
    with core.transactions.write() as work:
        saved_cards.forget(work, MASTER.card_id, now=NOW)
        needing = [rekeying.left(work, mark=mark)["cards"] for mark in (phone_key.mark_of(core), "of another key")]
    assert needing == [0, 1]


@pytest.mark.parametrize("of_all", [True, False])
def test_a_forgotten_card_is_found_by_nobody_and_keeps_the_time_of_its_end(
    core: Core, merchant: Merchant, of_all: bool
) -> None:
    kept(core, VISA, MASTER)
    with core.transactions.write() as work:
        saved_cards.forget(work, VISA.card_id, now=NOW)
        assert saved_cards.of_person(work, MINE, "003") == [MASTER]
        assert (saved_cards.find(work, VISA.card_id), saved_cards.find(work, MASTER.card_id)) == (None, MASTER)
        later = NOW + HOUR
        saved_cards.forget_all(work, MINE, now=later) if of_all else saved_cards.forget(work, VISA.card_id, now=later)
        c = tables.saved_cards.c
        ends = work.connection.execute(select(c.forgotten_at).order_by(c.card_id.desc())).scalars().all()
    assert ends == [NOW, later if of_all else None]


def test_a_forgotten_card_comes_back_by_a_later_consent_alone(core: Core, merchant: Merchant) -> None:
    kept(core, VISA)
    with core.transactions.write() as work:
        saved_cards.forget(work, VISA.card_id, now=NOW + HOUR)
    assert (
        kept(core, replace(VISA, card_id="crd_late"), replace(VISA, card_id="crd_late", consented_at=NOW + HOUR)) == []
    )
    anew = replace(VISA, card_id="crd_anew", consented_at=NOW + 2 * HOUR)
    assert kept(core, anew) == [anew]


def test_cards_of_another_merchant_are_not_forgotten_with_all_of_one(core: Core, merchant: Merchant) -> None:
    """As one that leaves its account at a gateway gives them up."""
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    theirs = replace(VISA, card_id="crd_theirs", merchant_id=stranger.merchant_id)
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=NOW)
    kept(core, VISA, theirs)
    with core.transactions.write() as work:
        saved_cards.forget_all(work, MINE, now=NOW)
        found = [saved_cards.find(work, one.card_id) for one in (VISA, theirs)]
    assert found == [None, theirs]
