"""A digest key is replaced without a pause: what the older one wrote is found, written anew, and then it can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from secrets import token_urlsafe

import pytest

from foundation.phones.phone import Phone
from foundation.secret import Secret
from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.configuring.rekey_numbers import rekey_numbers
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import opt_outs
from tests.payment_core.conftest import CUSTOMER, MERCHANT, order_for
from tests.payment_core.fakes import FakeGateway, FakeMessenger
from tests.payment_core.replying.test_replies import PAYER, code_in, keep_a_card

Make = Callable[..., Link]
STOPPED = "919876543210"


def with_keys(core: Core, *keys: Secret) -> Core:
    """Return the core of a process that was started with other keys, on the same database."""
    return replace(core, settings=replace(core.settings, digest_keys=keys))


@pytest.fixture
def keys(core: Core) -> tuple[Secret, Secret]:
    """The key with which everything was written, and a new one."""
    return core.digest_keys[0], Secret(token_urlsafe(32))


@pytest.fixture
def offered(core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger) -> tuple[Link, str]:
    """A link that a reply can pay, its code, and a number that stopped; all by the older key."""
    keep_a_card(core, merchant, gateway)
    create_link(core, merchant, order_for(phone=Phone(STOPPED), caller_reference="s"))
    receive_reply(core, merchant, Reply("SM_stop", Channel.SMS, STOPPED, "STOP", carrier_confirms=True))
    link = create_link(core, merchant, order_for(channel=Channel.SMS, payer_reference=PAYER)).link
    return link, code_in(messenger.sent[-1].text)


def is_stopped(core: Core) -> bool:
    with core.transactions.read() as work:
        key = phone_key.of(core, MERCHANT.merchant_id, STOPPED)
        return opt_outs.is_stopped(work, MERCHANT.merchant_id, key, Channel.SMS)


def pays(core: Core, merchant: Merchant, link: Link, code: str) -> bool:
    receive_reply(core, merchant, Reply(f"SM_{token_urlsafe(4)}", Channel.SMS, CUSTOMER, f"PAY {code}"))
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    return found is not None and found.payment_status is PaymentStatus.RECEIVED


def test_a_reply_to_a_message_of_before_pays_after(
    core: Core, merchant: Merchant, offered: tuple[Link, str], keys: tuple[Secret, Secret]
) -> None:
    old, new = keys
    assert is_stopped(with_keys(core, new, old))
    assert pays(with_keys(core, new, old), merchant, *offered)


def test_processes_of_both_orders_work_beside_each_other(
    core: Core, merchant: Merchant, offered: tuple[Link, str], keys: tuple[Secret, Secret]
) -> None:
    old, new = keys
    before, after = with_keys(core, old, new), with_keys(core, new, old)
    receive_reply(after, merchant, Reply("SM_start", Channel.SMS, STOPPED, "START", carrier_confirms=True))
    assert not is_stopped(before)
    receive_reply(after, merchant, Reply("SM_stop2", Channel.SMS, STOPPED, "STOP", carrier_confirms=True))
    assert is_stopped(before)
    order = order_for(channel=Channel.SMS, phone=Phone(STOPPED), caller_reference="again")
    with pytest.raises(Refusal, match="opted out"):
        create_link(before, merchant, order)


def test_the_older_key_can_go_once_everything_is_written_anew(
    core: Core, merchant: Merchant, offered: tuple[Link, str], keys: tuple[Secret, Secret]
) -> None:
    old, new = keys
    both, alone = with_keys(core, new, old), with_keys(core, new)
    assert not is_stopped(alone), "without the older key it would be forgotten"
    # The number stopped by both keys, as two processes of a rolling start may write it.
    with core.transactions.write() as work:
        key = phone_key.of(alone, MERCHANT.merchant_id, STOPPED)
        opt_outs.stop(work, MERCHANT.merchant_id, key, Channel.SMS, now=core.now(), key_mark=phone_key.mark_of(alone))
    done = rekey_numbers(both)
    assert (done.numbers, done.is_whole) == (2, True)
    assert rekey_numbers(both).is_whole, "and again"
    assert is_stopped(alone)
    with core.transactions.read() as work:
        key = phone_key.of(alone, MERCHANT.merchant_id, CUSTOMER)
        assert len(saved_cards.of_payer(work, MERCHANT.merchant_id, PAYER, key)) == 1
        assert links.payable_of(work, MERCHANT.merchant_id, key) != []


def test_a_stop_of_a_number_that_stands_nowhere_keeps_the_older_key(core: Core, keys: tuple[Secret, Secret]) -> None:
    old, new = keys
    with core.transactions.write() as work:
        key = phone_key.of(core, MERCHANT.merchant_id, "27830000009")
        opt_outs.stop(work, MERCHANT.merchant_id, key, Channel.SMS, now=core.now(), key_mark=phone_key.mark_of(core))
    done = rekey_numbers(with_keys(core, new, old))
    assert (done.is_whole, done.left) == (False, {"STOPs": 1, "cards": 0})
