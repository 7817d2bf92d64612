"""A merchant moves to another Stripe account while payments at the earlier one are under way: none is lost, none begins there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any

import pytest
import requests

from foundation.secret import Secret
from payment_core.domain.enums import PaymentStatus, TransactionType
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.payment import CardToken
from payment_core.errors import Invalid, Refusal
from payment_core.gateways.stripe.calls import StripeCalls
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.journeys.amending import move_money
from payment_core.journeys.configuring.check_account import TriedKey
from payment_core.journeys.configuring.replace_secret import replace_secrets
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.journeys.webhooks.find_missed_reports import missed_reports
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.services import Core
from payment_core.store import applications, merchants
from payment_core.store.links import saved_cards
from payment_core.store.schema import tables
from sandbox.stripe.app import StripeStandIn, running
from sandbox.stripe.faults import Fault
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import MovableClock
from tests.payment_core.links import attempts_of
from tests.payment_core.stripe.conftest import STRIPE_MERCHANT, Shop

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
NAME = "stripe.key"


@dataclass(frozen=True)
class ByKey(StripeCalls):
    """Calls of which each key leads to its own account, as at Stripe."""

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        base = ACCOUNTS.get(self.key.value, self.base_url)
        return super()._call(method, url.replace(self.base_url, base, 1), headers, body)


ACCOUNTS: dict[str, str] = {}


def by_key(gateway: object) -> StripeGateway:
    assert isinstance(gateway, StripeGateway)
    return replace(gateway, calls=ByKey(**vars(gateway.calls)))


def a_key() -> str:
    return f"rk_test_{token_hex(12)}"


@pytest.fixture
def other(clock: MovableClock) -> Iterator[StripeStandIn]:
    """Another account."""
    with running(now=clock) as made:
        yield made
    ACCOUNTS.clear()


@pytest.fixture
def new_key(other: StripeStandIn) -> str:
    """A key of the other account."""
    key = a_key()
    ACCOUNTS[key] = other.url
    return key


@pytest.fixture
def core(make_core: Callable[..., Core], clock: MovableClock, stripe_key: str) -> Core:
    """A core with the merchant at the first account."""
    made = make_core(by_key)
    secrets = MerchantSecrets({NAME: (Secret(stripe_key),)})
    with made.transactions.write() as work:
        merchants.add(work, STRIPE_MERCHANT, secrets, now=clock())
        applications.save(work, APPLICATION, now=clock())
    return made


def move(core: Core, merchant: Merchant, key: str, *, keep: bool) -> tuple[int, bool]:
    done = replace_secrets(core, merchant, {NAME: key}, keeps_older=keep, by="Thandi")
    return done.older[NAME], done.is_other_account


def refusal(core: Core, merchant: Merchant, key: str, *, keep: bool) -> str:
    with core.transactions.read() as work:
        before = merchants.secrets_of(work, merchant.merchant_id)
    with pytest.raises(Invalid) as refused:
        move(core, merchant, key, keep=keep)
    with core.transactions.read() as work:
        assert merchants.secrets_of(work, merchant.merchant_id) == before
    return str(refused.value.fields[NAME][0])


def look(core: Core, clock: MovableClock) -> None:
    clock.move(minutes=2)
    while look_at_payments(core, owner="worker"):
        pass


def test_an_account_is_not_left_while_its_payments_need_its_key(
    core: Core, merchant: Merchant, shop: Shop, new_key: str, clock: MovableClock
) -> None:
    first = shop.link(merchant, caller_reference="a")
    page = shop.open(merchant, first)
    assert "1 payments are being made and 0 hold money" in refusal(core, merchant, new_key, keep=False)
    shop.pay(page)
    look(core, clock)
    assert move(core, merchant, new_key, keep=False) == (0, True)


def test_held_money_keeps_the_account_too(
    core: Core, merchant: Merchant, holding: Merchant, shop: Shop, new_key: str, clock: MovableClock
) -> None:
    shop.pay(shop.open(holding, shop.link(holding)))
    look(core, clock)
    assert "0 payments are being made and 1 hold money" in refusal(core, holding, new_key, keep=False)
    clock.move(days=8)
    assert move(core, holding, new_key, keep=False) == (0, True)


def test_with_the_older_key_everything_ends_where_it_began(
    core: Core, merchant: Merchant, holding: Merchant, shop: Shop, other: StripeStandIn, new_key: str, clock: MovableClock
) -> None:  # fmt: skip
    held = shop.link(holding, caller_reference="held")
    shop.pay(shop.open(holding, held))
    with core.transactions.write() as work:
        merchant = merchants.save(work, replace(holding, transaction_type=TransactionType.SALE), now=core.now())
    paid, open_ = shop.link(merchant, caller_reference="paid"), shop.link(merchant, caller_reference="open")
    shop.pay(shop.open(merchant, paid))
    page = shop.open(merchant, open_)
    look(core, clock)
    assert move(core, merchant, new_key, keep=True) == (1, True)
    shop.pay(page)
    look(core, clock)
    assert shop.now(open_).payment_status is PaymentStatus.RECEIVED
    assert move_money.capture(core, merchant, held.reference, Decimal("100.00")).captured == Decimal("100.00")
    assert move_money.reverse(core, merchant, paid.reference).reversed == paid.total
    after = shop.link(merchant, caller_reference="after")
    shop.pay(shop.open(merchant, after))
    look(core, clock)
    assert shop.now(after).payment_status is PaymentStatus.RECEIVED
    assert (len(list(other.account.each("payment_intent"))), shop.intents(after)) == (1, [])


def test_a_dispute_at_the_earlier_account_is_found(
    core: Core, merchant: Merchant, shop: Shop, new_key: str, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    look(core, clock)
    missed_reports().of_all(core)
    move(core, merchant, new_key, keep=True)
    shop.stand_in.intents.dispute(shop.intents(link)[0])
    clock.move(minutes=12)
    assert missed_reports().of_all(core) == 1
    read_due(core, owner="test")
    assert shop.now(link).attention == "disputed"


def test_saved_cards_are_left_behind(
    core: Core, merchant: Merchant, shop: Shop, new_key: str, clock: MovableClock
) -> None:
    link = shop.link(merchant, payer_reference="003000000000001")
    shop.pay(shop.open(merchant, link, saves=True))
    look(core, clock)
    with core.transactions.read() as work:
        [card] = saved_cards.of_person(work, merchant.merchant_id, "003000000000001")
    move(core, merchant, new_key, keep=True)
    with core.transactions.read() as work:
        assert saved_cards.of_person(work, merchant.merchant_id, "003000000000001") == []
    # Whoever asks to be forgotten is deleted at the earlier account all the same.
    core.gateways.of(moved(core), "stripe").forget(CardToken(card.token.customer, card.token.card))
    assert [one["customer"] for one in shop.stand_in.account.each("payment_method")] == [None]


def moved(core: Core) -> Merchant:
    with core.transactions.read() as work:
        return merchants.get(work, STRIPE_MERCHANT.merchant_id)


def test_without_the_older_key_what_was_known_stays_and_is_asked_for_no_more(
    core: Core, merchant: Merchant, shop: Shop, new_key: str, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    look(core, clock)
    move(core, merchant, new_key, keep=False)
    clock.move(days=1, minutes=1)
    for _ in range(3):
        look(core, clock)
    with core.transactions.read() as work:
        [attempt] = attempts_of(work, link.reference)
    assert (attempt.look_at, shop.now(link).payment_status) == (None, PaymentStatus.RECEIVED)
    with pytest.raises(Refusal):
        move_money.reverse(core, moved(core), link.reference)
    assert shop.now(link).reversed == 0


def test_a_payment_that_just_begins_is_waited_for(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, new_key: str, clock: MovableClock
) -> None:
    shop.pay(shop.open(merchant, shop.link(merchant, caller_reference="a")))
    stand_in.faults.add("POST /v1/checkout/sessions", Fault.LOST_AFTER, 1)
    link = shop.link(merchant, caller_reference="b")
    with pytest.raises(Exception, match="just now"):
        shop.open(merchant, link)
    assert "run it again in a minute" in refusal(core, merchant, new_key, keep=True)
    look(core, clock)
    assert move(core, merchant, new_key, keep=True) == (1, True)
    assert len(shop.sessions(link)) == 1


def test_money_that_just_moves_is_waited_for(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, new_key: str, clock: MovableClock
) -> None:
    """Its request may have to be repeated, and at another account it would be unknown."""
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    look(core, clock)
    stand_in.faults.add("POST /v1/refunds", Fault.LOST_AFTER, 1)
    with pytest.raises(Refusal):
        move_money.reverse(core, merchant, link.reference)
    assert "run it again in a minute" in refusal(core, merchant, new_key, keep=True)
    clock.move(minutes=1)
    move_money.finish_moves(core, owner="worker")
    assert shop.now(link).reversed == link.total
    assert move(core, merchant, new_key, keep=True) == (1, True)


def test_another_key_of_the_same_account_is_no_move(
    core: Core, merchant: Merchant, shop: Shop, stripe_key: str
) -> None:
    shop.open(merchant, shop.link(merchant))
    assert move(core, merchant, a_key(), keep=False) == (0, False)


@pytest.mark.parametrize(("answer", "said"), [(401, "it is wrong"), (403, "lacks a right"), (0, "could not be asked")])
def test_a_key_that_cannot_be_tried_is_not_taken(
    core: Core, merchant: Merchant, shop: Shop, new_key: str, monkeypatch: pytest.MonkeyPatch, answer: int, said: str
) -> None:
    shop.open(merchant, shop.link(merchant))
    if answer == 0:
        ACCOUNTS[new_key] = "http://127.0.0.1:9"
    elif answer == 403:
        shop.stand_in.account.denied = {"checkout/sessions"}
        ACCOUNTS[new_key] = shop.stand_in.url
    else:
        shop.stand_in.account.livemode = True
        ACCOUNTS[new_key] = shop.stand_in.url
    assert said in refusal(core, merchant, new_key, keep=True)


def test_the_change_is_recorded(core: Core, merchant: Merchant, shop: Shop, new_key: str, clock: MovableClock) -> None:
    shop.pay(shop.open(merchant, shop.link(merchant)))
    look(core, clock)
    both = {NAME: new_key, "stripe.webhook": f"whsec_{token_hex(16)}"}
    replace_secrets(core, merchant, both, keeps_older=True, by="Thandi")
    with core.transactions.read() as work:
        details: list[Any] = list(work.connection.execute(tables.changes.select()).mappings())
    assert [one["detail"] for one in details[-2:]] == [f"{NAME}, of another account", "stripe.webhook"]
    assert timedelta(0) == core.now() - details[-1]["at"]


@pytest.mark.parametrize("denied", [set(), {"checkout/sessions"}], ids=["all", "restricted"])
def test_a_key_is_tried_at_stripe_though_nothing_was_paid_with_it(
    core: Core, merchant: Merchant, stand_in: StripeStandIn, denied: set[str]
) -> None:
    """A right that a restricted key lacks is doctor's to name."""
    stand_in.account.denied = denied
    done = replace_secrets(core, merchant, {NAME: a_key()}, keeps_older=False, by="Thandi")
    assert done.tried == TriedKey()
    assert stand_in.api.calls[-1:] == ["GET /v1/checkout/sessions"]


def test_a_key_that_stripe_does_not_answer_is_stored_and_said_to_be_untried(
    core: Core, merchant: Merchant, stand_in: StripeStandIn
) -> None:
    stand_in.faults.add("GET /v1/checkout/sessions", Fault.LOST_AFTER)
    done = replace_secrets(core, merchant, {NAME: a_key()}, keeps_older=False, by="Thandi")
    assert done.tried == TriedKey(untried_because="The gateway gave no answer.")
