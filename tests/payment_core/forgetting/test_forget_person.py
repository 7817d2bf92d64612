"""A person is forgotten by number or by Salesforce's id: cards, messages, numbers; the account of money and a STOP stay."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import select

from payment_core.couriers.courier import Courier
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.journeys.forgetting.erase_old import erase_old
from payment_core.journeys.forgetting.forget_person import forget_person
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.notifying.deliver_notifications import deliver_notifications
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.reconciling.reconcile import reconcile
from payment_core.journeys.webhooks.find_missed_replies import missed_replies
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.journeys.webhooks.receive_webhook import WebhookRequest, receive_webhook
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import changes, merchants, phone_key
from payment_core.store.deliveries import delivery_list
from payment_core.store.links import links, saved_cards
from payment_core.store.messages import messages as messages_of_store
from payment_core.store.messages import opt_outs
from payment_core.store.schema import tables
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import CUSTOMER, MERCHANT, NOW
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.payment_core.notifying.couriers import ScriptedCourier

Make = Callable[..., Link]
PAYER = "003000000000001AAA"


def listed(core: Core) -> list[dict[str, Any]]:
    with core.transactions.read() as work:
        return delivery_list.listed(work)


@pytest.fixture
def link(core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway) -> Link:
    """A paid link of a person who kept the card, everybody told."""
    made = make_link(payer_reference=PAYER)
    begin_payment(core, merchant, made, saves_card=True, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(made.reference), saves=True)
    reconcile(core, merchant, since=NOW)
    with ThreadPoolExecutor(4) as threads:
        carried = replace(core, courier=cast(Courier, ScriptedCourier()))
        while deliver_notifications(carried, owner="test", threads=threads):
            pass
    with core.transactions.write() as work:
        work.connection.execute(messages.update().values(due_at=None))  # the receipt is sent, too
        key = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER)
        assert opt_outs.stop(
            work, MERCHANT.merchant_id, key, Channel.SMS, at=core.now(), key_mark=phone_key.mark_of(core)
        )
    return made


def test_another_merchants_customer_of_the_same_salesforce_id_is_somebody_else(
    core: Core, merchant: Merchant, link: Link
) -> None:
    stranger = replace(merchant, merchant_id="mer_other", hook="hook_other")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    done = forget_person(core, stranger, number=None, payer=PAYER, by="operator")
    assert (done.cards, done.links, done.messages, done.notifications, done.still_open) == (0, 0, 0, 0, 0)
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    assert (found.phone.digits, found.payer_reference) == (CUSTOMER, PAYER)


def test_what_we_wrote_is_deleted_also_where_it_was_read(core: Core, merchant: Merchant, link: Link) -> None:
    """Only what the person wrote has a row to stay, by which it is known as taken."""
    with core.transactions.write() as work:
        read = {"status": MessageStatus.READ.value, "reference": None}
        work.connection.execute(messages.update().where(messages.c.direction == "out").values(read))
    forget_person(core, merchant, number=CUSTOMER, payer=None, by="operator")
    with core.transactions.read() as work:
        assert work.connection.execute(select(messages).where(messages.c.direction == "out")).all() == []


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ({"number": CUSTOMER, "payer": None}, "a number"),
        ({"number": None, "payer": PAYER}, "a payer"),
        ({"number": CUSTOMER, "payer": PAYER}, "a number and a payer"),
    ],
)
def test_everything_but_money_and_a_stop_goes(
    core: Core, merchant: Merchant, link: Link, gateway: FakeGateway, who: dict[str, str | None], by: str
) -> None:
    done = forget_person(core, merchant, by="operator", **who)
    assert (done.cards, done.links, done.still_open) == (1, 1, 0)
    assert done.messages >= 1
    assert done.notifications >= 3
    assert len(gateway.forgotten) == 1
    with core.transactions.read() as work:
        after = links.find(work, link.reference)
        assert after is not None
        assert (after.phone.digits, after.payer_reference, dict(after.additional_data)) == ("", None, {})
        assert (after.captured, after.order_number) == (link.total, link.order_number)
        key = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER)
        assert saved_cards.of_person(work, MERCHANT.merchant_id, PAYER) == []
        assert saved_cards.of_number(work, MERCHANT.merchant_id, key) == []
        assert opt_outs.is_stopped(work, MERCHANT.merchant_id, key, Channel.SMS)
        assert CUSTOMER not in str(delivery_list.listed(work))
        (recorded,) = changes.listed(work, MERCHANT.merchant_id, most=1)
    # Never the number itself: the record outlives it.
    assert (recorded.by, recorded.what, recorded.detail) == ("operator", "person forgotten", f"by {by}")
    assert forget_person(core, merchant, by="operator", **who).links == 0


def test_what_a_person_wrote_is_forgotten_as_it_came_too(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, clock: MovableClock
) -> None:
    """The report of the messenger, the message, and what applications were told of the STOP; its own digest stays."""
    said = Reply("SM1", Channel.SMS, CUSTOMER, "Stop", occurred_at=clock())
    messenger.webhooks[b"stop"] = [said]
    receive_webhook(core, "fake", MERCHANT.hook, WebhookRequest(b"stop", {}, ""))
    read_due(core, owner="test")
    done = forget_person(core, merchant, number=CUSTOMER, payer=None, by="operator")
    assert (done.replies, done.notifications) == (1, 0)
    assert len(listed(core)) == 1, "the application is told of the STOP first"
    with core.transactions.write() as work:
        work.connection.execute(tables.deliveries.update().values(due_at=None, state="delivered"))
        work.connection.execute(tables.messages.update().values(due_at=None))
    assert forget_person(core, merchant, number=CUSTOMER, payer=None, by="operator").notifications == 1
    assert listed(core) == []
    with core.transactions.read() as work:
        [report] = work.connection.execute(select(tables.webhooks)).all()
        assert (work.vault.open(report.merchant_id, bytes(report.body)), report.phone_key) == (
            b'{"kind": "erased"}',
            None,
        )
        rows = work.connection.execute(select(tables.messages).where(tables.messages.c.direction == "in")).all()
        read = [messages_of_store.message_of(row, work) for row in rows]
        assert [(one.content.text, one.phone.digits, one.phone_key) for one in read] == [("", "", bytes(32))]
        key = phone_key.of(core, MERCHANT.merchant_id, CUSTOMER)
        assert opt_outs.is_stopped(work, MERCHANT.merchant_id, key, Channel.SMS)
    # The messenger still lists what was written: it was taken once, and is not taken again.
    messenger.written.append(said)
    clock.move(minutes=5)
    assert missed_replies().of_all(core) == 0


def written(core: Core) -> list[str]:
    """What customers wrote, as it is stored."""
    with core.transactions.read() as work:
        rows = work.connection.execute(select(tables.messages).where(tables.messages.c.direction == "in")).all()
        return [messages_of_store.message_of(row, work).content.text for row in rows]


@pytest.mark.parametrize(("also", "left"), [(None, [""]), ("003000000000002AAA", ["Stop"])])
def test_what_a_payer_wrote_is_forgotten_with_the_payer_unless_two_share_the_phone(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger, also: str | None, left: list[str]
) -> None:
    for payer in filter(None, (PAYER, also)):
        cancel_link(core, merchant, make_link(payer_reference=payer).reference)
    messenger.webhooks[b"stop"] = [Reply("SM1", Channel.SMS, CUSTOMER, "Stop", occurred_at=core.now())]
    receive_webhook(core, "fake", MERCHANT.hook, WebhookRequest(b"stop", {}, ""))
    read_due(core, owner="test")
    done = forget_person(core, merchant, number=None, payer=PAYER, by="operator")
    assert (written(core), done.replies) == (left, left.count(""))


def erased_by_age(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock, *payers: str | None
) -> list[Link]:
    """Return links of payers that have ended and are so old that their numbers are gone."""
    made = [make_link(payer_reference=payer, caller_reference=f"of {payer}") for payer in payers]
    for one in made:
        cancel_link(core, merchant, one.reference)
    with core.transactions.write() as work:
        work.connection.execute(tables.deliveries.update().values(due_at=None))
        work.connection.execute(tables.messages.update().values(due_at=None))
    clock.move(days=500)
    erase_old(core)
    return made


def test_what_was_erased_by_age_is_nobodys_number(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    """Rows whose number is gone share one digest: to forget one payer by it would forget all of them."""
    made = erased_by_age(core, merchant, make_link, clock, PAYER, "003000000000002AAA")
    assert forget_person(core, merchant, number=None, payer=PAYER, by="operator").links == 1
    with core.transactions.read() as work:
        found = [links.find(work, link.reference) for link in made]
    assert [one.payer_reference if one else "" for one in found] == [None, "003000000000002AAA"]


def test_a_payer_whose_number_is_gone_is_counted_alone(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    erased_by_age(core, merchant, make_link, clock, PAYER, None)
    assert forget_person(core, merchant, number=None, payer=PAYER, by="operator").links == 1


def test_what_is_being_carried_out_just_now_keeps_its_words(
    core: Core, merchant: Merchant, make_link: Make, messenger: FakeMessenger
) -> None:
    messenger.webhooks[b"stop"] = [Reply("SM1", Channel.SMS, CUSTOMER, "Stop", occurred_at=core.now())]
    receive_webhook(core, "fake", MERCHANT.hook, WebhookRequest(b"stop", {}, ""))
    read_due(core, owner="test")
    for status, left in (("QUEUED", ["Stop"]), ("READ", [""])):
        with core.transactions.write() as work:
            inbound = tables.messages.c.direction == "in"
            work.connection.execute(tables.messages.update().where(inbound).values(status=status, due_at=core.now()))
        forget_person(core, merchant, number=CUSTOMER, payer=None, by="operator")
        assert written(core) == left


def test_a_link_that_can_still_be_paid_goes_on_and_is_named(core: Core, merchant: Merchant, make_link: Make) -> None:
    link = make_link()

    def done_of(number: str) -> tuple[int, int]:
        """Return what is erased, and what is open, once everybody was told everything."""
        with core.transactions.write() as work:
            work.connection.execute(tables.deliveries.update().values(due_at=None))
            work.connection.execute(tables.messages.update().values(due_at=None))
        done = forget_person(core, merchant, number=number, payer=None, by="operator")
        return done.links, done.still_open

    assert done_of("27830000001") == (0, 0), "it is another's"
    assert done_of(CUSTOMER) == (0, 1)
    cancel_link(core, merchant, link.reference)
    assert done_of(CUSTOMER) == (1, 0)


@pytest.mark.parametrize("who", [{"number": CUSTOMER, "payer": None}, {"number": None, "payer": PAYER}])
def test_what_was_under_way_is_forgotten_by_the_next_run(
    core: Core, merchant: Merchant, make_link: Make, who: dict[str, str | None]
) -> None:
    """An application that is away keeps its news waiting for days, with the number in them: they are not lost sight of."""
    link = make_link(payer_reference=PAYER)
    cancel_link(core, merchant, link.reference)
    waiting = len(listed(core))
    assert waiting > 0
    done = forget_person(core, merchant, by="operator", **who)
    assert (done.links, done.notifications, done.still_open, done.under_way) == (0, 0, 0, waiting)
    assert len(listed(core)) == waiting
    assert forget_person(core, merchant, number="27830000001", payer=None, by="operator").is_nobody
    with core.transactions.write() as work:
        work.connection.execute(tables.deliveries.update().values(due_at=None, state="delivered"))
    done = forget_person(core, merchant, by="operator", **who)
    assert (done.links, done.notifications, done.under_way) == (1, waiting, 0)
    assert listed(core) == []
    with core.transactions.read() as work:
        after = links.find(work, link.reference)
    assert after is not None
    assert (after.phone.digits, after.payer_reference) == ("", None)


def test_another_person_keeps_everything(core: Core, merchant: Merchant, link: Link) -> None:
    done = forget_person(core, merchant, number="27830000001", payer="003000000000002AAA", by="operator")
    assert (done.cards, done.links, done.messages, done.notifications) == (0, 0, 0, 0)
