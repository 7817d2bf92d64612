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
from payment_core.store.erasing import retention
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import opt_outs, rekeying
from payment_core.store.schema import tables
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
        opt_outs.stop(work, MERCHANT.merchant_id, key, Channel.SMS, at=core.now(), key_mark=phone_key.mark_of(alone))
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
        opt_outs.stop(work, MERCHANT.merchant_id, key, Channel.SMS, at=core.now(), key_mark=phone_key.mark_of(core))
    done = rekey_numbers(with_keys(core, new, old))
    assert (done.is_whole, done.left) == (False, {"STOPs": 1, "cards": 0})


def test_stops_of_both_keys_become_one_channel_by_channel(core: Core, keys: tuple[Secret, Secret]) -> None:
    """As processes of a rolling start may have written them: one channel by both keys, one by the older alone."""
    old, new = keys
    both, alone = with_keys(core, new, old), with_keys(core, new)
    create_link(core, MERCHANT, order_for(phone=Phone(STOPPED)))
    with core.transactions.write() as work:
        for process, channel in ((core, Channel.SMS), (core, Channel.WHATSAPP), (alone, Channel.SMS)):
            key, mark = phone_key.of(process, MERCHANT.merchant_id, STOPPED), phone_key.mark_of(process)
            opt_outs.stop(work, MERCHANT.merchant_id, key, channel, at=core.now(), key_mark=mark)
    assert rekey_numbers(both).is_whole
    with core.transactions.read() as work:
        key = phone_key.of(alone, MERCHANT.merchant_id, STOPPED)
        stopped = [opt_outs.is_stopped(work, MERCHANT.merchant_id, key, one) for one in (Channel.SMS, Channel.WHATSAPP)]
        rows = work.connection.execute(tables.opt_outs.select()).all()
    assert (stopped, len(rows)) == ([True, True], 2)


def test_every_number_is_written_anew_page_by_page_and_what_was_erased_is_none(
    core: Core, keys: tuple[Secret, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keys
    monkeypatch.setattr(rekeying, "_PAGE", 2)
    numbers = [f"2783000000{one}" for one in range(5)]
    made = [create_link(core, MERCHANT, order_for(phone=Phone(one), caller_reference=one)).link for one in numbers]
    erased = made.pop()
    with core.transactions.write() as work:
        retention.blank_link(work, erased)
        work.connection.execute(tables.messages.delete().where(tables.messages.c.reference == erased.reference))
    done = rekey_numbers(with_keys(core, new, old))
    assert (done.numbers, done.is_whole) == (4, True)
    alone = with_keys(core, new)
    with core.transactions.read() as work:
        for link in made:
            key = phone_key.of(alone, MERCHANT.merchant_id, link.phone)
            assert [one.reference for one in links.payable_of(work, MERCHANT.merchant_id, key)] == [link.reference]
            for table in (tables.messages, tables.deliveries):
                digests = work.connection.execute(table.select().where(table.c.reference == link.reference)).all()
                assert {bytes(row.phone_key) for row in digests if row.phone_key is not None} <= {bytes(key)}


def test_a_card_that_was_forgotten_keeps_no_older_key(
    core: Core, merchant: Merchant, gateway: FakeGateway, keys: tuple[Secret, Secret]
) -> None:
    keep_a_card(core, merchant, gateway)
    alone = with_keys(core, keys[1])
    assert rekey_numbers(alone).left == {"STOPs": 0, "cards": 1}, "its number cannot be found without the older key"
    with core.transactions.write() as work:
        saved_cards.forget_all(work, merchant.merchant_id, now=core.now())
    assert rekey_numbers(alone).is_whole
